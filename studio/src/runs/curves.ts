/** The lines of a run that have been read: rows of bounded number, and series over them. */

import { BucketList } from "../../../src/serve/runs/buckets.ts";
import type { CurvePiece } from "./api.ts";

/** About the pixels of a chart. */
const ROWS = 1024;

/** What an x axis counts. */
export type Along = "steps" | "tokens" | "time";

export interface Point {
  readonly x: number;
  readonly step: number;
  /** Lines of the file that it stands for: their mean, lowest and highest value. */
  readonly lines: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

/** State with a lifetime: what was read of one file so far. */
export class Curves {
  next = "";
  #list = new BucketList(ROWS);
  #names = new Set<string>();

  add(piece: CurvePiece): void {
    if (piece.is_restart) {
      this.#list = new BucketList(ROWS);
      this.#names = new Set();
    }
    this.next = piece.next;
    const columns = Object.entries(piece.metrics);
    for (const [name] of columns) this.#names.add(name);
    piece.lines.forEach((lines, i) => {
      const values = new Map(
        columns.flatMap(([name, { mean, low = mean, high = mean }]) => {
          const spread = { count: lines, mean: mean[i]!, low: low[i]!, high: high[i]! };
          return mean[i] === null ? [] : [[name, spread] as const];
        }),
      );
      const [step, tokens, seconds] = [piece.step[i]!, piece.tokens[i]!, piece.seconds[i]!];
      this.#list.add({ lines, step, tokens, seconds, values });
    });
  }

  get names(): ReadonlySet<string> {
    return this.#names;
  }

  /** Tokens and seconds of all steps so far. */
  get totals(): { readonly step: number; readonly tokens: number; readonly seconds: number } {
    const { buckets } = this.#list;
    const sum = (key: "tokens" | "seconds") => buckets.reduce((n, each) => n + each[key], 0);
    return { step: buckets.at(-1)?.step ?? 0, tokens: sum("tokens"), seconds: sum("seconds") };
  }

  /**
   * A metric's points.
   *
   * @param place where a step lies on the axis (default: by these lines' own tokens and times)
   */
  series(name: string, along: Along, place?: (step: number) => number): Point[] {
    let x = 0;
    const points: Point[] = [];
    for (const { lines, step, tokens, seconds, values } of this.#list.buckets) {
      x = along === "steps" ? step : x + (along === "tokens" ? tokens : seconds);
      const found = values.get(name);
      if (!found) continue;
      const { mean: y, low, high } = found;
      points.push({ x: place ? place(step) : x, step, lines, y, low, high });
    }
    return points;
  }

  /** Where a step lies on an axis, between those that are known. */
  placeOf(along: Along): (step: number) => number {
    if (along === "steps") return (step) => step;
    const known = [{ step: 0, x: 0 }];
    for (const { step, tokens, seconds } of this.#list.buckets) {
      known.push({ step, x: known.at(-1)!.x + (along === "tokens" ? tokens : seconds) });
    }
    return (step) => {
      const after = known.findIndex((each) => each.step >= step);
      if (after < 0) return known.at(-1)!.x;
      if (after === 0) return 0;
      const [a, b] = [known[after - 1]!, known[after]!];
      return a.x + ((b.x - a.x) * (step - a.step)) / (b.step - a.step);
    };
  }
}

/**
 * Exponential mean over about `steps` lines, without the pull of its start.
 *
 * A point of several lines weighs as these would one by one, so thinning does not change the curve
 * much.
 */
export function smooth(points: readonly Point[], steps: number): number[] {
  const keep = 1 - 1 / Math.max(1, steps);
  let [sum, weight] = [0, 0];
  return points.map(({ y, lines }) => {
    const kept = keep ** lines;
    sum = sum * kept + y * (1 - kept);
    weight = weight * kept + (1 - kept);
    return sum / weight;
  });
}

/** Index of the point whose x is nearest, -1 where there is none. */
export function nearest(points: readonly { readonly x: number }[], x: number): number {
  let [low, high] = [0, points.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle]!.x < x) low = middle + 1;
    else high = middle;
  }
  const isBefore = low > 0 && x - points[low - 1]!.x <= points[low]!.x - x;
  return points.length === 0 ? -1 : isBefore ? low - 1 : low;
}
