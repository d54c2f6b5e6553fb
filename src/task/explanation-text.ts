/** An explained plan as lines of text. */

import type { ExplainedPart, Explanation } from "./explain.ts";

/**
 * @example
 * console.log(explanationText(explainPlan(planOf(parseInstruction("[TEXT:a] -> [TEXT:b]")))));
 */
export function explanationText({
  instruction,
  parts,
  generator,
  criterion,
  lacks,
}: Explanation): string {
  const width = Math.max(...parts.map((part) => nameOf(part).length));
  const blank = " ".repeat(width);
  const side = (of: ExplainedPart["side"]): string[] =>
    parts
      .filter((part) => part.side === of)
      .flatMap((part) =>
        linesOf(part).map(
          (line, i) => `  ${i === 0 ? nameOf(part).padEnd(width) : blank}  ${line}`,
        ),
      );
  return [
    instruction,
    "reads",
    ...side("source"),
    "writes",
    ...side("target"),
    `generator: ${describe(generator)}`,
    `criterion: ${describe(criterion)}`,
    ...lacks.map((lack) => `cannot be done by this model: ${lack}`),
  ].join("\n");
}

const nameOf = ({ text, slot, modality }: ExplainedPart): string =>
  slot === undefined ? `"${text}"` : `[${modality}:${slot}]`;

function linesOf(part: ExplainedPart): string[] {
  const { role, isRepeated, preprocess, adaptor, positions } = part;
  const become =
    positions === null
      ? "as many positions as it has"
      : "count" in positions
        ? `${positions.count} ${positions.count === 1 ? "position" : "positions"}`
        : `at most ${positions.most} positions`;
  const notes = [
    role === "given" && "given before the answer, without loss",
    isRepeated && "again and again",
  ];
  return [preprocess, `${adaptor} -> ${become}`, ...notes.filter((note) => note !== false)];
}

const describe = ({ name, settings }: Explanation["generator"]): string => {
  const each = Object.entries(settings).map(([key, value]) => `${key} ${value}`);
  return each.length > 0 ? `${name} (${each.join(", ")})` : name;
};
