/** Two runs of the same items: which is better, and how sure that is. */

import { recordsOf } from "../run/journal.ts";
import { mcnemar, type PairedDifference, pairedBootstrap } from "../score/statistics.ts";

export interface Comparison extends PairedDifference {
  readonly metric: string;
  /** Items that both runs scored. */
  readonly items: number;
  readonly test: "McNemar" | "paired bootstrap";
}

/**
 * Compares single items of two journals by their ids: by the exact McNemar test where all values
 * are 0 or 1, else by a paired bootstrap. Items that one run lacks or failed on are left out.
 */
export async function compareRuns(a: string, b: string): Promise<Comparison[]> {
  const [first, second] = await Promise.all([valuesOf(a), valuesOf(b)]);
  const pairs = new Map<string, { a: number[]; b: number[] }>();
  for (const [id, values] of first) {
    const others = second.get(id);
    for (const [metric, value] of Object.entries(values)) {
      const other = others?.[metric];
      if (other === undefined) continue;
      const pair = pairs.get(metric) ?? { a: [], b: [] };
      pairs.set(metric, pair);
      pair.a.push(value);
      pair.b.push(other);
    }
  }
  return [...pairs].map(([metric, { a: before, b: after }]) => {
    const bootstrapped = pairedBootstrap(before, after);
    const isBinary = [...before, ...after].every((value) => value === 0 || value === 1);
    const only = (own: number[], other: number[]) =>
      own.filter((value, i) => value > other[i]!).length;
    return {
      ...bootstrapped,
      ...(isBinary ? { p: mcnemar(only(before, after), only(after, before)) } : {}),
      metric,
      items: before.length,
      test: isBinary ? "McNemar" : "paired bootstrap",
    };
  });
}

async function valuesOf(journal: string): Promise<Map<string, Record<string, number>>> {
  const values = new Map<string, Record<string, number>>();
  for await (const record of recordsOf(journal)) {
    if (record.status !== "scored") continue;
    const plain = Object.entries(record.values).filter(
      (entry): entry is [string, number] => typeof entry[1] === "number",
    );
    values.set(record.id, Object.fromEntries(plain));
  }
  return values;
}
