/** The order of choices. Published ones give answers away: "A" is right for up to 99.8 % of a file. */

import { createRandom, shuffleBy } from "../../nn/random.ts";
import type { ProDoc, ProItem } from "./forms.ts";

/**
 * Shuffles the choices of each item, by the seed and the item's id alone. "None of the above" stays
 * at the end, where it means the others.
 */
export const shuffleChoices = (items: readonly ProItem[], seed: number): ProItem[] =>
  items.map((item) => {
    if (item.problem !== undefined) return item;
    const { choices, form } = item.doc;
    const free = form === "critical" ? choices.length - 1 : choices.length;
    const places = [...choices.keys()];
    const random = createRandom(seed, `hellaswag-pro/${item.id}`);
    const order = [...shuffleBy(places.slice(0, free), random.below), ...places.slice(free)];
    return { ...item, doc: reorder(item.doc, order) };
  });

/** @param order of each new place, the old one */
export function reorder(doc: ProDoc, order: readonly number[]): ProDoc {
  return {
    ...doc,
    choices: order.map((i) => doc.choices[i]!),
    label: order.indexOf(doc.label),
    order: order.map((i) => doc.order?.[i] ?? i),
  };
}

/**
 * Gives each item the context of another question in the same form: what a model scores then, it
 * takes from the choices alone.
 */
export function exchangeContexts(items: readonly ProItem[]): ProItem[] {
  const byForm = new Map<string, ProDoc[]>();
  for (const { problem, doc, tags } of items) {
    if (problem !== undefined) continue;
    byForm.set(tags.variant, [...(byForm.get(tags.variant) ?? []), doc as ProDoc]);
  }
  const taken = new Map<string, number>();
  return items.map((item) => {
    if (item.problem !== undefined) return item;
    const docs = byForm.get(item.tags.variant)!;
    const place = taken.get(item.tags.variant) ?? 0;
    taken.set(item.tags.variant, place + 1);
    // Half a list away: neighbours may be about the same things.
    const { context } = docs[(place + (docs.length >> 1)) % docs.length]!;
    return { ...item, doc: { ...item.doc, context } };
  });
}

/** Choices with the right one's text; published files repeat some. */
export const rightChoices = ({ choices, label }: Pick<ProDoc, "choices" | "label">): number[] =>
  [...choices.keys()].filter((i) => choices[i] === choices[label]);
