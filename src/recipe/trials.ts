/** Finished trials of a recipe, by arm and seed. */

import type { Outcome } from "./recipe.ts";
import { type Estimate, estimate } from "./statistics.ts";

export interface Trial extends Outcome {
  readonly arm: string;
  readonly seed: number;
  readonly seconds: number;
}

export class Trials {
  readonly all: readonly Trial[];

  constructor(all: readonly Trial[]) {
    this.all = all;
  }

  get arms(): string[] {
    return [...new Set(this.all.map(({ arm }) => arm))];
  }

  get seeds(): number[] {
    return [...new Set(this.all.map(({ seed }) => seed))];
  }

  find(arm: string, seed: number): Trial | undefined {
    return this.all.find((trial) => trial.arm === arm && trial.seed === seed);
  }

  /** A metric of one trial; undefined where the trial or the metric is missing. */
  metric(name: string, arm: string, seed: number): number | undefined {
    return this.find(arm, seed)?.metrics[name];
  }

  /** A metric over an arm's seeds. */
  estimate(name: string, arm: string): Estimate | undefined {
    const values = this.seeds.flatMap((seed) => this.metric(name, arm, seed) ?? []);
    return values.length === 0 ? undefined : estimate(values);
  }

  /** How much the metric of arm `a` exceeds that of `b` with the same seed: for checks. */
  static difference(name: string, a: string, b: string) {
    return (seed: number, trials: Trials): number | undefined => {
      const [x, y] = [trials.metric(name, a, seed), trials.metric(name, b, seed)];
      return x === undefined || y === undefined ? undefined : x - y;
    };
  }

  /** A curve averaged over an arm's seeds, where all of them have a point. */
  curve(name: string, arm: string): { points: [number, number][]; band: [number, number][] } {
    const curves = this.all
      .filter((trial) => trial.arm === arm)
      .map((trial) => new Map(trial.curves?.[name]));
    const shared = [...(curves[0]?.keys() ?? [])].filter((x) => curves.every((c) => c.has(x)));
    const points: [number, number][] = [];
    const band: [number, number][] = [];
    for (const x of shared) {
      const values = curves.map((c) => c.get(x)!);
      const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
      points.push([x, mean]);
      band.push([Math.min(...values), Math.max(...values)]);
    }
    return { points, band };
  }
}
