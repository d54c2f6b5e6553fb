/** Every op against values stored by NumPy and PyTorch (reference/ops.py). */

import { describe, expect, it } from "vitest";
import * as graph from "../../src/graph/index.ts";
import { input, type NDArray, type Tensor } from "../../src/graph/index.ts";
import { evaluate, expectClose, type FixtureCase, readFixture, type Tolerance } from "./support.ts";

/** As stored; the wrong type would fail in the op. */
type Options = Record<string, never>;
type Call = (x: readonly Tensor[], options: Options) => Tensor | readonly Tensor[];

const ranked = ({ values, indices }: graph.Ranked) => [values, indices];

/** How the options of a stored case are passed. */
const calls: Record<string, Call> = {
  cast: ([x], { to }) => graph.cast(x, to),
  gelu: ([x], { approximate }) => graph.gelu(x, approximate),
  clip: ([x], { low, high }) =>
    graph.clip(x, low ?? Number.NEGATIVE_INFINITY, high ?? Number.POSITIVE_INFINITY),
  argMax: ([x], { axis, keepDims }) => graph.argMax(x, axis, keepDims),
  argMin: ([x], { axis, keepDims }) => graph.argMin(x, axis, keepDims),
  topK: ([x], { k, axis }) => ranked(graph.topK(x, k, { axis })),
  sort: ([x], options) => ranked(graph.sort(x, options)),
  reshape: ([x], { shape }) => graph.reshape(x, shape),
  transpose: ([x], { order }) => graph.transpose(x, order),
  broadcastTo: ([x], { shape }) => graph.broadcastTo(x, shape),
  concat: (x, { axis }) => graph.concat(x, axis),
  stack: (x, { axis }) => graph.stack(x, axis),
  split: ([x], { sizes, axis }) => graph.split(x, sizes, axis),
  flip: ([x], { axes }) => graph.flip(x, axes),
  tile: ([x], { counts }) => graph.tile(x, counts),
  repeat: ([x], { count, axis }) => graph.repeat(x, count, axis),
  pad: ([x], { axis, before, after, value }) => graph.pad(x, axis, before, after, value),
  padWith: ([x], { axis, before, after, mode }) => graph.padWith(x, axis, before, after, mode),
  slice: ([x], { axis, start, end, step }) =>
    graph.slice(x, axis, start ?? undefined, end ?? undefined, step),
  expandDims: ([x], { axis }) => graph.expandDims(x, axis),
  squeeze: ([x], { axes }) => graph.squeeze(x, axes),
  gather: ([x, at], { axis }) => graph.gather(x, at, axis),
  gatherElements: ([x, at], { axis }) => graph.gatherElements(x, at, axis),
  scatterAdd: ([x, at, u], { axis }) => graph.scatterAdd(x, at, u, axis),
  oneHot: ([x], { depth, dtype }) => graph.oneHot(x, depth, dtype),
  softmax: ([x], { axis }) => graph.softmax(x, axis),
  logSoftmax: ([x], { axis }) => graph.logSoftmax(x, axis),
  layerNorm: ([x, w, b], { epsilon }) => graph.layerNorm(x, w, b, epsilon),
  rmsNorm: ([x, w], { epsilon }) => graph.rmsNorm(x, w, epsilon),
  attention: ([q, k, v, ...rest], { bias, sinks, causal, window, softCap }) => {
    const given = { causal, window, softCap };
    const extra = {
      bias: bias ? rest.shift() : undefined,
      sinks: sinks ? rest.shift() : undefined,
    };
    return graph.attention(q, k, v, {
      ...given,
      bias: extra.bias,
      sinks: extra.sinks,
    }).output;
  },
};

const plain = (op: string): Call => {
  const f = (graph as unknown as Record<string, (...args: unknown[]) => Tensor>)[op];
  return (x, options) => (Object.keys(options).length > 0 ? f(...x, options) : f(...x));
};

/** A few units in the last place of what the reference computed in double precision. */
const tolerances: Partial<Record<graph.DType, Tolerance>> = {
  f16: { rtol: 2e-3, atol: 2e-3 },
  f32: { rtol: 2e-6, atol: 1e-6 },
  f64: { rtol: 1e-12, atol: 1e-14 },
};

/** Sums of hundreds of numbers whose order is free. */
const looser: Record<string, Tolerance> = { scatterAddRows: { rtol: 2e-6, atol: 8e-6 } };

interface Stored {
  readonly inputs: readonly NDArray[];
  readonly expected: readonly NDArray[];
}

async function check(test: FixtureCase, { inputs, expected }: Stored, fuse: boolean) {
  const tensors = inputs.map((x, i) => input(`x${i}`, x.dtype, x.shape));
  const feeds = Object.fromEntries(inputs.map((x, i) => [`x${i}`, x]));
  const result = (calls[test.op] ?? plain(test.op))(tensors, test.options as Options);
  const outputs = "node" in result ? [result] : result;
  const named = Object.fromEntries(outputs.map((y, i) => [`y${i}`, y]));
  const actual = await evaluate(named, feeds, { fuse });
  expect(outputs.length).toBe(expected.length);
  expected.forEach((y, i) => {
    expectClose(
      actual[`y${i}`],
      y,
      looser[test.op] ?? tolerances[y.dtype] ?? {},
      `${test.name} output ${i}`,
    );
  });
}

for (const family of ["elementwise", "unary", "reduce", "move", "index", "fused"]) {
  const { arrays, cases } = await readFixture(`ops/${family}`);
  const byOp = new Map<string, FixtureCase[]>();
  for (const test of cases) byOp.set(test.op, [...(byOp.get(test.op) ?? []), test]);
  describe(`values of ${family} ops`, () => {
    it.each([...byOp])("%s", async (_, tests) => {
      const failures: string[] = [];
      for (const test of tests) {
        const stored = {
          inputs: test.inputs.map((name) => arrays[name]),
          expected: test.outputs.map((name) => arrays[name]),
        };
        try {
          await check(test, stored, true);
          if (family === "fused") await check(test, stored, false);
        } catch (error) {
          const types = stored.inputs.map((x) => `${x.dtype} [${x.shape}]`);
          failures.push(`${test.name} (${types}) ${JSON.stringify(test.options)}: ${error}`);
        }
      }
      expect(failures.join("\n")).toBe("");
    });
  });
}
