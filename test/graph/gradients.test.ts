/** Every gradient rule against central differences in float64, over random shapes. */

import fc from "fast-check";
import { describe, it } from "vitest";
import * as g from "../../src/graph/index.ts";
import {
  dim,
  fromValues,
  type NDArray,
  sizeOf,
  type Tensor,
  toValues,
} from "../../src/graph/index.ts";
import {
  broadcastable,
  checkGradients,
  distinctArray,
  type GradientOptions,
  randomArray,
  randomNumbers,
  seeds,
  shapes,
} from "./support.ts";

const RUNS = { numRuns: 6 };

/** Runs a property on random cases. */
const property = <T>(cases: fc.Arbitrary<T>, check: (value: T) => Promise<void>) =>
  fc.assert(fc.asyncProperty(cases, check), RUNS);

/** Values whose magnitude is in [low, high), of both signs: away from a kink at 0. */
function awayFromZero(shape: readonly number[], seed: number, low = 0.2, high = 2): NDArray {
  const next = randomNumbers(seed);
  const values = Array.from(
    { length: sizeOf(shape) },
    () => (low + (high - low) * next()) * (next() < 0.5 ? -1 : 1),
  );
  return fromValues("f64", shape, values);
}

const indexArray = (shape: readonly number[], size: number, seed: number): NDArray =>
  randomArray("i64", shape, seed, -size, size);

describe("gradients of elementwise ops", () => {
  type Binary = (a: Tensor, b: Tensor) => Tensor;
  const two: Record<string, [Binary, (shape: number[], seed: number) => NDArray]> = {
    add: [g.add, awayFromZero],
    sub: [g.sub, awayFromZero],
    mul: [g.mul, awayFromZero],
    div: [g.div, awayFromZero],
    pow: [g.pow, (shape, seed) => randomArray("f64", shape, seed, 0.5, 2)],
    maximum: [g.maximum, (shape, seed) => distinctArray("f64", shape, seed)],
    minimum: [g.minimum, (shape, seed) => distinctArray("f64", shape, seed)],
  };
  it.each(Object.entries(two))("%s, broadcasting", (_, [f, values]) =>
    property(fc.tuple(broadcastable(2), seeds), async ([[a, b], seed]) => {
      // The second operand's values are shifted, so that the two never tie.
      const other = values(b, seed + 1);
      const right = fromValues(
        "f64",
        b,
        toValues(other).map((v) => v + 0.013),
      );
      await checkGradients(([x, y]) => f(x, y), [values(a, seed), right]);
    }),
  );

  it("mod, within one period", () =>
    property(seeds, async (seed) => {
      const next = randomNumbers(seed);
      const divisor = Array.from({ length: 4 }, () => 0.5 + next());
      // (whole + fraction) · divisor, the fraction far from 0 and 1.
      const value = divisor.map((d) => d * (Math.floor(6 * next() - 3) + 0.2 + 0.6 * next()));
      const arrays = [value, divisor].map((v) => fromValues("f64", [4], v));
      await checkGradients(([a, b]) => g.mod(a, b), arrays);
    }));

  it("where, broadcasting", () =>
    property(fc.tuple(broadcastable(3), seeds), async ([[c, a, b], seed]) => {
      const condition = randomArray("bool", c, seed, 0, 2);
      const sides = [awayFromZero(a, seed + 1), awayFromZero(b, seed + 2)];
      await checkGradients(([x, y, z]) => g.where(x, y, z), [condition, ...sides]);
    }));

  const one: Record<string, (x: Tensor) => Tensor> = {
    neg: g.neg,
    abs: g.abs,
    exp: g.exp,
    sin: g.sin,
    cos: g.cos,
    tanh: g.tanh,
    sigmoid: g.sigmoid,
    relu: g.relu,
    erf: g.erf,
    expm1: g.expm1,
    softplus: g.softplus,
    silu: g.silu,
    gelu: g.gelu,
    "gelu by tanh": (x) => g.gelu(x, "tanh"),
    leakyRelu: (x) => g.leakyRelu(x, 0.1),
    reciprocal: g.reciprocal,
    square: g.square,
    clip: (x) => g.clip(x, -1.1, 0.9),
    "add and mul by numbers": (x) => g.mul(3, g.add(x, 2)),
    "pow with a number": (x) => g.pow(x, 3),
    cast: (x) => g.cast(g.mul(x, x), "f64"),
  };
  it.each(Object.entries(one))("%s", (name, f) =>
    property(fc.tuple(shapes(), seeds), async ([shape, seed]) => {
      const x = name === "clip" ? distinctArray("f64", shape, seed) : awayFromZero(shape, seed);
      await checkGradients(([t]) => f(t), [x]);
    }),
  );

  const positive: Record<string, (x: Tensor) => Tensor> = {
    log: g.log,
    log1p: g.log1p,
    sqrt: g.sqrt,
    rsqrt: g.rsqrt,
  };
  it.each(Object.entries(positive))("%s", (_, f) =>
    property(fc.tuple(shapes(), seeds), async ([shape, seed]) => {
      await checkGradients(([t]) => f(t), [randomArray("f64", shape, seed, 0.3, 3)]);
    }),
  );

  const zero = { sign: g.sign, floor: g.floor, ceil: g.ceil, round: g.round };
  it.each(Object.entries(zero))("%s is flat", async (_, f) => {
    const x = fromValues("f64", [4], [-1.3, -0.4, 0.3, 1.7]);
    await checkGradients(([t]) => f(t), [x]);
  });

  it("symbolic dimensions", async () => {
    const [x, y] = [awayFromZero([2, 3], 1), awayFromZero([3], 2)];
    const options = { shapes: [[dim("rows"), dim("width")], [dim("width")]] };
    await checkGradients(([a, b]) => g.mul(g.add(a, b), g.div(a, b)), [x, y], options);
  });
});

