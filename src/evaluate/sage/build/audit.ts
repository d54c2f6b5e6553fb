/** What variants give away: what players score that read no question. */

import { type ArtefactPlayer, artefactScores } from "../../hellaswag-pro/artefacts.ts";
import { meanOf, wilsonInterval } from "../../score/statistics.ts";
import type { ChoiceContent } from "../types.ts";

/** Players that must not do better or worse than chance. */
const players = ["first", "longest", "shortest"] as const satisfies readonly ArtefactPlayer[];

export interface Audit {
  readonly chance: number;
  /** Score of each player, and whether it is within 0.05 of chance. */
  readonly players: Readonly<
    Record<
      (typeof players)[number],
      {
        readonly score: number;
        /** Wilson's, of 95 %. */
        readonly interval: readonly [number, number];
        readonly isWithin: boolean;
      }
    >
  >;
}

const MARGIN = 0.05;

/** undefined where there are no variants. */
export function auditOf(variants: readonly ChoiceContent[]): Audit | undefined {
  if (variants.length === 0) return undefined;
  const scores = variants.map(artefactScores);
  const of = (player: ArtefactPlayer) => meanOf(scores.map((each) => each[player]));
  const chance = of("chance");
  const one = (player: ArtefactPlayer) => {
    const score = of(player);
    const interval = wilsonInterval(score * variants.length, variants.length);
    // A hair more than the margin, for sums of floats.
    return { score, interval, isWithin: Math.abs(score - chance) <= MARGIN + 1e-9 };
  };
  return {
    chance,
    players: { first: one("first"), longest: one("longest"), shortest: one("shortest") },
  };
}
