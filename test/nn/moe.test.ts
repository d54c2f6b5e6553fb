/** The layer of routed experts against plain loops, fused and decomposed, and both file layouts. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openCheckpoint, saveSafetensors } from "../../src/checkpoint/index.ts";
import { fromValues, type NDArray, toValues } from "../../src/graph/ndarray.ts";
import { lower } from "../../src/graph/onnx/lowering.ts";
import { input } from "../../src/graph/ops/leaf.ts";
import { dim } from "../../src/graph/shape.ts";
import { splitExperts } from "../../src/models/expert-weights.ts";
import { checkpointWeights } from "../../src/models/load.ts";
import { createParameters, createRandom, type MoeConfig, moe } from "../../src/nn/index.ts";
import { createSession } from "../../src/runtime/native/session.ts";

const HIDDEN = 8;
const config: MoeConfig = { experts: 5, topK: 2, inner: 6, normalise: true, sharedInner: 4 };

/** Random weights in the engine's layout. */
function makeWeights(c: MoeConfig): Map<string, NDArray> {
  const { root, specs } = createParameters();
  moe(root.in("mlp"), input("x", "f32", [dim("n"), HIDDEN]), c);
  return new Map(
    Array.from(specs.values(), ({ name, shape }) => {
      const random = createRandom(7, name);
      const size = shape.reduce((a, b) => a * b, 1);
      const values = Array.from({ length: size }, () => random.normal());
      return [name, fromValues("f32", shape, values)] as const;
    }),
  );
}

async function run(c: MoeConfig, weights: ReadonlyMap<string, NDArray>, x: NDArray, fuse: boolean) {
  const { root } = createParameters();
  const port = input("x", "f32", [dim("n"), HIDDEN]);
  const program = lower({ inputs: [port], outputs: { y: moe(root.in("mlp"), port, c) }, fuse });
  using session = await createSession(program, { weights: ({ name }) => weights.get(name)! });
  const { y } = await session.run({ x });
  return toValues(y!) as number[];
}

/** The definition, token by token, from weights under the names of published checkpoints. */
function expected(c: MoeConfig, stored: ReadonlyMap<string, NDArray>, x: NDArray): number[] {
  const apply = (name: string, v: readonly number[]): number[] => {
    const { shape, data } = stored.get(`mlp.${name}.weight`)!;
    return Array.from({ length: shape[0] }, (_, i) =>
      v.reduce((total, vj, j) => total + vj * Number(data[i * shape[1] + j]), 0),
    );
  };
  const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
  const expert = (owner: string, v: readonly number[]): number[] => {
    const gate = apply(`${owner}.gate_proj`, v);
    const up = apply(`${owner}.up_proj`, v);
    return apply(
      `${owner}.down_proj`,
      gate.map((g, i) => g * sigmoid(g) * up[i]),
    );
  };
  const rows = toValues(x) as number[];
  return Array.from({ length: x.shape[0] }, (_, t) => {
    const v = rows.slice(t * HIDDEN, (t + 1) * HIDDEN);
    const scores = apply("gate", v).map(Math.exp);
    const total = scores.reduce((a, b) => a + b);
    const chosen = scores.map((s, e) => ({ e, p: s / total })).sort((a, b) => b.p - a.p);
    chosen.length = c.topK;
    const sum = c.normalise ? chosen.reduce((a, { p }) => a + p, 0) : 1;
    const y = new Array<number>(HIDDEN).fill(0);
    const addScaled = (w: number, part: readonly number[]) =>
      part.forEach((value, i) => {
        y[i] += w * value;
      });
    for (const { e, p } of chosen) addScaled(p / sum, expert(`experts.${e}`, v));
    if (c.sharedInner > 0) {
      addScaled(sigmoid(apply("shared_expert_gate", v)[0]), expert("shared_expert", v));
    }
    return y;
  }).flat();
}