describe("gradients of reductions", () => {
  const cases = shapes(1, 3).chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      axes: fc.uniqueArray(fc.integer({ min: 0, max: shape.length - 1 })),
      keepDims: fc.boolean(),
      seed: seeds,
    }),
  );
  const ops = {
    sum: g.sum,
    mean: g.mean,
    prod: g.prod,
    max: g.max,
    min: g.min,
    logSumExp: g.logSumExp,
    variance: g.variance,
  };
  it.each(Object.entries(ops))("%s", (_, f) =>
    property(cases, async ({ shape, axes, keepDims, seed }) => {
      const signed = axes.map((a, i) => (i % 2 ? a : a - shape.length));
      await checkGradients(
        ([x]) => f(x, { axes: signed, keepDims }),
        [distinctArray("f64", shape, seed, 0.21)],
      );
    }),
  );

  it("standardDeviation", async () => {
    const x = distinctArray("f64", [3, 4], 5);
    await checkGradients(([t]) => g.standardDeviation(t, { axes: [1], correction: 1 }), [x]);
  });

  it("prod of elements that are 0", async () => {
    const x = fromValues("f64", [3, 3], [0, 2, 3, 0, 0, 3, 1, 2, 3]);
    await checkGradients(([t]) => g.prod(t, { axes: [1] }), [x]);
  });

  it("symbolic dimensions", async () => {
    const x = awayFromZero([2, 3], 3);
    const options = { shapes: [[dim("rows"), dim("width")]] };
    await checkGradients(([t]) => g.mean(t, { axes: [0] }), [x], options);
    await checkGradients(([t]) => g.variance(t), [x], options);
    await checkGradients(
      ([t]) => g.max(t, { axes: [1] }),
      [distinctArray("f64", [2, 3], 3)],
      options,
    );
  });

  it("topK and sort", () =>
    property(fc.tuple(shapes(1, 3), seeds, fc.boolean()), async ([shape, seed, largest]) => {
      const axis = seed % shape.length;
      const x = distinctArray("f64", shape, seed);
      const k = 1 + (seed % shape[axis]);
      await checkGradients(([t]) => g.topK(t, k, { axis, largest }).values, [x]);
      await checkGradients(([t]) => g.sort(t, { axis, descending: largest }).values, [x]);
    }));
});

