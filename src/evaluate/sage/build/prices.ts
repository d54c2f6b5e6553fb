/** What calls, training and people cost, in any currency. */

import type { Spending } from "./kept-calls.ts";
import type { Prices } from "./read-prices.ts";

export type { Prices };

type Role = "gen" | "qual" | "fallback";

/** @throws Error naming file and key, and what was expected there */
export const readPrices = async (file: string): Promise<Prices> =>
  (await import("./read-prices.ts")).readPrices(file);

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