const published = (weights: ReadonlyMap<string, NDArray>): Map<string, NDArray> =>
  new Map(Array.from(splitExperts(weights), ({ name, load }) => [name, load()]));

it.each([
  { normalise: true, sharedInner: 4, topK: 2 },
  { normalise: false, sharedInner: 0, topK: 1 },
  { normalise: false, sharedInner: 4, topK: 5 },
])("equals its definition, fused and decomposed: %o", async (options) => {
  const c = { ...config, ...options };
  const weights = makeWeights(c);
  const random = createRandom(1, "x");
  const x = fromValues("f32", [7, HIDDEN], Array.from({ length: 7 * HIDDEN }, random.normal));
  const reference = expected(c, published(weights), x);
  for (const fuse of [true, false]) {
    const found = await run(c, weights, x, fuse);
    found.forEach((value, i) => {
      expect(Math.abs(value - reference[i])).toBeLessThan(1e-4 * (1 + Math.abs(reference[i])));
    });
  }
});

it("keeps a token's experts out of the others' sums", async () => {
  const weights = makeWeights(config);
  const random = createRandom(2, "x");
  const values = Array.from({ length: 4 * HIDDEN }, random.normal);
  const whole = await run(config, weights, fromValues("f32", [4, HIDDEN], values), true);
  const alone = fromValues("f32", [1, HIDDEN], values.slice(2 * HIDDEN, 3 * HIDDEN));
  (await run(config, weights, alone, true)).forEach((value, i) => {
    expect(value).toBeCloseTo(whole[2 * HIDDEN + i], 5);
  });
});

const temporary = (): string => {
  const dir = mkdtempSync(join(tmpdir(), "onefold-moe-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};

it("saves one tensor an expert and loads the same stacks again", async () => {
  const weights = makeWeights(config);
  const tensors = Array.from(published(weights), ([name, array]) => ({ name, array }));
  expect(tensors.map(({ name }) => name)).toContain("mlp.experts.4.up_proj.weight");
  const file = join(temporary(), "model.safetensors");
  await saveSafetensors(file, tensors);
  using checkpoint = await openCheckpoint(file);
  const source = checkpointWeights(checkpoint);
  for (const [name, { dtype, shape, data }] of weights) {
    expect(source({ name, dtype, shape }).data).toEqual(data);
  }
});

it("loads transformers' stacks: all gate rows, then all up rows", async () => {
  const [gateUp, down] = ["mlp.experts.gate_up_interleaved", "mlp.experts.down_proj"];
  const stacked = fromValues("f32", [2, 4, 1], [1, 2, 11, 12, 3, 4, 13, 14]);
  const file = join(temporary(), "model.safetensors");
  await saveSafetensors(file, [
    { name: "mlp.experts.gate_up_proj", array: stacked },
    { name: down, array: fromValues("f32", [2, 1, 2], [5, 6, 7, 8]) },
  ]);
  using checkpoint = await openCheckpoint(file);
  const source = checkpointWeights(checkpoint);
  const found = source({ name: gateUp, dtype: "f32", shape: [2, 4, 1] });
  expect(toValues(found)).toEqual([1, 11, 2, 12, 3, 13, 4, 14]);
  expect(toValues(source({ name: down, dtype: "f32", shape: [2, 1, 2] }))).toEqual([5, 6, 7, 8]);
});

it("names the expert that is missing or does not fit", async () => {
  const file = join(temporary(), "model.safetensors");
  const array = fromValues("f32", [1, 2], [1, 2]);
  await saveSafetensors(file, [{ name: "mlp.experts.0.down_proj.weight", array }]);
  using checkpoint = await openCheckpoint(file);
  const source = checkpointWeights(checkpoint);
  const port = { name: "mlp.experts.down_proj", dtype: "f32" } as const;
  expect(() => source({ ...port, shape: [2, 1, 2] })).toThrow("mlp.experts.1.down_proj.weight");
  expect(() => source({ ...port, shape: [1, 1, 3] })).toThrow("has shape [1,2]");
});
