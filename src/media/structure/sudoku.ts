/** Sudoku grids as text and back. */

/** n rows of n cells, n a square; 0: blank. */
export type Grid = readonly (readonly number[])[];

/**
 * Rows joined by ` | `, cells by ` : `.
 * @throws Error naming row and column of a cell that is no whole number from 0 to n
 * @example writeSudoku([[1]]) // "1"
 */
export function writeSudoku(grid: Grid): string {
  checkGrid(grid, "sudoku");
  return grid.map((row) => row.join(" : ")).join(" | ");
}

/**
 * Reads what {@link writeSudoku} writes, whatever the blanks; or the digits of all cells in one run,
 * as data sets hold them (0 or . for blank).
 *
 * @throws Error naming row and column of what is wrong
 * @example parseSudoku("1 : 0 : 3 : 4 | 0 : 4 : 0 : 2 | 2 : 0 : 4 : 0 | 4 : 3 : 0 : 1")[0] // [1, 0, 3, 4]
 */
export function parseSudoku(text: string): number[][] {
  const plain = text.trim();
  const grid = /^[0-9.]+$/.test(plain) ? fromDigits(plain) : fromCells(plain);
  checkGrid(grid, "sudoku");
  return grid;
}

function fromDigits(digits: string): number[][] {
  const n = Math.round(Math.sqrt(digits.length));
  if (n * n !== digits.length) {
    throw new Error(`sudoku: ${digits.length} digits make no grid; a grid of 9 rows has 81`);
  }
  return Array.from({ length: n }, (_, i) =>
    Array.from(digits.slice(i * n, (i + 1) * n), (digit) => (digit === "." ? 0 : Number(digit))),
  );
}

const fromCells = (text: string): number[][] =>
  text.split("|").map((row, i) =>
    row.split(":").map((cell, j) => {
      if (!/^\s*\d{1,3}\s*$/.test(cell)) {
        const found = JSON.stringify(cell.trim().slice(0, 20));
        throw new Error(`sudoku: row ${i + 1}, column ${j + 1}: expected a number, found ${found}`);
      }
      return Number(cell);
    }),
  );

function checkGrid(grid: Grid, what: string): void {
  const n = grid.length;
  if (n === 0 || !Number.isInteger(Math.sqrt(n))) {
    throw new Error(`${what}: it has ${n} rows; expected a square number of them, such as 4 or 9`);
  }
  for (const [i, row] of grid.entries()) {
    if (row.length !== n) {
      throw new Error(
        `${what}: row ${i + 1} has ${row.length} cells; expected ${n}, as it has rows`,
      );
    }
    const j = row.findIndex((cell) => !Number.isInteger(cell) || cell < 0 || cell > n);
    if (j >= 0) {
      throw new Error(
        `${what}: row ${i + 1}, column ${j + 1}: expected a whole number from 0 to ${n}, found ${row[j]}`,
      );
    }
  }
}
