/** Mixture of experts: each token goes through a few of many gated feed-forward networks. */

import { MICROSOFT, onnx } from "../onnx/contract.ts";
import { dimDivide, dimMul, formatShape, type Shape, shapeEquals } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { swiglu } from "./activation.ts";
import { cast, div, equal, mul } from "./elementwise.ts";
import { gatherElements } from "./gather.ts";
import { groupedMap } from "./grouped-map.ts";
import { groupedMatmul } from "./grouped-matmul.ts";
import { split } from "./join.ts";
import { iota } from "./leaf.ts";
import { sum } from "./reduce.ts";
import { expandDims, reshape, squeeze } from "./reshape.ts";
import { softmax } from "./softmax.ts";
import { sort, topK } from "./sort.ts";

/** Weights of all experts, [experts, out, in]: gate and up apart, or as the rows of one matrix. */
export type ExpertWeights =
  | { readonly gate: Tensor; readonly up: Tensor; readonly down: Tensor }
  /** `gateUp` [experts, 2 · inner, hidden], row 2i of gate and row 2i + 1 of up. */
  | { readonly gateUp: Tensor; readonly down: Tensor };

export interface MoeOptions {
  /** Experts a token goes through. */
  readonly topK: number;
  /** Divide the weights of the chosen experts by their sum (`norm_topk_prob`; default false). */
  readonly normalise?: boolean;
}

type MoeAttrs = Required<MoeOptions>;

/** Inputs: x [tokens, hidden], logits [tokens, experts], gate and up or gateUp, down. */
const moeOp: Op<MoeAttrs> = {
  name: "moe",
  infer(inputs, { topK: k }) {
    const [x, logits, first] = inputs;
    const down = inputs[inputs.length - 1];
    const [tokens, hidden] = x.shape;
    const [experts, , inner] = down.shape;
    const joined = inputs.length === 4;
    const expected: Shape[] = [
      [tokens, hidden],
      [tokens, experts],
    ];
    if (joined) expected.push([experts, dimMul(inner, 2), hidden]);
    else expected.push([experts, inner, hidden], [experts, inner, hidden]);
    expected.push([experts, hidden, inner]);
    inputs.forEach((t, i) => {
      if (t.dtype !== x.dtype || !shapeEquals(t.shape, expected[i])) {
        const wanted = `${x.dtype} ${formatShape(expected[i])}`;
        throw shapeError("moe", `operand ${i} is not ${wanted}`, [t]);
      }
    });
    if (typeof experts !== "number" || !(Number.isInteger(k) && k >= 1 && k <= experts)) {
      throw shapeError("moe", `cannot choose ${k} of the experts`, [logits, first]);
    }
    return [x];
  },
  lower(to, inputs, { inputs: [x, , first], attrs: { topK: k, normalise } }) {
    if (x.dtype !== "f32") return undefined;
    let gateUp = inputs[2];
    if (inputs.length === 5) {
      // The kernel wants rows of gate and up in turns.
      const columns = inputs
        .slice(2, 4)
        .map((name) => to.emit("Unsqueeze", [name, to.constant("i64", [1], [2])]));
      const [experts, , hidden] = first.shape as readonly number[];
      gateUp = to.emit("Reshape", [
        to.emit("Concat", columns, { axis: onnx.int(2) }),
        to.constant("i64", [3], [experts, -1, hidden]),
      ]);
    }
    const attributes = {
      k: onnx.int(k),
      activation_type: onnx.string("swiglu"),
      swiglu_fusion: onnx.int(1),
      normalize_routing_weights: onnx.int(normalise ? 1 : 0),
    };
    const operands = [inputs[0], inputs[1], gateUp, "", inputs[inputs.length - 1]];
    return [to.emit("MoE", operands, attributes, MICROSOFT)];
  },
  expand(inputs, attrs) {
    const [x, logits] = inputs;
    const down = inputs[inputs.length - 1];
    return [
      routeRows(x, logits, attrs, (rows, counts) => {
        const hidden = swiglu(...gateAndUp(inputs, rows, counts));
        return groupedMatmul(hidden, down, counts, true);
      }),
    ];
  },
};

/** Sends rows to their experts and adds up what comes back: x [tokens, width]. */
function routeRows(
  x: Tensor,
  logits: Tensor,
  { topK: k, normalise }: MoeAttrs,
  apply: (rows: Tensor, counts: Tensor) => Tensor,
): Tensor {
  const experts = logits.shape[1] as number;
  const probabilities = softmax(logits);
  const { indices } = topK(probabilities, k);
  let weights = gatherElements(probabilities, indices, 1); // [tokens, k]
  if (normalise) weights = div(weights, sum(weights, { axes: [1], keepDims: true }));

  // Rows (token, choice) in the order of their experts, so that each expert has one block.
  const chosen = reshape(indices, [-1]);
  const order = sort(chosen).indices;
  const inverse = sort(order).indices;
  const counts = sum(cast(equal(expandDims(chosen, 0), expandDims(iota(experts), 1)), "i64"), {
    axes: [1],
  });
  const rows = dispatch(x, order, inverse, k);
  const results = apply(rows, counts);
  const byToken = reshape(permuteRows(results, inverse, order), [-1, k, x.shape[1]]);
  return sum(mul(byToken, expandDims(weights, 2)), { axes: [1] });
}

