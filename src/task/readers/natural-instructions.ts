/** Natural-Instructions v2: one JSON file a task. */

import { basename } from "node:path";
import { readJsonRow } from "./read-rows.ts";
import { convertRows, idOf, type ReaderOptions, type Row, rowsIn, textOf, textsOf } from "./row.ts";

export interface InstructionRecord {
  readonly id: string;
  readonly instruction: string;
  /** Examples with their answers, or empty. */
  readonly examples: string;
  readonly src: string;
  /** The first of the references. */
  readonly tgt: string;
  readonly references: readonly string[];
}

export interface InstructionOptions extends ReaderOptions {
  /** How many positive examples are shown (default 2). */
  readonly positive?: number;
  /** How many negative examples are shown (default 0). */
  readonly negative?: number;
}

/**
 * The instances of a task file (`Definition`, `Positive Examples`, `Negative Examples`, `Instances`
 * with `id`, `input` and `output`, as allenai/natural-instructions publishes them).
 *
 * @throws Error naming the file, and the path of the entry within it
 */
export async function* readInstructions(
  file: string,
  options: InstructionOptions = {},
): AsyncGenerator<InstructionRecord> {
  const { positive = 2, negative = 0 } = options;
  const task = await readJsonRow(file, options);
  const instruction = textsOf(task, "Definition").join(" ").trim();
  const shown = (kind: string, count: number): string[] =>
    count === 0
      ? []
      : rowsIn(task, `${kind} Examples`)
          .slice(0, count)
          .map((example, i) => describe(kind, i, example));
  const examples = [...shown("Positive", positive), ...shown("Negative", negative)].join("\n\n");
  const name = basename(file, ".json");
  const instances = rowsIn(task, "Instances").map(({ place, values }, i) => ({
    place,
    values: { id: `${name}-${i}`, ...values },
  }));
  yield* convertRows(instances, options, (row) => {
    const references = textsOf(row, "output");
    const tgt = textOf({ ...row, values: { output: references[0] } }, "output");
    return {
      id: idOf(row, "id"),
      instruction,
      examples,
      src: textOf(row, "input"),
      tgt,
      references,
    };
  });
}

const describe = (kind: string, i: number, example: Row): string =>
  `${kind} Example ${i + 1} -\nInput: ${textOf(example, "input").trim()}\nOutput: ${textOf(example, "output").trim()}`;
