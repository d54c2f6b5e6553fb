/** Structures that are right as a whole or not at all: SQL queries, sudoku grids. */

/**
 * SQL in the form that is compared: blanks joined, none around commas, parentheses, operators and at
 * the end, no final semicolon, all outside quotes in lower case.
 * @example normalizeSql("SELECT  Name FROM t WHERE x = 'A b' ;") // "select name from t where x='A b'"
 */
export function normalizeSql(sql: string): string {
  const parts = sql.match(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[^'"]+|['"]/g) ?? [];
  const plain = parts.map((part) => {
    if (/^['"]./s.test(part)) return part;
    return part
      .toLowerCase()
      .replace(/\s+/g, " ")
      .replace(/ ?([(),;*+/]|[<>=!]+) ?/g, "$1");
  });
  return plain
    .join("")
    .trim()
    .replace(/[; ]+$/, "");
}

/**
 * 1 where two queries are the same string after {@link normalizeSql}, else 0. This is no more than a
 * string match: Spider's own exact match compares clauses as sets and leaves values out, so it is
 * never lower than this.
 */
export const sqlMatch = (prediction: string, references: readonly string[]): number =>
  references.some((each) => normalizeSql(each) === normalizeSql(prediction)) ? 1 : 0;

/**
 * 1 where a grid solves a puzzle: it has its shape, keeps its numbers (0: blank), and every row,
 * column and box holds 1 to n once; else 0.
 *
 * @param answer n rows of n numbers
 * @param puzzle n rows of n numbers, n a square
 */
export function isSudokuSolved(
  answer: readonly (readonly number[])[],
  puzzle: readonly (readonly number[])[],
): boolean {
  const n = puzzle.length;
  const box = Math.round(Math.sqrt(n));
  if (box * box !== n || puzzle.some((row) => row.length !== n)) {
    throw new Error(`sudoku: the puzzle must have n rows of n cells, n a square; it has ${n} rows`);
  }
  if (answer.length !== n || answer.some((row) => row.length !== n)) return false;
  const groups = Array.from({ length: 3 * n }, () => new Set<number>());
  for (const [i, row] of answer.entries()) {
    for (const [j, value] of row.entries()) {
      const given = puzzle[i]![j]!;
      if (!Number.isInteger(value) || value < 1 || value > n || (given !== 0 && given !== value)) {
        return false;
      }
      const inBox = Math.floor(i / box) * box + Math.floor(j / box);
      for (const group of [i, n + j, 2 * n + inBox]) groups[group]!.add(value);
    }
  }
  return groups.every(({ size }) => size === n);
}