describe("gradients of ops that move elements", () => {
  type Move = (x: Tensor, axis: number, n: number) => Tensor;
  const moves: Record<string, Move> = {
    reshape: (x) => g.reshape(x, [-1]),
    transpose: (x) =>
      g.transpose(
        x,
        x.shape.map((_, i) => x.shape.length - 1 - i),
      ),
    expandDims: (x, axis) => g.expandDims(x, axis),
    broadcastTo: (x, _, n) => g.broadcastTo(x, [n, ...x.shape]),
    sumTo: (x, axis) => g.sumTo(x, x.shape.slice(axis)),
    concat: (x, axis) => g.concat([x, g.mul(x, 2)], axis),
    stack: (x, axis) => g.stack([x, g.mul(x, 2)], axis),
    "split, one part unused": (x, axis) => g.split(g.concat([x, x, g.neg(x)], axis), 3, axis)[2],
    slice: (x, axis) => g.slice(x, axis, 0, 1),
    "slice with a step": (x, axis, n) => g.slice(x, axis, undefined, undefined, n),
    "slice backwards": (x, axis, n) => g.slice(x, axis, undefined, undefined, -n),
    flip: (x, axis) => g.flip(x, [axis]),
    pad: (x, axis, n) => g.pad(x, axis, n, 1, 7),
    "pad by reflection": (x, axis) =>
      g.padWith(g.concat([x, g.mul(x, 2)], axis), axis, 1, 1, "reflect"),
    "pad by the edge": (x, axis, n) => g.padWith(x, axis, n, 2, "edge"),
    "pad by wrapping": (x, axis, n) => g.padWith(x, axis, n, 2, "wrap"),
    tile: (x, axis, n) =>
      g.tile(
        x,
        x.shape.map((_, i) => (i === axis ? n : 2)),
      ),
    repeat: (x, axis, n) => g.repeat(x, n, axis),
  };
  it.each(Object.entries(moves))("%s", (_, f) =>
    property(fc.tuple(shapes(1, 3), seeds), async ([shape, seed]) => {
      const axis = seed % shape.length;
      const n = 1 + (seed % 3);
      // Squared, so that the values matter to the gradient.
      await checkGradients(([x]) => g.square(f(x, axis, n)), [awayFromZero(shape, seed)]);
    }),
  );

  const symbolic: Record<string, Move> = { ...moves };
  it("symbolic dimensions", async () => {
    const x = awayFromZero([3, 2, 2], 9);
    const options: GradientOptions = { shapes: [[dim("n"), 2, 2]] };
    for (const name of [
      "reshape",
      "transpose",
      "concat",
      "flip",
      "pad",
      "pad by wrapping",
      "tile",
    ]) {
      await checkGradients(([t]) => g.square(symbolic[name](t, 0, 1)), [x], options);
    }
    const ends = ([t]: Tensor[]) => g.square(g.slice(t, 0, 1, -1));
    await checkGradients(ends, [x], options);
    const even = ([t]: Tensor[]) => g.slice(g.reshape(t, [-1]), 0, undefined, undefined, -2);
    await checkGradients(even, [x], options);
  });
});

