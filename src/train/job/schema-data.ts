/** Options of the data. */

import { z } from "zod";
import { count, paths, positive, share } from "./schema-parts.ts";

export const data = z.strictObject({
  files: paths().optional().describe("JSONL, Parquet or text; the method says which rows it takes"),
  mix: z
    .array(
      z.strictObject({
        files: paths(),
        name: z.string().min(1).optional(),
        weight: positive().optional(),
      }),
    )
    .min(1)
    .optional()
    .describe("in place of files: data sets {files, name, weight} to draw rows from, streamed"),
  temperature: positive()
    .default(1)
    .describe("mix: rows are drawn in proportion to weight^(1/temperature)"),
  max_length: count(2)
    .default(1024)
    .describe("tokens of a sample: conversations are cut there, texts go on in the next"),
  loss_on: z
    .enum(["assistant", "last", "all"])
    .default("assistant")
    .describe("what is learned: assistant turns, those behind the last question, or all"),
  ignore_empty_think: z
    .boolean()
    .default(false)
    .describe("empty thinking blocks at the beginning of answers are not learned"),
  packing: z
    .enum(["none", "best-fit", "wrapped"])
    .default("none")
    .describe("samples that share a row: whole ones, or all joined and cut"),
  streaming: z.boolean().default(false).describe("read rows as they are needed, not into memory"),
  shuffle_buffer: count().default(4096).describe("streaming: rows that are shuffled at a time"),
  epochs: count().optional().describe("streaming: times that each row comes (default: endless)"),
  fim_rate: share().default(0).describe("share of texts whose middle is moved to the end"),
  fim_lines: share().default(0).describe("of these, those cut between lines, not characters"),
  fim_suffix_first: share().default(0).describe("of these, those that begin with the suffix"),
});
