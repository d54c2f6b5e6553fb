/**
 * Checks over events: all seeds tell the same 64 events (32 in each language), so intervals resample
 * events, not seeds.
 */

import { bootstrap, type Form, hellaswagProForms } from "../../src/evaluate/index.ts";
import type { Check, Trials } from "../../src/recipe/index.ts";
import type { Answer } from "./players.ts";

/** Mean rights of an event by form. */
type Rights = Readonly<Record<Form, number>>;

/**
 * How a trial of a model keeps them: a point a question, its event's place among the names of all and
 * a bit for each form that was answered right, the original's the lowest.
 */
export function curvesOf(answers: readonly Answer[]): Record<string, [number, number][]> {
  const nameOf = ({ item: { tags } }: Answer): string =>
    `${tags.question!.slice(0, 2)}/${tags.event!}`;
  const events = [...new Set(answers.map(nameOf))].sort();
  const points = new Map<string, [number, number]>();
  for (const answer of answers) {
    const { question = "", variant } = answer.item.tags;
    const point = points.get(question) ?? [events.indexOf(nameOf(answer)), 0];
    point[1] += answer.right * 2 ** hellaswagProForms.findIndex((form) => form === variant);
    points.set(question, point);
  }
  return { rights: [...points.values()].sort(([a], [b]) => a - b) };
}

/** Rights by event, over seeds; undefined where the arm has not run. */
function rightsOf(trials: Trials, arm: string, seeds: readonly number[]): Rights[] | undefined {
  const points = seeds.flatMap((seed) => trials.find(arm, seed)?.curves?.rights ?? []);
  if (points.length === 0) return undefined;
  const byEvent = new Map<number, number[]>();
  for (const [event, bits] of points) byEvent.set(event, [...(byEvent.get(event) ?? []), bits]);
  return [...byEvent.keys()]
    .sort((a, b) => a - b)
    .map((event) => {
      const own = byEvent.get(event)!;
      const mean = (bit: number): number =>
        own.reduce((sum, bits) => sum + ((bits >> bit) & 1), 0) / own.length;
      const entries = hellaswagProForms.map((form, bit) => [form, mean(bit)]);
      return Object.fromEntries(entries) as Rights;
    });
}

export const share = (rights: readonly Rights[], form: Form): number =>
  rights.reduce((sum, each) => sum + each[form], 0) / rights.length;

/** A statistic of an arm's events, with its interval. */
export const over = (
  arm: string,
  statistic: (rights: readonly Rights[]) => number,
): Pick<Check, "measure" | "interval"> =>
  between(arm, arm, (pairs) => statistic(pairs.map(([own]) => own)));

/** A statistic of the same events of two arms. */
export function between(
  a: string,
  b: string,
  statistic: (pairs: readonly (readonly [Rights, Rights])[]) => number,
): Pick<Check, "measure" | "interval"> {
  const pairsOf = (trials: Trials, seeds: readonly number[]) => {
    const [x, y] = [rightsOf(trials, a, seeds), rightsOf(trials, b, seeds)];
    return x && y && x.map((own, event): [Rights, Rights] => [own, y[event]!]);
  };
  return {
    measure(seed, trials) {
      const pairs = pairsOf(trials, [seed]);
      return pairs && statistic(pairs);
    },
    interval(trials) {
      const pairs = pairsOf(trials, trials.seeds);
      return pairs && bootstrap(pairs, statistic).interval;
    },
  };
}
