/** What players score that never read the question: they show what a data set gives away. */

import { rightChoices } from "./arrange.ts";
import type { ProDoc } from "./forms.ts";

/** What is asked, without its question. */
type Options = Pick<ProDoc, "choices" | "label" | "order">;

/**
 * "chance": guesses; "first", "last": always that choice, in the order asked; "published_first": the
 * first in the file's order; "longest", "shortest": by characters, guessing among equal ones.
 */
export const artefactPlayers = [
  "chance",
  "first",
  "last",
  "published_first",
  "longest",
  "shortest",
] as const;
export type ArtefactPlayer = (typeof artefactPlayers)[number];

/** The expected score of each player on one item, 0 to 1. */
export function artefactScores(doc: Options): Record<ArtefactPlayer, number> {
  const { choices, order } = doc;
  const right = new Set(rightChoices(doc));
  const lengths = choices.map((choice) => [...choice.trim()].length);
  const share = (among: readonly number[]): number =>
    among.filter((i) => right.has(i)).length / among.length;
  const withLength = (length: number): number[] =>
    [...choices.keys()].filter((i) => lengths[i] === length);
  return {
    chance: share([...choices.keys()]),
    first: share([0]),
    last: share([choices.length - 1]),
    published_first: share([order ? order.indexOf(0) : 0]),
    longest: share(withLength(Math.max(...lengths))),
    shortest: share(withLength(Math.min(...lengths))),
  };
}
