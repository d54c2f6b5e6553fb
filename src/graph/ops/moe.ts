/** Mixture of experts: each token goes through a few of many gated feed-forward networks. */

import { MICROSOFT, onnx } from "../onnx/contract.ts";
import { dimDivide, dimMul, formatShape, type Shape, shapeEquals } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { swiglu } from "./activation.ts";
import { div, mul } from "./elementwise.ts";
import { type Choice, rowsByExpert } from "./expert-rows.ts";
import { gatherElements } from "./gather.ts";
import { groupedMap } from "./grouped-map.ts";
import { groupedMatmul } from "./grouped-matmul.ts";
import { split } from "./join.ts";
import { sum } from "./reduce.ts";
import { expandDims, reshape, squeeze } from "./reshape.ts";
import { softmax } from "./softmax.ts";
import { topK } from "./sort.ts";

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

/** A choice of experts with what multiplies their outputs: f32 or f64 [tokens, k]. */
export type WeighedChoice = Choice & { readonly weights: Tensor };

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
    const choice = chooseTop(logits, attrs);
    const experts = logits.shape[1] as number; // checked by infer
    return [sendRows(x, choice, experts, (rows, n) => applyExperts(inputs, rows, n))];
  },
};

/** The default router: softmax over all experts, then the highest. */
function chooseTop(logits: Tensor, { topK: k, normalise }: MoeAttrs): WeighedChoice {
  const probabilities = softmax(logits);
  const { indices } = topK(probabilities, k);
  const weights = gatherElements(probabilities, indices, 1); // [tokens, k]
  if (!normalise) return { chosen: indices, weights };
  return { chosen: indices, weights: div(weights, sum(weights, { axes: [1], keepDims: true })) };
}

/** Sends rows to their experts and adds up what comes back: x [tokens, width]. */
function sendRows(
  x: Tensor,
  { weights, ...choice }: WeighedChoice,
  experts: number,
  apply: (rows: Tensor, counts: Tensor) => Tensor,
): Tensor {
  const { rows, counts, back } = rowsByExpert(x, choice, experts);
  return sum(mul(back(apply(rows, counts)), expandDims(weights, 2)), { axes: [1] });
}

/** Gated networks of all experts on rows that are sorted by expert; inputs as those of the op. */
function applyExperts(inputs: readonly Tensor[], rows: Tensor, counts: Tensor): Tensor {
  const hidden = swiglu(...gateAndUp(inputs, rows, counts));
  return groupedMatmul(hidden, inputs[inputs.length - 1], counts, true);
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
  const choice = chooseTop(routes, { topK: k, normalise });
  const experts = routes.shape[1] as number; // groupedMap needs a number too
  const y = sendRows(rows, choice, experts, (sorted, counts) => groupedMap(sorted, counts, expert));
  return reshape(y, x.shape);
}

/**
 * `moe` with a choice that is made elsewhere, e.g. by another router or within a capacity: pairs
 * of token and expert that are not kept cost nothing and give 0.
 *
 * @param x [..., hidden]
 * @param experts their weights; or a function of rows [some, hidden] of expert e
 * @param count of experts
 * @returns [..., hidden]
 */
export function chosenMoe(
  x: Tensor,
  choice: WeighedChoice,
  experts: ExpertWeights | ((rows: Tensor, e: number) => Tensor),
  count: number,
): Tensor {
  const rows = reshape(x, [-1, x.shape[x.shape.length - 1]]);
  const send = (f: (sorted: Tensor, counts: Tensor) => Tensor): Tensor =>
    reshape(sendRows(rows, choice, count, f), x.shape);
  if (typeof experts === "function") {
    return send((sorted, counts) => groupedMap(sorted, counts, experts));
  }
  const weights = "gateUp" in experts ? [experts.gateUp] : [experts.gate, experts.up];
  const inputs = [rows, rows, ...weights, experts.down]; // the second, logits, is not read
  return send((sorted, counts) => applyExperts(inputs, sorted, counts));
}
