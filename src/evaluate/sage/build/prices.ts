/** What calls, training and people cost, in any currency. */

import { z } from "zod";
import { readJsonObject } from "../../../checkpoint/json.ts";
import { checkConfig } from "../../../train/job/config-file.ts";
import type { Spending } from "./kept-calls.ts";

const amount = () => z.number().min(0);

const role = z
  .strictObject({
    in: amount().default(0).describe("a million prompt tokens"),
    out: amount().default(0).describe("a million answer tokens"),
    cached: amount().optional().describe("a million prompt tokens read before (default: in)"),
    hour: amount().default(0).describe("an hour in which the model is busy"),
  })
  .describe("in, out and cached tokens, or an hour");

export const pricesSchema = z.strictObject({
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
type Role = "gen" | "qual" | "fallback";

/** @throws Error naming file and key, and what was expected there */
export async function readPrices(file: string): Promise<Prices> {
  return checkConfig(pricesSchema, await readJsonObject(file), file);
}

/** What a role's calls cost. */
export function moneyOf(spent: Spending, prices: Prices, of: Role): number {
  const { in: read = 0, out = 0, cached = read, hour = 0 } = prices[of] ?? {};
  const { promptTokens, cachedTokens, completionTokens, seconds } = spent;
  const tokens =
    (promptTokens - cachedTokens) * read + cachedTokens * cached + completionTokens * out;
  return tokens / 1e6 + (seconds / 3600) * hour;
}

/** What is spent before the first variant. */
export const fixedCost = ({ training, human }: Prices): number =>
  training + (human ? (human.minutes / 60) * human.hourly : 0);

/**
 * From how many variants on this pipeline is the cheaper one.
 *
 * @param unit what an accepted variant costs here
 * @returns undefined where it never is
 */
export function breakEven(prices: Prices, unit: number): number | undefined {
  const { baseline } = prices;
  if (baseline === undefined || !(baseline > unit)) return undefined;
  return Math.ceil(fixedCost(prices) / (baseline - unit));
}
