/** Lowering of row updates that may repeat, with the same bits in every run. */

import { type Lowering, onnx } from "../onnx/contract.ts";
import type { Dim, Shape } from "../shape.ts";
import { emitCast } from "./kernel.ts";

/** Rows summed by one small matrix product. */
const BLOCK = 32;

export interface Rows {
  readonly dtype: "f32" | "f64";
  /** How many updates. */
  readonly count: Dim;
  /** Of x: [n, width]. */
  readonly shape: Shape;
}

/**
 * ScatterND with reduction "add" shares its updates out among threads without locks, so repeated
 * rows are lost at times and summed in another order at others; ScatterElements is right but
 * takes an element at a time. Hence: sort the updates by row; in blocks of 32, sum those of equal
 * row by a product with a 0/1 matrix; carry what a row collected in earlier blocks by another
 * such product; then ScatterND writes each row once.
 */
export function emitScatterRows(
  to: Lowering,
  x: string,
  indices: string,
  updates: string,
  { dtype, count, shape: [n, width] }: Rows,
): string {
  const i64 = (...values: number[]): string => to.constant("i64", [values.length], values);
  const number = (value: number): string => to.constant("i64", [], [value]);
  const unsqueeze = (name: string, axis: number): string => to.emit("Unsqueeze", [name, i64(axis)]);
  const column = (name: string, j: number): string =>
    to.emit("Gather", [name, number(j)], { axis: onnx.int(1) });
  const next = (name: string): string => {
    const rest = to.emit("Slice", [name, i64(1), i64(2 ** 40), i64(0)]);
    return to.emit("Concat", [rest, i64(-2)], { axis: onnx.int(0) });
  };
  const where = (condition: string): string =>
    to.emit("Squeeze", [to.emit("NonZero", [condition]), i64(0)]);
  const matches = (a: string, b: string): string =>
    to.emit("Equal", [unsqueeze(a, -1), unsqueeze(b, -2)]);
  const float = (condition: string): string => emitCast(to, condition, dtype);

  const negative = to.emit("Less", [indices, number(0)]);
  const rowIds = to.emit("Where", [negative, to.emit("Add", [indices, to.dim(n)]), indices]);
  const m = to.dim(count);
  const [sorted, order] = to.emitMany("TopK", [rowIds, m], { largest: onnx.int(0) }, 2);
  const blocks = to.emit("Div", [to.emit("Add", [m, i64(BLOCK - 1)]), i64(BLOCK)]);
  const spare = to.emit("Sub", [to.emit("Mul", [blocks, i64(BLOCK)]), m]);
  const pads = to.emit("Concat", [i64(0), spare], { axis: onnx.int(0) });
  const ids = to.emit("Pad", [sorted, pads, number(-1)]); // -1: no row
  const places = to.emit("Pad", [order, pads, number(0)]);
  const inBlocks = (name: string, ...rest: string[]): string =>
    to.emit("Reshape", [
      name,
      to.emit("Concat", [blocks, i64(BLOCK), ...rest], { axis: onnx.int(0) }),
    ]);

  const rows = inBlocks(to.emit("Gather", [updates, places]), to.dim(width)); // [b, 32, width]
  const blockIds = inBlocks(ids); // [b, 32]
  const sums = to.emit("MatMul", [float(matches(blockIds, blockIds)), rows]);

  // What a block's last row collected goes on to every later block that starts with that row.
  const [first, last] = [column(blockIds, 0), column(blockIds, BLOCK - 1)]; // [b]
  const number0 = to.emit("Range", [number(0), to.emit("Squeeze", [blocks, i64(0)]), number(1)]);
  const later = to.emit("Greater", [unsqueeze(number0, -1), unsqueeze(number0, -2)]);
  const carries = float(to.emit("And", [matches(first, last), later])); // [b, b]
  const carried = to.emit("MatMul", [carries, column(sums, BLOCK - 1)]); // [b, width]

  const different = (a: string, b: string): string => to.emit("Not", [to.emit("Equal", [a, b])]);
  const real = to.emit("Not", [to.emit("Equal", [ids, number(-1)])]);
  const ends = where(to.emit("And", [different(ids, next(ids)), real]));
  const flatSums = to.emit("Reshape", [
    sums,
    to.emit("Concat", [to.emit("Mul", [blocks, i64(BLOCK)]), to.dim(width)], {
      axis: onnx.int(0),
    }),
  ]);
  // Blocks whose first row ends within them: its carry is complete, and no other block has it.
  const leaves = where(to.emit("Or", [different(first, last), different(last, next(first))]));
  const scatter = (table: string, from: string, at: string, values: string): string =>
    to.emit(
      "ScatterND",
      [table, unsqueeze(to.emit("Gather", [from, at]), 1), to.emit("Gather", [values, at])],
      { reduction: onnx.string("add") },
    );
  return scatter(scatter(x, ids, ends, flatSums), first, leaves, carried);
}
