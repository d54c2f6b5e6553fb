/** Cond: one of two branches, chosen when the program runs. */

import { isFloat } from "../dtype.ts";
import { vjp } from "../grad.ts";
import { shapeEquals } from "../shape.ts";
import { close, placeholder, type Subgraph, savedFor, traceBody } from "../subgraph.ts";
import {
  apply,
  expansionOf,
  type Node,
  type Op,
  shapeError,
  Tensor,
  type TensorType,
} from "../tensor.ts";
import { full, zerosLike } from "./leaf.ts";

interface CondAttrs {
  readonly first: Subgraph;
  readonly second: Subgraph;
  readonly types: readonly TensorType[];
}

/** Inputs: predicate, captures of the first branch, captures of the second. */
const condOp: Op<CondAttrs> = {
  name: "cond",
  expandsForGradient: true,
  infer: (_, { types }) => types,
  lower(to, [predicate, ...names], { attrs: { first, second, types } }) {
    const branch = (name: string, body: Subgraph, captured: readonly string[]) => ({
      graph: to.body(name, [], body.outputs, new Map(body.inputs.map((t, i) => [t, captured[i]]))),
    });
    const middle = first.captures.length;
    return to.emitMany(
      "If",
      [predicate],
      {
        then_branch: branch("then", first, names.slice(0, middle)),
        else_branch: branch("else", second, names.slice(middle)),
      },
      types.length,
    );
  },
  /** The same choice, which also returns what the gradient of the branch taken needs. */
  expand(inputs, { first, second, types }) {
    const [a, b] = [first, second].map((body) => {
      const cotangents = body.outputs.map((t) => (isFloat(t.dtype) ? placeholder(t) : undefined));
      const wrt = body.inputs.filter((t) => isFloat(t.dtype));
      return savedFor(vjp(body.outputs, cotangents, wrt), body, cotangents);
    });
    return apply(condOp, inputs, {
      first: { ...first, outputs: [...first.outputs, ...a, ...b.map(nothing)] },
      second: { ...second, outputs: [...second.outputs, ...a.map(nothing), ...b] },
      types: [...types, ...a, ...b],
    });
  },
  grad(node, outputGrads, needed) {
    const { first, second } = node.attrs;
    const saving = expansionOf(node as unknown as Node)[0].node as unknown as Node<CondAttrs>;
    const middle = 1 + first.captures.length;
    const parts = [
      { body: first, saver: saving.attrs.first, from: 1, to: middle },
      { body: second, saver: saving.attrs.second, from: middle, to: node.inputs.length },
    ].map(({ body, saver, from, to }) => {
      const cotangents = body.outputs.map((t, i) => (outputGrads[i] ? placeholder(t) : undefined));
      const wanted = body.inputs.filter((_, i) => needed[from + i]);
      const grads = vjp(body.outputs, cotangents, wanted);
      const saved = savedFor(grads, body, cotangents);
      return {
        inputs: [...cotangents.filter((t) => t !== undefined), ...saved, ...body.inputs],
        captures: [
          ...outputGrads.filter((g) => g !== undefined),
          ...saved.map((t) => saving.outputs[saver.outputs.indexOf(t)]),
          ...node.inputs.slice(from, to),
        ],
        grads,
      };
    });
    const [a, b] = parts;
    const results = apply(condOp, [node.inputs[0], ...a.captures, ...b.captures], {
      first: close(a.inputs, a.captures, [...a.grads, ...b.grads.map(zerosLike)]),
      second: close(b.inputs, b.captures, [...a.grads.map(zerosLike), ...b.grads]),
      types: [...a.grads, ...b.grads],
    });
    let next = 0;
    return needed.map((need, i) => (need && i > 0 ? results[next++] : undefined));
  },
};

/** Stands for a saved value of the branch not taken: same rank, no elements. */
const nothing = ({ dtype, shape }: Tensor): Tensor =>
  full(
    shape.map(() => 0),
    0,
    dtype,
  );

/**
 * The result of `then` where the predicate holds, else that of `otherwise`; only that branch runs.
 * Branches may use outer tensors, which receive gradients.
 *
 * @param predicate bool, rank 0
 * @throws {ShapeError} where the branches differ in dtypes or shapes.
 * @example
 * const x = input("x", "f32", []);
 * const y = cond(greater(x, 0), () => log(x), () => mul(x, 2));
 */
export function cond<R extends Tensor | readonly Tensor[]>(
  predicate: Tensor,
  then: () => R,
  otherwise: () => R,
): R {
  if (predicate.dtype !== "bool" || predicate.shape.length !== 0) {
    throw shapeError("cond", "the predicate is not one bool", [predicate]);
  }
  let single = false;
  const trace = (f: () => R): Subgraph =>
    traceBody(
      [],
      () => {
        const result = f();
        single = result instanceof Tensor;
        return result instanceof Tensor ? [result] : result;
      },
      { hoist: false },
    );
  const first = trace(then);
  const second = trace(otherwise);
  checkBranches(first.outputs, second.outputs);
  const types = first.outputs.map(({ dtype, shape }) => ({ dtype, shape }));
  const outputs = apply(condOp, [predicate, ...first.captures, ...second.captures], {
    first,
    second,
    types,
  });
  // R is Tensor where the branches returned one tensor, else an array.
  return (single ? outputs[0] : outputs) as R;
}

function checkBranches(a: readonly Tensor[], b: readonly Tensor[]): void {
  if (a.length !== b.length) {
    throw new Error(`cond: one branch returns ${a.length} tensors, the other ${b.length}`);
  }
  a.forEach((t, i) => {
    if (t.dtype !== b[i].dtype || !shapeEquals(t.shape, b[i].shape)) {
      throw shapeError("cond", `the branches differ in result ${i}`, [t, b[i]]);
    }
  });
}
