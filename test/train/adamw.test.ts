/** Clipping, AdamW and schedules against torch and transformers (reference/adamw.py). */

import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/index.ts";
import {
  createTrainMemory,
  gradientNorm,
  optimizerStep,
  rateAt,
  type Schedule,
} from "../../src/train/index.ts";
import { f32 } from "./support.ts";

const fixture = await openCheckpoint(
  fileURLToPath(new URL("../fixtures/train/adamw.safetensors", import.meta.url)),
);
const settings = JSON.parse(fixture.metadata.get("settings")!);
const values = (name: string): ArrayLike<number> => fixture.read(name).data as Float64Array;

const optimizer = {
  beta1: settings.betas[0],
  beta2: settings.betas[1],
  epsilon: settings.eps,
  weightDecay: settings.weight_decay,
  clipNorm: settings.max_norm,
};

const largest = (values: ArrayLike<number>): number => Math.max(...Array.from(values, Math.abs));

/** Within 1e-6 of the largest element, or of `terms` where those cancel. */
function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  what: string,
  terms = 0,
): void {
  expect(actual.length).toBe(expected.length);
  const size = Math.max(largest(expected), terms);
  for (let i = 0; i < actual.length; i++) {
    expect(Math.abs(actual[i] - expected[i]) / size, `${what}[${i}]`).toBeLessThan(1e-6);
  }
}

it("five steps equal torch.optim.AdamW behind clip_grad_norm_", () => {
  const names: string[] = settings.names;
  const shapes = names.map((name) => ({ name, shape: fixture.info(`init/${name}`).shape }));
  const memory = createTrainMemory(shapes);
  for (const name of names) f32(memory.parameters.get(name)).set(values(`init/${name}`));
  for (let step = 1; step <= settings.steps; step++) {
    for (const name of names) {
      f32(memory.gradients.get(name)).set(values(`step${step}/grad/${name}`));
    }
    const norm = gradientNorm(memory);
    expect(norm / values("norm")[step - 1] - 1).toBeCloseTo(0, 6);
    const { warmup, total, first } = settings.schedule;
    const schedule = { kind: "cosine", warmup, steps: total, floor: 0 } as const;
    const learningRate = settings.lr * rateAt(schedule, step - 1 + first);
    expect(learningRate).toBeCloseTo(values("lr")[step - 1], 12);
    optimizerStep(memory, optimizer, { step, learningRate, norm });
    for (const name of names) {
      const state = [memory.parameters, memory.means, memory.squares].map((m) => f32(m.get(name)));
      expectClose(state[0], values(`step${step}/param/${name}`), `step ${step} ${name}`);
      const last = step === 1 ? 0 : largest(values(`step${step - 1}/exp_avg/${name}`));
      const mean = values(`step${step}/exp_avg/${name}`);
      expectClose(state[1], mean, `step ${step} mean ${name}`, last);
      expectClose(state[2], values(`step${step}/exp_avg_sq/${name}`), `step ${step} sq ${name}`);
    }
  }
});

it("decays matrices and leaves norms, biases and scalars alone", () => {
  const memory = createTrainMemory([
    { name: "norm.weight", shape: [6] },
    { name: "linear.weight", shape: [2, 3] },
    { name: "gate", shape: [] },
    { name: "embedding.weight", shape: [5, 4] },
  ]);
  for (const { data } of memory.parameters.values()) (data as Float32Array).fill(1);
  optimizerStep(
    memory,
    { ...optimizer, weightDecay: 0.5 },
    { step: 1, learningRate: 0.1, norm: 0 },
  );
  const after = Object.fromEntries(
    Array.from(memory.parameters, ([name, array]) => [name, new Set(f32(array))]),
  );
  const [kept, shrunk] = [new Set([1]), new Set([Math.fround(0.95)])];
  expect(after).toEqual({
    "norm.weight": kept,
    "linear.weight": shrunk,
    gate: kept,
    "embedding.weight": shrunk,
  });
});

const table = { warmup: settings.tables.warmup, steps: settings.tables.total };
const wsd = { kind: "wsd", ...table, decay: settings.tables.wsd_decay } as const;
const schedules: [string, Schedule][] = [
  ["cosine", { kind: "cosine", ...table, floor: 0 }],
  ["cosine_min", { kind: "cosine", ...table, floor: settings.tables.min_ratio }],
  ["wsd", { ...wsd, floor: 0 }],
  ["wsd_min", { ...wsd, floor: settings.tables.min_ratio }],
];

it.each(schedules)("schedule %s has transformers' multipliers", (name, schedule) => {
  const expected = Array.from(values(`schedule/${name}`));
  expected.forEach((value, step) => {
    expect(rateAt(schedule, step), `step ${step}`).toBeCloseTo(value, 12);
  });
});

it("falls straight to the floor with the linear schedule", () => {
  const linear = { kind: "linear", warmup: 2, steps: 10, floor: 0.2 } as const;
  const rates = [0, 1, 2, 4, 6, 8, 10, 12].map((step) => rateAt(linear, step));
  const expected = [0, 0.5, 1, 0.8, 0.6, 0.4, 0.2, 0.2];
  rates.forEach((rate, i) => {
    expect(rate).toBeCloseTo(expected[i], 12);
  });
});

it("a constant schedule is 1 after its warm-up", () => {
  const rates = [0, 1, 2, 3, 9].map((s) => rateAt({ kind: "constant", warmup: 2, steps: 10 }, s));
  expect(rates).toEqual([0, 0.5, 1, 1, 1]);
});
