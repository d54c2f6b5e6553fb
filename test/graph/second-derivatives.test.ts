/** Gradients of gradients against central differences of gradients. */

import { describe, it } from "vitest";
import type { Tensor } from "../../src/graph/index.ts";
import * as g from "../../src/graph/index.ts";
import { checkGradients, distinctArray, randomArray } from "./support.ts";

/** Differentiates the squares of a function's gradients, so that the second derivative matters. */
const gradientOf =
  (f: (x: Tensor[]) => Tensor, wrt: readonly number[]) =>
  (x: Tensor[]): Tensor => {
    const gradients = g.grad(
      g.sum(g.square(f(x))),
      wrt.map((i) => x[i]),
    );
    return g.concat(
      gradients.map((t) => g.reshape(g.square(t), [-1])),
      0,
    );
  };

const at = (shape: number[], seed: number) => randomArray("f64", shape, seed, 0.4, 1.8);

describe("second derivatives", () => {
  const one: Record<string, (x: Tensor) => Tensor> = {
    "x³": (x) => g.mul(x, g.mul(x, x)),
    div: (x) => g.div(1, x),
    tanh: g.tanh,
    sigmoid: g.sigmoid,
    exp: g.exp,
    log: g.log,
    sqrt: g.sqrt,
    silu: g.silu,
    gelu: g.gelu,
    softplus: g.softplus,
    erf: g.erf,
    softmax: (x) => g.softmax(x),
    logSoftmax: (x) => g.logSoftmax(x),
    l2Norm: (x) => g.l2Norm(x),
    mean: (x) => g.mean(g.square(x), { axes: [0] }),
    prod: (x) => g.prod(x, { axes: [1] }),
    logSumExp: (x) => g.logSumExp(x, { axes: [1] }),
    variance: (x) => g.variance(x, { axes: [1] }),
    topK: (x) => g.square(g.topK(x, 2).values),
    transpose: (x) => g.square(g.transpose(x)),
    "slice with a step": (x) => g.square(g.slice(x, 1, undefined, undefined, -2)),
    pad: (x) => g.square(g.padWith(x, 1, 2, 1, "reflect")),
  };
  it.each(Object.entries(one))("%s", async (_, f) => {
    await checkGradients(
      gradientOf(([x]) => f(x), [0]),
      [distinctArray("f64", [2, 3], 4, 0.31)].map(positive),
      {
        rtol: 1e-5,
        atol: 1e-6,
      },
    );
  });

  const positive = (x: g.NDArray): g.NDArray =>
    g.fromValues(
      "f64",
      x.shape,
      g.toValues(x).map((v) => Math.abs(v) + 0.4 + 0.01 * v),
    );

  it("matmul", async () => {
    const f = ([a, b]: Tensor[]) => g.matmul(a, b, { transposeB: true });
    await checkGradients(gradientOf(f, [0, 1]), [at([2, 3], 1), at([4, 3], 2)]);
  });

  it("rmsNorm", async () => {
    const f = ([x, w]: Tensor[]) => g.rmsNorm(x, w);
    await checkGradients(gradientOf(f, [0, 1]), [at([2, 4], 1), at([4], 2)]);
  });

  it("layerNorm", async () => {
    const f = ([x, w, b]: Tensor[]) => g.layerNorm(x, w, b);
    await checkGradients(gradientOf(f, [0, 1, 2]), [at([2, 4], 1), at([4], 2), at([4], 3)], {
      rtol: 1e-4,
    });
  });

  it.each([0, 0.1])("crossEntropy, label smoothing %d", async (labelSmoothing) => {
    const labels = g.fromValues("i64", [3], [1, -100, 3]);
    const f = ([x, y]: Tensor[]) => g.crossEntropy(x, y, { labelSmoothing });
    await checkGradients(gradientOf(f, [0]), [at([3, 4], 1), labels]);
  });

  it("gather and scatter", async () => {
    const indices = g.fromValues("i64", [4], [0, 2, 2, -1]);
    const rows = ([x, i]: Tensor[]) => g.square(g.gather(x, i));
    await checkGradients(gradientOf(rows, [0]), [at([3, 2], 1), indices]);
    const add = ([x, i, u]: Tensor[]) => g.square(g.scatterAddRows(x, i, u));
    await checkGradients(gradientOf(add, [0, 2]), [at([3, 2], 1), indices, at([4, 2], 2)]);
  });

  it.each([0, 3])("attention, soft cap %d", async (softCap) => {
    const f = ([q, k, v]: Tensor[]) => g.attention(q, k, v, { softCap }).output;
    const qkv = [1, 2, 3].map((seed) => at([1, 3, 2, 2], seed));
    await checkGradients(gradientOf(f, [0, 1, 2]), qkv);
  });
});
