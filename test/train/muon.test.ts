/** Muon against torch.optim.Muon in float64 (reference/muon.py), and in a trainer. */

import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/index.ts";
import { fromValues, sizeOf } from "../../src/graph/ndarray.ts";
import { lower } from "../../src/graph/onnx/lowering.ts";
import { input } from "../../src/graph/ops/leaf.ts";
import type { WeightSource } from "../../src/graph/program.ts";
import { createRandom } from "../../src/nn/random.ts";
import { createSession } from "../../src/runtime/index.ts";
import { clipScale } from "../../src/train/clipping.ts";
import { createTrainMemory, gradientNorm, microBatch } from "../../src/train/index.ts";
import { Muon, orthogonalize } from "../../src/train/muon.ts";
import { createTinyTrainer, f32, randomSequences } from "./support.ts";

const fixture = await openCheckpoint(
  fileURLToPath(new URL("../fixtures/train/muon.safetensors", import.meta.url)),
);
const settings = JSON.parse(fixture.metadata.get("settings")!);
const values = (name: string): ArrayLike<number> => fixture.read(name).data as Float64Array;

it("steps equal torch.optim.Muon with adjust_lr_fn match_rms_adamw", async () => {
  const names: string[] = settings.names;
  const shapes = names.map((name) => ({ name, shape: fixture.info(`init/${name}`).shape }));
  const memory = createTrainMemory(shapes, () => ({ decays: true, isMuon: true, rate: 1 }));
  for (const name of names) f32(memory.parameters.get(name)).set(values(`init/${name}`));
  using muon = await Muon.create(memory, shapes, { momentum: settings.momentum, threads: 1 });
  for (let step = 1; step <= settings.steps; step++) {
    for (const name of names) {
      f32(memory.gradients.get(name)).set(values(`step${step}/grad/${name}`));
    }
    const scale = clipScale(gradientNorm(memory), settings.max_norm);
    expect(scale === 1).toBe(step % 2 === 1);
    await muon.step(scale, settings.lr, settings.weight_decay);
    for (const name of names) {
      const expected = values(`step${step}/param/${name}`);
      f32(memory.parameters.get(name)).forEach((value, i) => {
        expect(Math.abs(value - expected[i]!), `step ${step} ${name}[${i}]`).toBeLessThan(1e-5);
      });
    }
  }
});

it.each([
  [8, 24],
  [24, 8],
  [16, 16],
])("makes [%i, %i] nearly orthogonal", async (rows, columns) => {
  const shape = [1, rows, columns];
  const x = input("x", "f32", shape);
  const session = await createSession(lower({ inputs: [x], outputs: { y: orthogonalize(x) } }));
  const random = createRandom(1, `${shape}`);
  const data = Float32Array.from({ length: rows * columns }, () => random.normal());
  const { y } = await session.run({ x: fromValues("f32", shape, Array.from(data)) });
  const at = (i: number, j: number): number =>
    Number(y.data[rows <= columns ? i * columns + j : j * columns + i]);
  const [short, long] = [Math.min(rows, columns), Math.max(rows, columns)];
  // The trace of Y Yᵀ is the sum of squared singular values, each between 0.7 and 1.2.
  let trace = 0;
  for (let i = 0; i < short; i++) for (let j = 0; j < long; j++) trace += at(i, j) ** 2;
  expect(trace / short).toBeGreaterThan(0.6);
  expect(trace / short).toBeLessThan(1.45);
  session.dispose();
});

it("a trainer moves layer matrices by Muon and all else by AdamW", async () => {
  // Fresh outputs are zero and would leave the other matrices without a gradient.
  const weights: WeightSource = ({ name, shape }) => {
    const random = createRandom(2, name);
    return fromValues(
      "f32",
      shape as number[],
      Array.from({ length: sizeOf(shape as number[]) }, () => random.normal() / 4),
    );
  };
  const plain = await createTinyTrainer({ weights });
  const muon = await createTinyTrainer({ weights, muon: {} });
  const before = new Map(
    Array.from(muon.memory.parameters, ([name, array]) => [name, f32(array).slice()]),
  );
  const batch = microBatch(randomSequences(6, "muon"));
  const steps = [await plain.step([batch]), await muon.step([batch])];
  expect(steps[1]!.loss).toBe(steps[0]!.loss);
  let [differing, adaptive] = [0, 0];
  for (const [name, array] of muon.memory.parameters) {
    const isSame = f32(array).every((v, i) => v === f32(plain.memory.parameters.get(name))[i]);
    const isMatrix = /layers\.\d+\./.test(name) && array.shape.length === 2;
    expect(isSame, name).toBe(!isMatrix);
    if (isMatrix) differing++;
    if (isMatrix) expect(f32(array)).not.toEqual(before.get(name));
    const hasSquares = f32(muon.memory.squares.get(name)).some((v) => v !== 0);
    if (isMatrix) expect(hasSquares, name).toBe(false);
    else if (hasSquares) adaptive++;
  }
  expect(adaptive).toBeGreaterThan(0);
  expect(differing).toBeGreaterThan(6);
});
