/** A file of prices, with the package that checks it. */

import { z } from "zod";
import { readJsonObject } from "../../../checkpoint/json.ts";
import { checkConfig } from "../../../train/job/config-file.ts";

const amount = () => z.number().min(0);

const role = z
  .strictObject({
    in: amount().default(0).describe("a million prompt tokens"),
    out: amount().default(0).describe("a million answer tokens"),
    cached: amount().optional().describe("a million prompt tokens read before (default: in)"),
    hour: amount().default(0).describe("an hour in which the model is busy"),
  })
  .describe("in, out and cached tokens, or an hour");

const pricesSchema = z.strictObject({
  gen: role.optional().describe("generator"),
  qual: role.optional().describe("verifier"),
  fallback: role.optional().describe("fallback"),
  training: amount().default(0).describe("training of both, in all"),
  human: z
    .strictObject({
      minutes: amount().describe("minutes of labelling"),
      hourly: amount().describe("an hour of a person"),
    })
    .optional()
    .describe("labelling"),
  baseline: amount().optional().describe("an accepted variant of the pipeline to compare with"),
});

export type Prices = z.output<typeof pricesSchema>;

/** @throws Error naming file and key, and what was expected there */
export async function readPrices(file: string): Promise<Prices> {
  return checkConfig(pricesSchema, await readJsonObject(file), file);
}
