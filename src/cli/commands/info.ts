/** `onefold info MODEL`: architecture, parameters, memory by dtype and context length. */

import type { Command } from "commander";
import { resolveModel } from "../../checkpoint/index.ts";
import { describeModel, type ModelSummary } from "../info/describe.ts";
import { type Io, writeJson, writeLine } from "../io.ts";
import { integer } from "../options.ts";
import { createPaint, formatBytes, formatCount, formatTable } from "../render.ts";

export function define(command: Command, io: Io): void {
  const context = integer({ min: 1, max: 2 ** 31 });
  command
    .argument("<model>", "folder, or ORG/NAME in the cache")
    .option(
      "--context <tokens>",
      "context length to compute the memory for (repeatable)",
      (text: string, previous?: number[]) => [...(previous ?? []), context(text)],
    )
    .action(async (model: string, options: { context?: number[] }, self: Command) => {
      const summary = await describeModel(await resolveModel(model), options.context);
      if (self.optsWithGlobals().json) await writeJson(io, summary);
      else await writeLine(io, render(summary, io));
    });
}

function render(summary: ModelSummary, io: Io): string {
  const paint = createPaint(io.stdout, io.env);
  const stored = Object.entries(summary.stored).map(([dtype, n]) => `${dtype} ${formatCount(n)}`);
  const token = summary.cacheBytesPerToken;
  const facts: [string, string | null][] = [
    ["folder", summary.folder],
    ["architecture", summary.architecture],
    ["parameters", `${formatCount(summary.parameters)} in ${summary.tensors} tensors`],
    ["stored", `${formatBytes(summary.storedBytes)} (${stored.join(", ")})`],
    ["layers", text(summary.layers)],
    ["hidden size", text(summary.hiddenSize)],
    ["vocabulary", text(summary.vocabulary)],
    ["context", summary.contextLimit === null ? null : `${text(summary.contextLimit)} tokens`],
    [
      "cache",
      token &&
        `${formatBytes(token.f32)} a token in f32, ${formatBytes(token.int8)} with --kv-cache int8`,
    ],
    ["takes", summary.modalities?.takes.join(", ") ?? null],
    ["gives", summary.modalities?.gives.join(", ") ?? null],
    ["state", summary.stateBytes > 0 ? `${formatBytes(summary.stateBytes)} a sequence` : null],
  ];
  const known = facts.flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
  const title = paint.bold("Memory for weights and the cache of one sequence");
  return `${formatTable(known)}\n\n${title}\n${memoryTable(summary)}`;
}

const text = (value: number | null): string | null => value?.toLocaleString("en-US") ?? null;

function memoryTable({ memory }: ModelSummary): string {
  const contexts = [...new Set(memory.map((need) => need.context))];
  const rows = contexts.map((context) => {
    const needs = memory.filter((need) => need.context === context);
    const cells = needs.map((need) => formatBytes(need.weightBytes + need.cacheBytes));
    return [`${text(context)} tokens`, ...cells];
  });
  const dtypes = [...new Set(memory.map((need) => need.dtype))];
  return formatTable([["context", ...dtypes], ...rows], [0, 1, 2, 3]);
}
