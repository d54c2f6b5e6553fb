/** Options of a training of tasks: the tasks. */

import { z } from "zod";
import { metricNames } from "../../metrics/index.ts";
import { atLeastZero, count, positive, share } from "../../train/job/schema-parts.ts";

const text = () => z.string().min(1);
const glue = ["sst2", "cola", "mrpc", "qqp", "mnli", "qnli", "rte"] as const;

const files = z.strictObject({
  file: text().describe("file or folder of a data set in its published format, or a table"),
  images: text().optional().describe("folder of the images that it names"),
  videos: text().optional().describe("folder of the videos that it names"),
  annotations: text().optional().describe("VQA: file of the answers"),
  tables: text().optional().describe("Spider: tables.json"),
  split: text().optional().describe("MSR-VTT: train, validate or test"),
  glue: z.enum(glue).optional().describe("GLUE: which task"),
  names: z.record(text(), text()).optional().describe("names of classes"),
  columns: z
    .record(
      text(),
      z.union([
        text(),
        z.strictObject({
          column: text(),
          as: z.enum(["value", "file", "base64", "bytes", "label"]).optional(),
        }),
      ]),
    )
    .optional()
    .describe("of any table: the slots, and the columns that fill them"),
});

const generate = z
  .strictObject({
    beam: count().describe("hypotheses that are followed (default: 5, or 1 with a closed set)"),
    length_penalty: z.number().describe("above 1 favours long answers (default: 1)"),
    no_repeat_ngram: count(0).describe("no n tokens in a row twice; 0: any (default: 3)"),
    max_length: count().describe("most tokens of text (default: 64)"),
    min_length: count(0).describe("fewest tokens of text"),
    temperature: atLeastZero().describe("draw instead of searching"),
    top_k: count().describe("draw among the n likeliest tokens"),
    top_p: share().describe("draw among tokens of total probability p"),
    seed: count(0).describe("of what is drawn"),
    positions: count().describe("most positions of speech"),
    frames: count().describe("frames of a motion"),
    steps: count().describe("from noise to motion (default: 50)"),
    guidance: z.number().describe("how strongly a motion follows its text (default: 1)"),
  })
  .partial();

export const taskKeys = z.strictObject({
  preset: text().optional().describe("an example task by name: `onefold task list`"),
  instruction: z
    .union([text(), z.array(text()).min(1)])
    .optional()
    .describe("of one's own, or several that training draws from (default: the preset's)"),
  name: text().optional().describe("in curves and results (default: preset or instruction)"),
  train: files.optional().describe("records to learn from (default: generated ones of the preset)"),
  held_out: files.optional().describe("records to be measured on"),
  generated: z
    .strictObject({
      seed: count(0).optional().describe("of generated records (default: 0)"),
      size: count().optional().describe("generated records of a pool (default: 256)"),
    })
    .optional()
    .describe("how a preset's records are generated"),
  closed_set: z
    .array(text())
    .min(1)
    .optional()
    .describe("answers that closed_set slots choose from"),
  metric: z
    .union([
      z.enum(metricNames),
      z.strictObject({
        name: z.enum(metricNames).describe("of the metric"),
        slot: text().optional().describe("that is scored (default: the one written)"),
        references: text()
          .optional()
          .describe("field that it is compared with (default: the slot's)"),
      }),
    ])
    .optional()
    .describe("how answers are scored: a name, or {name, slot, references}"),
  weight: positive().optional().describe("beside other tasks (default: 1, or the preset's)"),
  smoothing: share().optional().describe("of labels"),
  ctc: atLeastZero()
    .optional()
    .describe("weight of a CTC loss on the sound's positions (default: 0, or the preset's)"),
  positions: count().optional().describe("most positions of its micro-batches"),
  pool: count().optional().describe("records prepared at a time (default: 256)"),
  generate: generate.optional().describe("how answers are generated: beam, max_length, seed, …"),
});
export type TaskKeys = z.output<typeof taskKeys>;
export type FileKeys = z.output<typeof files>;