describe("gradients of indexing", () => {
  it("gather, any axis", () =>
    property(fc.tuple(shapes(1, 3), shapes(0, 2), seeds), async ([shape, at, seed]) => {
      const axis = seed % shape.length;
      const indices = indexArray(at, shape[axis], seed);
      await checkGradients(
        ([x, i]) => g.square(g.gather(x, i, axis)),
        [awayFromZero(shape, seed), indices],
      );
    }));

  it("gatherElements and scatterAdd", () =>
    property(fc.tuple(shapes(1, 3), seeds), async ([shape, seed]) => {
      const axis = seed % shape.length;
      const at = shape.map((d, i) => (i === axis ? 4 : d));
      const indices = indexArray(at, shape[axis], seed);
      const x = awayFromZero(shape, seed);
      await checkGradients(([t, i]) => g.square(g.gatherElements(t, i, axis)), [x, indices]);
      await checkGradients(
        ([t, i, u]) => g.square(g.scatterAdd(t, i, u, axis)),
        [x, indices, awayFromZero(at, seed + 1)],
      );
    }));

  it("scatterAddRows", () =>
    property(fc.tuple(shapes(1, 3), shapes(0, 2, 8), seeds), async ([shape, at, seed]) => {
      await checkGradients(
        ([x, i, u]) => g.square(g.scatterAddRows(x, i, u)),
        [
          awayFromZero(shape, seed),
          indexArray(at, shape[0], seed),
          awayFromZero([...at, ...shape.slice(1)], seed + 1),
        ],
      );
    }));

  it("symbolic dimensions", async () => {
    const [x, u] = [awayFromZero([4, 3], 1), awayFromZero([2, 5, 3], 2)];
    const indices = indexArray([2, 5], 4, 3);
    const [batch, seq] = [dim("batch"), dim("seq")];
    await checkGradients(([t, i, v]) => g.square(g.mul(g.gather(t, i), v)), [x, indices, u], {
      shapes: [
        [4, 3],
        [batch, seq],
        [batch, seq, 3],
      ],
    });
    await checkGradients(([t, i]) => g.square(g.gather(t, i, 1)), [x, indexArray([2, 5], 3, 4)], {
      shapes: [
        [dim("rows"), 3],
        [batch, seq],
      ],
    });
  });
});

describe("gradients of matmul", () => {
  const cases = fc.record({
    sizes: fc.tuple(...[1, 2, 3].map(() => fc.integer({ min: 1, max: 3 }))),
    batches: broadcastable(2, 2),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
    seed: seeds,
  });
  it("batches that broadcast, with transposes", () =>
    property(cases, async ({ sizes: [m, k, n], batches, transposeA, transposeB, seed }) => {
      const a = [...batches[0], ...(transposeA ? [k, m] : [m, k])];
      const b = [...batches[1], ...(transposeB ? [n, k] : [k, n])];
      await checkGradients(
        ([x, y]) => g.matmul(x, y, { transposeA, transposeB }),
        [awayFromZero(a, seed), awayFromZero(b, seed + 1)],
      );
    }));

  it("vectors", async () => {
    const [v, w] = [awayFromZero([3], 1), awayFromZero([3, 2], 2)];
    await checkGradients(([a, b]) => g.matmul(a, b), [v, w]);
    await checkGradients(([a, b]) => g.matmul(b, a, { transposeA: true }), [v, w]);
    await checkGradients(([a, b]) => g.matmul(a, b), [v, awayFromZero([3], 3)]);
  });

  it("symbolic dimensions", async () => {
    const options = {
      shapes: [
        [dim("batch"), dim("seq"), 3],
        [4, 3],
      ],
    };
    await checkGradients(
      ([x, w]) => g.matmul(x, w, { transposeB: true }),
      [awayFromZero([2, 3, 3], 1), awayFromZero([4, 3], 2)],
      options,
    );
  });
});

