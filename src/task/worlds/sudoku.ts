/** Sudoku of 4 x 4 and 9 x 9 with one solution each. */

import type { Random } from "../../nn/random.ts";
import { drawInSplit, pickSome, type Split } from "./world.ts";

/** Rows of numbers from 1; 0 is an empty cell. */
export type Grid = readonly (readonly number[])[];

export interface Sudoku {
  readonly puzzle: Grid;
  readonly solution: Grid;
}

export interface SudokuOptions {
  /** Rows of the grid (default 4). */
  readonly size?: 4 | 9;
  /** Empty cells at most; fewer where more would allow another solution (default 8, or 45). */
  readonly blanks?: number;
}

/**
 * A puzzle with one solution. One solution in eight is held out.
 *
 * @example
 * const { puzzle, solution } = makeSudoku(createRandom(1), "train");
 */
export function makeSudoku(random: Random, split: Split, options: SudokuOptions = {}): Sudoku {
  const { size = 4, blanks = size === 4 ? 8 : 45 } = options;
  const empty = new Array<number>(size * size).fill(0);
  const solution = drawInSplit(
    "sudoku",
    split,
    () => searchSudoku(empty, size, 1, random)[0],
    (cells) => cells.join(""),
  );
  const puzzle = [...solution];
  let left = blanks;
  for (const cell of pickSome(random, [...solution.keys()], solution.length)) {
    if (left === 0) break;
    puzzle[cell] = 0;
    if (searchSudoku(puzzle, size, 2).length === 1) left--;
    else puzzle[cell] = solution[cell];
  }
  return { puzzle: toRows(puzzle, size), solution: toRows(solution, size) };
}

/**
 * The solutions of a puzzle, at most as many as are asked for.
 *
 * @throws if the grid is neither 4 x 4 nor 9 x 9
 */
export function solveSudoku(puzzle: Grid, most = 1): Grid[] {
  const size = puzzle.length;
  if ((size !== 4 && size !== 9) || puzzle.some((row) => row.length !== size)) {
    throw new Error(`solveSudoku: a grid of ${size} rows; expected 4 x 4 or 9 x 9 cells`);
  }
  return searchSudoku(puzzle.flat(), size, most).map((cells) => toRows(cells, size));
}

const toRows = (cells: readonly number[], size: number): Grid =>
  Array.from({ length: size }, (_, row) => cells.slice(row * size, (row + 1) * size));

/** Depth-first, at the cell with the fewest candidates; these in random order, if asked. */
function searchSudoku(start: readonly number[], size: 4 | 9, most: number, random?: Random) {
  const box = Math.sqrt(size);
  const cells = [...start];
  const found: number[][] = [];
  // Bit n of each: n stands in that row, column or box already.
  const rows = new Uint16Array(size);
  const columns = new Uint16Array(size);
  const boxes = new Uint16Array(size);
  const boxOf = (row: number, column: number) =>
    Math.floor(row / box) * box + Math.floor(column / box);
  const toggle = (cell: number, bit: number) => {
    const [row, column] = [Math.floor(cell / size), cell % size];
    rows[row] ^= bit;
    columns[column] ^= bit;
    boxes[boxOf(row, column)] ^= bit;
  };
  const usedAt = (cell: number) => {
    const [row, column] = [Math.floor(cell / size), cell % size];
    return rows[row] | columns[column] | boxes[boxOf(row, column)];
  };
  for (const [cell, value] of cells.entries()) {
    if (value === 0) continue;
    if (usedAt(cell) & (1 << value)) return found;
    toggle(cell, 1 << value);
  }
  const search = (): void => {
    let best = -1;
    let candidates: number[] = [];
    for (let cell = 0; cell < cells.length; cell++) {
      if (cells[cell] !== 0) continue;
      const used = usedAt(cell);
      const free: number[] = [];
      for (let value = 1; value <= size; value++) if (!(used & (1 << value))) free.push(value);
      if (best >= 0 && free.length >= candidates.length) continue;
      [best, candidates] = [cell, free];
      if (free.length <= 1) break;
    }
    if (best < 0) {
      found.push([...cells]);
      return;
    }
    if (random) candidates = pickSome(random, candidates, candidates.length);
    for (const value of candidates) {
      cells[best] = value;
      toggle(best, 1 << value);
      search();
      toggle(best, 1 << value);
      cells[best] = 0;
      if (found.length >= most) return;
    }
  };
  search();
  return found;
}
