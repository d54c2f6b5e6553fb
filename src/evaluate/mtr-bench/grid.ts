/** Boards: cells as (row, column) from 1, directions, and shortest ways. */

import { span } from "./draw.ts";

export type Cell = readonly [row: number, column: number];

export const DIRECTIONS: Readonly<Record<string, Cell>> = {
  N: [-1, 0],
  E: [0, 1],
  S: [1, 0],
  W: [0, -1],
};

export const EIGHT: readonly Cell[] = [-1, 0, 1].flatMap((r) =>
  [-1, 0, 1].flatMap((c): Cell[] => (r || c ? [[r, c]] : [])),
);

export const plus = ([r, c]: Cell, [dr, dc]: Cell): Cell => [r + dr, c + dc];

export const isInside = ([r, c]: Cell, rows: number, columns = rows): boolean =>
  r >= 1 && c >= 1 && r <= rows && c <= columns;

export const isSame = (a: Cell, b: Cell): boolean => a[0] === b[0] && a[1] === b[1];

/** Steps of a king. */
export const kingSteps = (a: Cell, b: Cell): number =>
  Math.max(Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1]));

export const cellsOf = (rows: number, columns = rows): Cell[] =>
  span(1, rows).flatMap((r) => span(1, columns).map((c): Cell => [r, c]));

export const kingNeighbours = (cell: Cell, size: number): Cell[] =>
  EIGHT.map((d) => plus(cell, d)).filter((to) => isInside(to, size));

/**
 * A shortest sequence of moves from `start` to a state that `isGoal`, by breadth-first search;
 * `undefined` where there is none.
 *
 * @param next the states that one move leads to, by move
 */
export function shortestWay<State, Move>(
  start: State,
  next: (state: State) => readonly (readonly [Move, State])[],
  isGoal: (state: State) => boolean,
): Move[] | undefined {
  const seen = new Set([JSON.stringify(start)]);
  let edge: { state: State; way: Move[] }[] = [{ state: start, way: [] }];
  while (edge.length > 0) {
    const further: typeof edge = [];
    for (const { state, way } of edge) {
      if (isGoal(state)) return way;
      for (const [move, to] of next(state)) {
        const key = JSON.stringify(to);
        if (seen.has(key)) continue;
        seen.add(key);
        further.push({ state: to, way: [...way, move] });
      }
    }
    edge = further;
  }
  return undefined;
}