describe("gradients of composites", () => {
  it.each([true, false])("softmax and logSoftmax, fused %s", (fuse) =>
    property(fc.tuple(shapes(1, 3), seeds), async ([shape, seed]) => {
      const x = distinctArray("f64", shape, seed, 0.3);
      const axis = seed % shape.length;
      await checkGradients(([t]) => g.softmax(t, axis), [x], { fuse });
      await checkGradients(([t]) => g.logSoftmax(t, axis), [x], { fuse });
    }),
  );

  it.each([0, 0.1])("crossEntropy, label smoothing %d", (labelSmoothing) =>
    property(seeds, async (seed) => {
      const logits = distinctArray("f64", [4, 3], seed, 0.3);
      const labels = fromValues("i64", [4], [2, -100, seed % 3, 0]);
      await checkGradients(([x, y]) => g.crossEntropy(x, y, { labelSmoothing }), [logits, labels], {
        shapes: [[dim("rows"), 3], [dim("rows")]],
      });
    }),
  );

  it("rmsNorm, layerNorm and l2Norm", () =>
    property(fc.tuple(shapes(1, 3), seeds), async ([lead, seed]) => {
      const width = 4;
      const x = awayFromZero([...lead, width], seed);
      const [w, b] = [awayFromZero([width], seed + 1), awayFromZero([width], seed + 2)];
      await checkGradients(([t, u]) => g.rmsNorm(t, u), [x, w]);
      await checkGradients(([t, u, v]) => g.layerNorm(t, u, v), [x, w, b]);
      await checkGradients(([t]) => g.l2Norm(t), [x]);
    }));

  it("norms over a symbolic batch", async () => {
    const shapes = [[dim("batch"), 4], [4], [4]];
    const values = [[3, 4], [4], [4]].map((shape, i) => awayFromZero(shape, i + 1));
    await checkGradients(([t, u, v]) => g.layerNorm(t, u, v), values, { shapes });
    await checkGradients(([t, u]) => g.rmsNorm(t, u), values.slice(0, 2), { shapes });
  });

  it("rotary, partial and with shared angles", async () => {
    const angles = [awayFromZero([1, 3, 2], 1), awayFromZero([1, 3, 2], 2)];
    for (const width of [4, 6]) {
      const x = awayFromZero([2, 3, 2, width], 3);
      await checkGradients(([t, c, s]) => g.rotary(t, c, s), [x, ...angles], { wrt: [0] });
    }
  });

  const variants: Record<string, g.AttentionOptions & { keys?: number; kvHeads?: number }> = {
    causal: {},
    full: { causal: false },
    window: { window: 2 },
    "soft cap": { softCap: 2 },
    "one key head": { kvHeads: 1 },
    "more keys than queries": { keys: 5 },
  };
  it.each(Object.entries(variants))("attention: %s", async (_, { keys = 3, kvHeads = 2, ...o }) => {
    const q = awayFromZero([2, 3, 2, 2], 1);
    const kv = [2, 3].map((seed) => awayFromZero([2, keys, kvHeads, 2], seed));
    await checkGradients(([a, b, c]) => g.attention(a, b, c, o).output, [q, ...kv]);
  });

  it.each([
    [1, 2],
    [2, 1],
  ])("attention: bias of batch %d, heads %d", async (batch, heads) => {
    const qkv = [1, 2, 3].map((seed) => awayFromZero([2, 3, 2, 2], seed));
    const bias = awayFromZero([batch, heads, 3, 3], 4);
    const f = ([q, k, v, b]: Tensor[]) => g.attention(q, k, v, { bias: b }).output;
    await checkGradients(f, [...qkv, bias]);
  });

  it("attention: bias and sinks", async () => {
    const qkv = [1, 2, 3].map((seed) => awayFromZero([2, 3, 2, 2], seed));
    const bias = awayFromZero([1, 2, 3, 3], 4);
    const sinks = awayFromZero([2], 5);
    await checkGradients(
      ([q, k, v, b, s]) => g.attention(q, k, v, { bias: b, sinks: s }).output,
      [...qkv, bias, sinks],
    );
  });

  it("swiglu", async () => {
    const values = [awayFromZero([2, 3], 1), awayFromZero([2, 3], 2)];
    await checkGradients(([a, b]) => g.swiglu(a, b), values);
  });
});
