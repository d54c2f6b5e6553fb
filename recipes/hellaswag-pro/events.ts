/**
 * Checks over events: all seeds tell the same 64 events (32 in each language), so intervals resample
 * events, not seeds.
 */

import { bootstrap, type Form, hellaswagProForms } from "../../src/evaluate/index.ts";
import type { Check, Trials } from "../../src/recipe/index.ts";
import type { Answer } from "./players.ts";

/** Mean rights of an event by form. */
type Rights = Readonly<Record<Form, number>>;

/** How a trial keeps them: for each form, a point an event, in the order of the events' names. */
export function curvesOf(answers: readonly Answer[]): Record<string, [number, number][]> {
  const nameOf = ({ item: { tags } }: Answer): string =>
    `${tags.question!.slice(0, 2)}/${tags.event!}`;
  const events = [...new Set(answers.map(nameOf))].sort();
  return Object.fromEntries(
    hellaswagProForms.map((form) => [
      form,
      events.map((event, i): [number, number] => {
        const own = answers.filter((a) => a.item.tags.variant === form && nameOf(a) === event);
        return [i, own.reduce((sum, { right }) => sum + right, 0) / own.length];
      }),
    ]),
  );
}

/** Rights by event, over seeds; undefined where the arm has not run. */
function rightsOf(trials: Trials, arm: string, seeds: readonly number[]): Rights[] | undefined {
  const found = seeds.flatMap((seed) => {
    const curves = trials.find(arm, seed)?.curves;
    return curves ? [curves] : [];
  });
  if (found.length === 0) return undefined;
  return found[0]!.original!.map((_, event) => {
    const mean = (form: Form): number =>
      found.reduce((sum, curves) => sum + curves[form]![event]![1], 0) / found.length;
    return Object.fromEntries(hellaswagProForms.map((form) => [form, mean(form)])) as Rights;
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
