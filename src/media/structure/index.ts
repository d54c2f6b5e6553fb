/** Structures as text: tables, triples, schemas, sudoku grids, SQL. */

export {
  type LineariseOptions,
  linearise,
  lineariseSchema,
  lineariseTable,
  lineariseTriples,
} from "./linearise.ts";
export { normaliseQuery } from "./sql.ts";
export { type Grid, parseSudoku, writeSudoku } from "./sudoku.ts";
