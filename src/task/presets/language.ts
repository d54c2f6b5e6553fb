/** Text alone: GLUE, Natural Instructions, summaries, hidden words. */

import {
  type GlueTask,
  readColumns,
  readGlue,
  readInstructions,
  readOfaSummaries,
} from "../readers/index.ts";
import { worldRecords } from "../records.ts";
import {
  followInstructions,
  judgeSentences,
  SENTIMENT_LABELS,
  summariseNews,
  writeSentences,
} from "../worlds/index.ts";
import { format } from "./data-files.ts";
import { definePreset, type Preset, SMOOTHING } from "./preset.ts";

/** Instructions of OFASys and OFA for the tasks of GLUE: what is asked, and its answers. */
const glue: Readonly<Record<GlueTask, { readonly asks: string; readonly answers: string[] }>> = {
  sst2: {
    asks: 'is the sentiment of text " [TEXT:sentence] " positive or negative?',
    answers: ["positive", "negative"],
  },
  cola: { asks: 'is the text " [TEXT:sentence] " grammatically correct?', answers: ["no", "yes"] },
  mrpc: {
    asks: 'does text1 " [TEXT:sentence1] " and text2 " [TEXT:sentence2] " have the same semantics?',
    answers: ["no", "yes"],
  },
  qqp: {
    asks: 'is question " [TEXT:question1] " and question " [TEXT:question2] " equivalent?',
    answers: ["no", "yes"],
  },
  mnli: {
    asks: 'can text1 " [TEXT:sentence1] " imply text2 " [TEXT:sentence2] "?',
    answers: ["yes", "maybe", "no"],
  },
  qnli: {
    asks: 'does " [TEXT:sentence] " contain the answer to question " [TEXT:question] "?',
    answers: ["yes", "no"],
  },
  rte: {
    asks: 'can text1 " [TEXT:sentence1] " imply text2 " [TEXT:sentence2] "?',
    answers: ["yes", "no"],
  },
};

/**
 * Instruction and closed set of a task of GLUE, for `preset("nlu", glueTask("mnli"))`.
 *
 * @example
 * preset("nlu", { ...glueTask("rte"), train: { file: "rte/train.parquet", glue: "rte" } });
 */
export function glueTask(name: GlueTask): { instruction: string; closedSet: readonly string[] } {
  const { asks, answers } = glue[name];
  const given = asks.replaceAll("]", ",no_loss]");
  return { instruction: `${asks} -> ${given} [TEXT:label,closed_set]`, closedSet: answers };
}

/** Rows with a column `text`. */
export const texts = format({
  read: (files) => readColumns(files.file, { ...files, columns: { text: "text" } }),
});

export const sentences = (options?: Parameters<typeof worldRecords>[2]) =>
  worldRecords(writeSentences, ({ text }) => ({ text }), options);

export const language: readonly Preset[] = [
  definePreset({
    name: "nlu",
    number: 1,
    about: "understanding text",
    instruction: glueTask("sst2").instruction,
    data: "GLUE (.parquet, .tsv)",
    metric: { name: "accuracy" },
    closedSet: SENTIMENT_LABELS,
    world: (options) => worldRecords(judgeSentences, (sample) => sample, options),
    format: format({
      takes: ["glue", "labels"],
      read: (files) => readGlue(files.file, files.glue ?? "sst2", files),
    }),
  }),
  definePreset({
    name: "instructions",
    number: 2,
    about: "following instructions",
    instruction: "[TEXT:instruction] [TEXT:examples] [TEXT:src] -> [TEXT:tgt,max_length=128]",
    data: "Natural-Instructions v2 (.json)",
    metric: { name: "rouge", references: (record) => referencesOr(record, "tgt") },
    world: (options) => worldRecords(followInstructions, (sample) => sample, options),
    format: format({ read: (files) => readInstructions(files.file, files) }),
  }),
  definePreset({
    name: "summarisation",
    number: 3,
    about: "summaries of articles",
    instruction: 'what is the summary of article " [TEXT:src] "? -> [TEXT:tgt,noise_ratio=0.2]',
    data: "Gigaword as OFA's .tsv",
    metric: { name: "rouge" },
    options: { smoothing: SMOOTHING },
    world: (options) =>
      worldRecords(
        summariseNews,
        ({ article, summary }) => ({ src: article, tgt: summary }),
        options,
      ),
    format: format({ read: (files) => readOfaSummaries(files.file, files) }),
  }),
  definePreset({
    name: "text-infilling",
    number: 4,
    about: "hidden words of a text",
    instruction: 'what is the complete text of " [TEXT:text,mask_ratio=0.3] "? -> [TEXT:text]',
    data: 'rows with "text" (.jsonl, .parquet)',
    metric: { name: "bleu" },
    world: sentences,
    format: texts,
  }),
];

/** All right answers of a record where its reader gives them. */
export function referencesOr(record: object, field: string): unknown {
  const values = record as Readonly<Record<string, unknown>>; // of a preset's reader or world
  return values.references ?? values[field];
}
