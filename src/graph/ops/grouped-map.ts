/** Groups of rows that each go through a function of their own; groups without rows cost nothing. */

import { isFloat } from "../dtype.ts";
import { vjp } from "../grad.ts";
import { onnx } from "../onnx/contract.ts";
import { dim, shapeEquals } from "../shape.ts";
import { instantiate, type Subgraph, traceBody } from "../subgraph.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { cumsum } from "./cumsum.ts";
import { add, cast, equal, greaterEqual, where } from "./elementwise.ts";
import { concat, slice } from "./join.ts";
import { full, iota } from "./leaf.ts";
import { sum } from "./reduce.ts";
import { expandDims } from "./reshape.ts";

interface GroupedMapAttrs {
  /** Of each group: its input is the rows, then its captures. */
  readonly bodies: readonly Subgraph[];
}

/** Inputs: x [rows, width], counts i64 [groups], captures of all bodies. */
const groupedMapOp: Op<GroupedMapAttrs> = {
  name: "groupedMap",
  infer: ([x], { bodies: [body] }) => [
    { dtype: body!.outputs[0]!.dtype, shape: [x.shape[0], body!.outputs[0]!.shape[1]] },
  ],
  lower(to, [x, counts, ...captured], { attrs: { bodies } }) {
    const rows = to.emitMany("Split", [x, counts], { axis: onnx.int(0) }, bodies.length);
    const isUsed = to.emit("Greater", [counts, to.constant("i64", [], [0])]);
    const used = to.emitMany(
      "Split",
      [isUsed],
      { axis: onnx.int(0), num_outputs: onnx.int(bodies.length) },
      bodies.length,
    );
    let next = 0;
    const results = bodies.map((body, i) => {
      const [own, ...others] = body.inputs;
      const inside = new Map(others.map((tensor) => [tensor, captured[next++]!]));
      inside.set(own!, rows[i]!);
      const [result] = body.outputs;
      const [nothing] = traceBody([], () => [full([0, result!.shape[1]!], 0, result!.dtype)], {
        hoist: false,
      }).outputs;
      return to.emit("If", [used[i]!], {
        then_branch: { graph: to.body(`group_${i}`, [], [result!], inside) },
        else_branch: { graph: to.body(`group_${i}_empty`, [], [nothing!]) },
      });
    });
    return [bodies.length === 1 ? results[0]! : to.emit("Concat", results, { axis: onnx.int(0) })];
  },
  /** All rows through all functions, of which each row keeps one result. */
  expand([x, counts, ...captured], { bodies }) {
    const ends = cumsum(counts, 0); // [groups]
    const row = expandDims(iota(x.shape[0]), 1); // [rows, 1]
    const group = sum(cast(greaterEqual(row, expandDims(ends, 0)), "i64"), {
      axes: [1],
      keepDims: true,
    });
    let next = 0;
    const results = bodies.map((body, i) => {
      const own = captured.slice(next, next + body.captures.length);
      next += own.length;
      const [result] = instantiate(body, [x, ...own]);
      return where(equal(group, i), result!, 0);
    });
    return [results.reduce((a, b) => add(a, b))];
  },
  grad({ inputs, attrs: { bodies } }, [g], needed) {
    const [x, counts, ...captured] = inputs;
    if (needed.slice(2).some(Boolean)) return denseGradient(inputs, g!, bodies);
    // Of the rows alone: each group's gradient is a function of its rows and theirs.
    const width = x!.shape[1]!;
    const both = concat([x!, g!], 1); // [rows, width + outputs]
    let next = 0;
    const result = groupedMap(both, counts!, (rows, i) => {
      const own = captured.slice(next, next + bodies[i]!.captures.length);
      next += own.length;
      const part = slice(rows, 1, 0, width);
      const [y] = instantiate(bodies[i]!, [part, ...own]);
      return vjp([y!], [slice(rows, 1, width)], [part])[0]!;
    });
    return [result];
  },
};

/** Gradients by all that is used, through the decomposition. */
function denseGradient(
  inputs: readonly Tensor[],
  g: Tensor,
  bodies: readonly Subgraph[],
): (Tensor | undefined)[] {
  const isWanted = inputs.map(({ dtype }) => isFloat(dtype));
  // Traced apart, so that a tensor that others depend on is not differentiated through them.
  const backward = traceBody(
    [...inputs, g],
    (all) => {
      const own = all.slice(0, -1);
      const result = groupedMapOp.expand!(own, { bodies });
      return vjp(
        result,
        all.slice(-1),
        own.filter((_, i) => isWanted[i]),
      );
    },
    { hoist: false },
  );
  const found = instantiate(backward, [...inputs, g, ...backward.captures]);
  let next = 0;
  return isWanted.map((wanted) => (wanted ? found[next++] : undefined));
}

/**
 * Rows of group e through the function of group e; groups are consecutive rows. Only groups that
 * have rows are computed, each with one visit to its weights.
 *
 * @param x [rows, width]
 * @param counts i64 [groups], rows of each group; they add up to all rows
 * @param f rows of group e [some, width] -> [some, outputs]; it may use outer tensors, and must not
 *   need to know how many rows there are
 * @returns [rows, outputs]
 * @throws {ShapeError} where operands do not fit, or functions differ in what they return
 * @example
 * const y = groupedMap(x, counts, (rows, e) => matmul(rows, weights[e]));
 */
export function groupedMap(
  x: Tensor,
  counts: Tensor,
  f: (rows: Tensor, group: number) => Tensor,
): Tensor {
  const [groups] = counts.shape;
  if (counts.dtype !== "i64" || counts.shape.length !== 1 || typeof groups !== "number") {
    throw shapeError("groupedMap", "counts are not i64 [groups]", [counts]);
  }
  if (x.shape.length !== 2 || groups === 0) {
    throw shapeError("groupedMap", "x is not [rows, width], or there is no group", [x, counts]);
  }
  const bodies = Array.from({ length: groups }, (_, group) => {
    // A dimension of its own: the engine may give values of one shape the same memory.
    const part = { dtype: x.dtype, shape: [dim(`group_${group}_rows`), x.shape[1]!] };
    return traceBody([part], ([rows]) => [f(rows!, group)], { hoist: false });
  });
  const [first] = bodies[0]!.outputs;
  for (const { outputs } of bodies) {
    const [result] = outputs;
    const isRows =
      result!.shape.length === 2 && shapeEquals([result!.shape[1]!], [first!.shape[1]!]);
    if (result!.dtype !== first!.dtype || !isRows) {
      throw shapeError("groupedMap", "functions differ in what they return", [first!, result!]);
    }
  }
  const captures = bodies.flatMap((body) => body.captures);
  return apply(groupedMapOp, [x, counts, ...captures], { bodies })[0]!;
}
