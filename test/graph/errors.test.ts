/** What a wrong trace says: op, reason, operands, place. */

import { describe, expect, it } from "vitest";
import * as g from "../../src/graph/index.ts";
import { dim, input, labelled, parameter } from "../../src/graph/index.ts";

const x = input("x", "f32", [2, 3]);
const ids = input("ids", "i64", [5]);
const mask = input("mask", "bool", [2, 3]);
const double = input("double", "f64", [2, 3]);

describe("errors while tracing", () => {
  const wrong: [string, () => unknown][] = [
    ["matmul: inner dimensions differ: x f32 [2, 3] x x f32 [2, 3]", () => g.matmul(x, x)],
    ["matmul: dtypes differ: x f32 [2, 3] x double f64 [2, 3]", () => g.matmul(x, double)],
    ["matmul: operands need rank 1 or more", () => g.matmul(x, g.sum(x))],
    ["add: shapes do not broadcast: x f32 [2, 3] x f32 [5]", () => g.add(x, g.cast(ids, "f32"))],
    ["add: dtypes differ", () => g.add(x, double)],
    ["add: needs numbers, not bool", () => g.add(mask, mask)],
    ["add: one operand must be a tensor", () => g.add(1, 2)],
    ["exp: needs floats: ids i64 [5]", () => g.exp(ids)],
    ["logicalAnd: needs bool", () => g.logicalAnd(x, x)],
    ["where: condition is not bool", () => g.where(x, x, x)],
    ["where: dtypes differ", () => g.where(mask, x, double)],
    ["mean: needs floats", () => g.mean(ids)],
    ["sum: axis 2 is out of range for rank 2: x f32 [2, 3]", () => g.sum(x, { axes: [2] })],
    ["sum: axes [0,-2] repeat", () => g.sum(x, { axes: [0, -2] })],
    ["argMax: axis 0 is empty", () => g.argMax(input("e", "f32", [0]), 0)],
    ["clip: bounds 2 and 1 are out of order", () => g.clip(x, 2, 1)],
    ["reshape: cannot become [4, 2], sizes differ: x f32 [2, 3]", () => g.reshape(x, [4, 2])],
    ["reshape: cannot work out -1 in [4, -1]", () => g.reshape(x, [4, -1])],
    ["transpose: order [0,0] is no permutation of 2 axes", () => g.transpose(x, [0, 0])],
    ["broadcastTo: does not broadcast to [3, 3]", () => g.broadcastTo(x, [3, 3])],
    ["expandDims: axis 3 is out of range for rank 3", () => g.expandDims(x, 3)],
    ["squeeze: axis 1 has not size 1", () => g.squeeze(x, [1])],
    ["concat: operands differ beyond axis 0", () => g.concat([x, g.transpose(x)], 0)],
    ["concat: needs at least one tensor", () => g.concat([], 0)],
    ["split: sizes [1,1] do not add up to axis 1", () => g.split(x, [1, 1], 1)],
    ["split: axis 1 does not divide into 2 equal parts", () => g.split(x, 2, 1)],
    ["slice: end 4 is beyond axis 1", () => g.slice(x, 1, 0, 4)],
    ["slice: start 2 is not within 0 and end 1", () => g.slice(x, 1, 2, 1)],
    ["slice: step 0 is no integer other than 0", () => g.slice(x, 1, 0, 1, 0)],
    [
      "slice: step 2 does not divide n on axis 0",
      () => g.slice(input("s", "f32", [dim("n")]), 0, 0, undefined, 2),
    ],
    ["pad: -1 before and 0 after axis 0 is negative", () => g.pad(x, 0, -1, 0)],
    ["padWith: cannot reflect 3 elements on axis 1", () => g.padWith(x, 1, 3, 0, "reflect")],
    ["tile: needs a count per axis, not [2]", () => g.tile(x, [2])],
    ["repeat: count -1 is no integer from 0 on", () => g.repeat(x, -1, 0)],
    ["gather: indices are not i64 or i32: x f32 [2, 3] x x f32 [2, 3]", () => g.gather(x, x)],
    [
      "gatherElements: shapes differ beyond the axis",
      () => g.gatherElements(x, g.expandDims(ids, 0), 1),
    ],
    [
      "scatterAdd: indices and updates differ in shape",
      () => g.scatterAdd(x, g.expandDims(ids, 0), x, 1),
    ],
    ["scatterAddRows: updates do not fit", () => g.scatterAddRows(x, ids, x)],
    ["scatterAddRows: dtypes differ", () => g.scatterAddRows(x, ids, double)],
    ["oneHot: indices are not integers", () => g.oneHot(x, 3)],
    ["topK: k = 4 is not within axis 1", () => g.topK(x, 4)],
    ["rmsNorm: weight does not fit the last axis", () => g.rmsNorm(x, input("w", "f32", [2]))],
    ["layerNorm: weight and bias do not fit", () => g.layerNorm(x, x, x)],
    ["rotary: cos and sin do not fit", () => g.rotary(x, x, x)],
    ["attention: q, k and v do not fit", () => g.attention(x, x, x)],
    ["crossEntropy: logits and labels do not fit", () => g.crossEntropy(x, ids)],
    ["grad: the loss must be a float scalar, not x f32 [2, 3]", () => g.grad(x, [x])],
    ["fromValues: 2 values do not fill shape [3]", () => g.fromValues("f32", [3], [1, 2])],
  ];
  it.each(wrong)("%s", (text, trace) => {
    expect(trace).toThrow(text);
  });

  it("attention's bias is checked by attention", () => {
    const q = input("q", "f32", [2, 5, 4, 8]);
    const bias = input("bias", "f32", [2, 4, 5, 6]);
    expect(() => g.attention(q, q, q, { bias })).toThrow(
      "attention: bias does not fit scores [2, 4, 5, 5]",
    );
  });

  it("name the module where it happened", () => {
    const w = parameter("mlp.up_proj.weight", "f32", [8, 4]);
    const trace = () => labelled("model.layers.0.mlp", () => g.matmul(x, w));
    expect(trace).toThrow(
      "matmul: inner dimensions differ: x f32 [2, 3] x mlp.up_proj.weight f32 [8, 4] " +
        "(in model.layers.0.mlp)",
    );
    expect(trace).toThrow(g.ShapeError);
  });
});
