/** Walking where moves do one of several things: only steps that are safe in all cases are taken. */

import { type Cell, isSame, shortestWay } from "../grid.ts";
import type { Policy } from "../task.ts";

interface Ground<Rule> {
  readonly rules: readonly Rule[];
  readonly start: Cell;
  readonly moves: readonly string[];
  /** Where a move leads under a rule; undefined if it is fatal. */
  readonly lead: (rule: Rule, at: Cell, move: string) => Cell | undefined;
  readonly isGoal: (at: Cell) => boolean;
  readonly say: (move: string) => string;
  readonly read: (feedback: string) => Cell;
}

/**
 * Plans a shortest way under one rule that may hold, goes one step, drops the rules that this step
 * refutes, and plans again. Gives up where no rule allows a way of safe steps.
 */
export function* walkCautiously<Rule>(ground: Ground<Rule>): Policy {
  const { moves, lead, isGoal, say, read } = ground;
  let { rules, start: at } = ground;
  for (;;) {
    const isSafe = (from: Cell, move: string) => rules.every((rule) => lead(rule, from, move));
    const wayUnder = (rule: Rule) =>
      shortestWay(
        at,
        (from) =>
          moves.flatMap((move): [string, Cell][] => {
            const to = isSafe(from, move) ? lead(rule, from, move) : undefined;
            return to ? [[move, to]] : [];
          }),
        isGoal,
      );
    const [move] = shortest(rules.map(wayUnder));
    if (move === undefined) return;
    const to = read(yield say(move));
    const from = at;
    rules = rules.filter((rule) => isSame(lead(rule, from, move) ?? [0, 0], to));
    at = to;
  }
}

const shortest = (ways: readonly (string[] | undefined)[]): string[] =>
  ways.reduce<string[] | undefined>(
    (a, b) => (b && b.length > 0 && (!a || b.length < a.length) ? b : a),
    undefined,
  ) ?? [];
