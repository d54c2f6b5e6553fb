import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { type AttributeRule, type Modality, modalities } from "../../../src/task/index.ts";

const page = readFileSync(join(resolve(import.meta.dirname, "../../.."), "docs/tasks.md"), "utf8");

function rangeOf({ kind, min, max }: AttributeRule): string {
  if (kind === "flag") return "";
  if (max !== undefined) return `=${kind} ${min}..${max}`;
  return min === undefined ? `=${kind}` : `=${kind} >= ${min}`;
}

function rowOf({ name, sides, attributes }: Modality): string {
  const presets = (key: "preprocess" | "adaptor"): string => {
    const of = [sides.source, sides.target].map((side) =>
      side?.[key].map((it) => `\`${it}\``).join(" "),
    );
    if (of[0] === of[1]) return of[0]!;
    return [of[0] && `source: ${of[0]}`, of[1] && `target: ${of[1]}`].filter(Boolean).join("; ");
  };
  const own = Object.entries(attributes).map(([key, rule]) => {
    const only = rule.sides.length === 1 ? ` (${rule.sides[0]})` : "";
    return `\`${key}${rangeOf(rule)}\`${only}`;
  });
  return `| ${name} | ${presets("preprocess")} | ${presets("adaptor")} | ${own.join(", ")} |`;
}

test("the page lists every attribute and preset", () => {
  const table = [...modalities.values()].map(rowOf).join("\n");
  expect(page).toContain(`| --- | --- | --- | --- |\n${table}\n`);
});
