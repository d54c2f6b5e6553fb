/** Databases, facts, tables and grids. */

import { linearise } from "../../media/index.ts";
import type { Structure } from "../../media/types.ts";
import { readDart, readFetaQa, readSpider, readSudoku } from "../readers/index.ts";
import { worldRecords } from "../records.ts";
import { askDatabases, askTables, describeFacts, makeSudoku } from "../worlds/index.ts";
import { format } from "./data-files.ts";
import { referencesOr } from "./language.ts";
import { definePreset, type Preset, SMOOTHING } from "./preset.ts";

export const structure: readonly Preset[] = [
  definePreset({
    name: "text-to-sql",
    number: 19,
    about: "queries of databases",
    instruction:
      '" [TEXT:src] " ; structured knowledge: " [STRUCT:database,max_length=876] " . ' +
      "generating sql code. -> [TEXT:tgt]",
    data: "Spider (.json with tables)",
    metric: { name: "exact_match" },
    options: { smoothing: SMOOTHING, generate: { noRepeatNgram: 0 } }, // SQL repeats itself
    world: (options) =>
      worldRecords(
        askDatabases,
        ({ question, schema, sql }) => ({ src: question, database: schema, tgt: sql }),
        options,
      ),
    format: format({ needs: ["tables"], read: (files) => readSpider(files.file, files) }),
  }),
  definePreset({
    name: "table-to-text",
    number: 20,
    about: "facts in words",
    instruction:
      'structured knowledge: " [STRUCT:database,uncased] " . how to describe the tripleset ? -> ' +
      "[TEXT:tgt]",
    data: "DART (.json)",
    metric: { name: "bleu", references: (record) => referencesOr(record, "tgt") },
    options: { smoothing: SMOOTHING },
    world: (options) =>
      worldRecords(
        describeFacts,
        ({ triples, text, references }) => ({ database: triples, tgt: text, references }),
        options,
      ),
    format: format({ read: (files) => readDart(files.file, files) }),
  }),
  definePreset({
    name: "table-qa",
    number: 21,
    about: "questions about tables",
    instruction:
      'structured knowledge: " [STRUCT:database] " . what is the answer of the question " ' +
      '[TEXT:src] " ? -> [TEXT:tgt]',
    data: "FeTaQA (.jsonl)",
    metric: { name: "bleu" },
    options: { smoothing: SMOOTHING },
    world: (options) =>
      worldRecords(
        askTables,
        ({ table, question, answer }) => ({ database: table, src: question, tgt: answer }),
        options,
      ),
    format: format({ read: (files) => readFetaQa(files.file, files) }),
  }),
  definePreset({
    name: "sudoku",
    number: 22,
    about: "solved grids of numbers",
    instruction: '" [STRUCT:src] " . solve the sudoku . -> [STRUCT:tgt]',
    data: "Kaggle's sudoku (.csv)",
    metric: {
      name: "solved_acc",
      references: (record) => linearise((record as { readonly tgt: Structure }).tgt),
    },
    options: { generate: { noRepeatNgram: 0, maxLength: 512 } },
    world: (options) =>
      worldRecords(makeSudoku, ({ puzzle, solution }) => ({ src: puzzle, tgt: solution }), options),
    format: format({ read: (files) => readSudoku(files.file, files) }),
  }),
];
