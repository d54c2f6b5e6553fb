/** GLUE: Parquet as on the hub, or the TSV files of the benchmark's own archive. */

import { extname } from "node:path";
import { convertCells, readTable, readTsv } from "./read-rows.ts";
import { checkLabel, type ReaderOptions, type Row, RowError, textOf } from "./row.ts";

interface GlueFormat {
  /** Slots, by the names that the two forms give their columns. */
  readonly texts: Readonly<Record<string, readonly string[]>>;
  readonly label: string;
  /** Words that are generated for the labels 0, 1, 2 of Parquet. */
  readonly words: readonly string[];
  /** Words for the names that TSV files may have instead. */
  readonly names?: Readonly<Record<string, string>>;
  /** Columns of a TSV file without header. */
  readonly columns?: readonly string[];
}

const pair = (first: readonly string[], second: readonly string[]) => ({
  sentence1: first,
  sentence2: second,
});
const entails = { entailment: "yes", not_entailment: "no" };

const formats = {
  cola: {
    texts: { sentence: ["sentence"] },
    label: "label",
    words: ["no", "yes"],
    columns: ["source", "label", "star", "sentence"],
  },
  sst2: { texts: { sentence: ["sentence"] }, label: "label", words: ["negative", "positive"] },
  mrpc: {
    texts: pair(["sentence1", "#1 String"], ["sentence2", "#2 String"]),
    label: "Quality",
    words: ["no", "yes"],
  },
  qqp: {
    texts: { question1: ["question1"], question2: ["question2"] },
    label: "is_duplicate",
    words: ["no", "yes"],
  },
  mnli: {
    texts: pair(["premise", "sentence1"], ["hypothesis", "sentence2"]),
    label: "gold_label",
    words: ["yes", "maybe", "no"],
    names: { entailment: "yes", neutral: "maybe", contradiction: "no" },
  },
  qnli: {
    texts: { question: ["question"], sentence: ["sentence"] },
    label: "label",
    words: ["yes", "no"],
    names: entails,
  },
  rte: {
    texts: pair(["sentence1"], ["sentence2"]),
    label: "label",
    words: ["yes", "no"],
    names: entails,
  },
} satisfies Record<string, GlueFormat>;

/** The seven tasks of GLUE that OFA is tuned for. */
export type GlueTask = keyof typeof formats;

/**
 * Sentences by the slots of the task's instruction (sentence; sentence1 and sentence2; question1 and
 * question2; question and sentence), and `label` as the word that is generated.
 *
 * @param file .parquet (integer labels), or .tsv with the header of the benchmark (CoLA has none)
 * @throws RowError naming file and line for a missing column and a label outside the task's
 * @example for await (const { sentence, label } of readGlue("dev.tsv", "sst2")) console.log(label);
 */
export function readGlue(
  file: string,
  task: GlueTask,
  options: ReaderOptions = {},
): AsyncGenerator<Readonly<Record<string, string>>> {
  const format: GlueFormat = formats[task];
  const isTsv = extname(file).toLowerCase() === ".tsv";
  const rows = isTsv ? readTsv(file, format.columns ?? "header") : readTable(file);
  return convertCells(rows, options, (row) => {
    const record: Record<string, string> = {};
    for (const [slot, names] of Object.entries(format.texts)) {
      const name = names.find((each) => row.values[each] !== undefined) ?? names[0]!;
      record[slot] = textOf(row, name);
    }
    record.label = checkLabel(
      labelOf(row, isTsv ? format.label : "label", format),
      row.place,
      options,
    );
    return record;
  });
}

function labelOf(
  { place, values }: Row,
  column: string,
  { words, names = {} }: GlueFormat,
): string {
  const value = values[column];
  const word =
    words[Number(value)] ??
    (Object.hasOwn(names, String(value)) ? names[String(value)] : undefined);
  if (word !== undefined && value !== "") return word;
  const expected = [...words.keys(), ...Object.keys(names)].join(", ");
  throw new RowError(
    place,
    `"${column}" must be one of ${expected}, found ${JSON.stringify(value)}`,
  );
}