/** Products of the rows with the gate and the up matrices of their experts. */
function gateAndUp(
  inputs: readonly Tensor[],
  rows: Tensor,
  counts: Tensor,
): [gate: Tensor, up: Tensor] {
  if (inputs.length === 5) {
    const [gate, up] = inputs.slice(2, 4).map((w) => groupedMatmul(rows, w, counts, true));
    return [gate, up];
  }
  const inner = dimDivide(inputs[2].shape[1], 2)!;
  const both = reshape(groupedMatmul(rows, inputs[2], counts, true), [-1, inner, 2]);
  const [gate, up] = split(both, 2, 2).map((t) => squeeze(t, [2]));
  return [gate, up];
}

const permuteRowsOp: Op<Record<never, never>> = {
  name: "permuteRows",
  infer: ([x]) => [x],
  lower: (to, [x, order]) => [to.emit("Gather", [x, order])],
  grad: ({ inputs: [, order, inverse] }, [g]) => [permuteRows(g!, inverse, order)],
};

/** Rows in another order: row i of the result is row order[i]. Differentiates without scatter. */
const permuteRows = (x: Tensor, order: Tensor, inverse: Tensor): Tensor =>
  apply(permuteRowsOp, [x, order, inverse], {})[0];

const dispatchOp: Op<{ copies: number }> = {
  name: "dispatch",
  infer: ([x, order]) => [{ dtype: x.dtype, shape: [order.shape[0], x.shape[1]] }],
  lower: (to, [x, order], { attrs: { copies } }) => [
    to.emit("Gather", [x, to.emit("Div", [order, to.constant("i64", [], [copies])])]),
  ],
  grad: ({ inputs: [x, order, inverse], attrs: { copies } }, [g]) => {
    const back = permuteRows(g!, inverse, order);
    return [sum(reshape(back, [-1, copies, x.shape[1]]), { axes: [1] })];
  },
};

/** `copies` of each row of x [n, width], in the given order of all [n · copies] of them. */
const dispatch = (x: Tensor, order: Tensor, inverse: Tensor, copies: number): Tensor =>
  apply(dispatchOp, [x, order, inverse], { copies })[0];

/**
 * Sparse mixture of gated feed-forward experts (Shazeer et al., 2017; as in Qwen3-MoE): the
 * softmax over all experts weighs the outputs of the `topK` highest, down(silu(gate x) · up x).
 * Rows are sorted by expert, so a token costs `topK` experts in training too. The choice itself has
 * no gradient; its weights do.
 *
 * @param x [..., hidden]
 * @param logits [..., experts], of the router
 * @returns [..., hidden]
 * @throws {ShapeError} where an operand does not fit.
 */
export function moe(
  x: Tensor,
  logits: Tensor,
  experts: ExpertWeights,
  { topK: k, normalise = false }: MoeOptions,
): Tensor {
  const weights = "gateUp" in experts ? [experts.gateUp] : [experts.gate, experts.up];
  const rows = reshape(x, [-1, x.shape[x.shape.length - 1]]);
  const routes = reshape(logits, [-1, logits.shape[logits.shape.length - 1]]);
  const inputs = [rows, routes, ...weights, experts.down];
  return reshape(apply(moeOp, inputs, { topK: k, normalise })[0], x.shape);
}

/**
 * `moe` with experts of any kind: each is given the rows that chose it, and computes only where
 * there are some (see `groupedMap`).
 *
 * @param x [..., hidden]
 * @param logits [..., experts], of the router
 * @param expert rows [some, hidden] of expert e -> [some, hidden]
 * @returns [..., hidden]
 */
export function routedMoe(
  x: Tensor,
  logits: Tensor,
  { topK: k, normalise = false }: MoeOptions,
  expert: (rows: Tensor, e: number) => Tensor,
): Tensor {
  const rows = reshape(x, [-1, x.shape[x.shape.length - 1]]);
  const routes = reshape(logits, [-1, logits.shape[logits.shape.length - 1]]);
  const y = routeRows(rows, routes, { topK: k, normalise }, (sorted, counts) =>
    groupedMap(sorted, counts, expert),
  );
  return reshape(y, x.shape);
}
