/** `onefold doctor`: what this machine has, and what is missing with the fix. */

import type { Command } from "commander";
import { type Finding, inspect } from "../doctor/inspect.ts";
import { type Io, writeJson, writeLine } from "../io.ts";
import { createPaint, formatTable } from "../render.ts";

export function define(command: Command, io: Io): void {
  command.action(async (_options: unknown, self: Command) => {
    const findings = await inspect(io.env);
    const missing = findings.filter((finding) => finding.status === "missing");
    if (self.optsWithGlobals().json) await writeJson(io, { ok: missing.length === 0, findings });
    else await writeLine(io, render(findings, io));
    io.exitCode = missing.length > 0 ? 1 : 0;
  });
}

function render(findings: readonly Finding[], io: Io): string {
  const paint = createPaint(io.stdout, io.env);
  const marks = {
    ok: paint.green("ok"),
    note: paint.yellow("note"),
    missing: paint.red("missing"),
  };
  const rows = findings.map(({ name, status, value }) => [marks[status], name, value]);
  const fixes = findings.flatMap(({ name, fix }) => (fix ? [`${name}: ${fix}`] : []));
  const table = formatTable(rows);
  return fixes.length > 0 ? `${table}\n\n${paint.bold("To fix")}\n${fixes.join("\n")}` : table;
}
