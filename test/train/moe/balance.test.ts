/** Balance over micro-batches and whole steps, the bias, capacity, and what is measured. */

import { expect, it, onTestFinished } from "vitest";
import { fromValues, toValues } from "../../../src/graph/ndarray.ts";
import type { DecoderConfig } from "../../../src/models/decoder.ts";
import { decoderSpecs } from "../../../src/models/decoder-parameters.ts";
import { initialise, type RouterOptions } from "../../../src/nn/index.ts";
import { createRandom } from "../../../src/nn/random.ts";
import {
  type BalanceOptions,
  decoderLoss,
  defaultAdamW,
  exceptExpertBias,
  type MicroBatch,
  measureRouting,
  microBatch,
  mutualInformation,
  type Sequence,
  summarizeLoad,
  Trainer,
  updateExpertBias,
  withBalance,
  withTokenMask,
} from "../../../src/train/index.ts";
import { tiny } from "../sequences.ts";

const sparse = (router?: RouterOptions, topK = 2): DecoderConfig => ({
  ...tiny,
  modelType: "onefold",
  moe: {
    experts: 6,
    topK,
    inner: 8,
    normalise: false,
    sharedInner: 0,
    layers: [true, true],
    ...(router && { router }),
  },
});

async function createTrainer(config: DecoderConfig, options?: BalanceOptions): Promise<Trainer> {
  const fresh = initialise(decoderSpecs(config).values(), 5);
  const trainer = await Trainer.create({
    config,
    loss: options ? withBalance(decoderLoss(config), options) : decoderLoss(config),
    weights: ({ name }) => fresh.get(name)!,
    optimizer: { ...defaultAdamW, clipNorm: 1e9 },
    learningRate: 1e-2,
    schedule: { kind: "constant", warmup: 0, steps: 100 },
    rateOf: exceptExpertBias,
    threads: 1,
  });
  onTestFinished(() => trainer.dispose());
  return trainer;
}

/** Sequences of one length that needs no padding, with words of one half of the vocabulary. */
function sequences(count: number, low: number, high: number): Sequence[] {
  const random = createRandom(4, `${low} ${high}`);
  return Array.from({ length: count }, () => {
    const tokens = Array.from({ length: 8 }, () => low + random.below(high - low));
    return { tokens, learned: tokens.map(() => 1) };
  });
}
const halves = [sequences(3, 0, 12), sequences(3, 12, 24)];
const whole = microBatch(halves.flat());
const cut = halves.map((half) => microBatch(half));
const strong = { coefficient: 0.5 } as const;

const gradients = (trainer: Trainer): number[] =>
  [...trainer.memory.gradients.values()].flatMap((g) => toValues(g) as number[]);

/** Loss and gradients of a step. */
async function stepOf(options: BalanceOptions, batches: readonly MicroBatch[]) {
  const trainer = await createTrainer(sparse(), options);
  const result = await trainer.step(batches);
  return { ...result, gradients: gradients(trainer), counts: result.sums.moe_counts! };
}

function expectEqual(a: readonly number[], b: readonly number[]): void {
  const off = Math.max(...a.map((v, i) => Math.abs(v - b[i]!)));
  expect(off).toBeLessThan(1e-6);
}

it("balances a step cut in two as the whole batch, given the counts of the whole", async () => {
  const once = await stepOf({ ...strong, scope: "micro" }, [whole]);
  const given = cut.map((batch) => ({
    ...batch,
    inputs: { ...batch.inputs, moe_frequencies: once.counts },
  }));
  const inParts = await stepOf({ ...strong, scope: "given" }, given);
  expect(inParts.loss).toBeCloseTo(once.loss, 6);
  expectEqual(inParts.gradients, once.gradients);
  const counted = await stepOf({ ...strong, scope: "exact" }, cut);
  expect(counted.loss).toBeCloseTo(once.loss, 6);
  expectEqual(counted.gradients, once.gradients);
  // Each part by itself is something else.
  const micro = await stepOf({ ...strong, scope: "micro" }, cut);
  expect(Math.abs(micro.loss - once.loss)).toBeGreaterThan(1e-4);
});

it("takes frequencies from the micro-batches so far, and starts each step anew", async () => {
  const trainer = await createTrainer(sparse(), { ...strong, scope: "global" });
  const buffered = await trainer.step(cut);
  const first = await stepOf({ ...strong, scope: "micro" }, [cut[0]!]);
  const all = await stepOf({ ...strong, scope: "micro" }, [whole]);
  const second = { ...cut[1]!, inputs: { ...cut[1]!.inputs, moe_frequencies: all.counts } };
  const last = await stepOf({ ...strong, scope: "given" }, [second]);
  expect(buffered.loss).toBeCloseTo((first.loss + last.loss) / 2, 6); // halves of one size
  expectEqual(toValues(buffered.sums.moe_counts!) as number[], toValues(all.counts) as number[]);

  const alone = await createTrainer(sparse(), { ...strong, scope: "micro" });
  for (const [name, { data }] of trainer.memory.parameters) {
    (alone.memory.parameters.get(name)!.data as Float32Array).set(data as Float32Array);
  }
  const { loss } = await trainer.step([cut[0]!]);
  expect((await alone.step([cut[0]!])).loss).toBeCloseTo(loss, 6);
});

it("has the value 1 for even gates, and the z-loss of a uniform router", async () => {
  const trainer = await createTrainer(sparse(), { ...strong, zLoss: 0.1 });
  for (const [name, { data }] of trainer.memory.parameters) {
    if (name.endsWith("mlp.gate.weight")) (data as Float32Array).fill(0);
  }
  const { loss, metrics } = await trainer.step([whole]);
  expect(metrics.moe_balance).toBeCloseTo(1, 5);
  expect(metrics.moe_z).toBeCloseTo(Math.log(6) ** 2, 4);
  expect(metrics.moe_entropy).toBeCloseTo(Math.log(6), 5);
  expect(loss).toBeCloseTo(metrics.task_loss! + 0.5 + 0.1 * Math.log(6) ** 2, 5);
});

it("trains a tiny mixture of experts to a lower loss, more evenly with the balance loss", async () => {
  const run = async (coefficient: number) => {
    const trainer = await createTrainer(sparse(), { coefficient });
    const losses: number[] = [];
    let balance = 0;
    for (let step = 0; step < 40; step++) {
      const { metrics } = await trainer.step(cut);
      losses.push(metrics.task_loss!);
      balance = metrics.moe_balance!;
    }
    return { first: losses[0]!, last: losses.at(-1)!, balance };
  };
  const [free, balanced] = [await run(0), await run(0.5)];
  expect(free.last).toBeLessThan(0.7 * free.first);
  expect(balanced.last).toBeLessThan(0.7 * balanced.first);
  expect(balanced.balance).toBeLessThan(free.balance);
});

it("prototypes with k = 1 as top-1, and of the k groups takes one expert each", async () => {
  const losses = await Promise.all(
    [undefined, { grouped: true }].map(async (router) => {
      const trainer = await createTrainer(sparse(router, 1));
      return [(await trainer.step([whole])).loss, ...gradients(trainer)];
    }),
  );
  expectEqual(losses[0]!, losses[1]!);
  const trainer = await createTrainer(sparse({ grouped: true }, 3), { coefficient: 0 });
  const { sums, tokens } = await trainer.step([whole]);
  const counts = toValues(sums.moe_counts!) as number[];
  for (let pair = 0; pair < counts.length; pair += 2) {
    expect(counts[pair]! + counts[pair + 1]!).toBe(tokens);
  }
});

it("drops what exceeds the room, and reports it", async () => {
  const capacity = { factor: 0.5 };
  const trainer = await createTrainer(sparse(), { coefficient: 0, capacity });
  const { sums, metrics, tokens } = await trainer.step([whole]);
  const room = Math.ceil((0.5 * 2 * tokens) / 6);
  const chosen = toValues(sums.moe_counts!) as number[];
  const processed = toValues(sums.moe_processed!) as number[];
  expect(processed).toEqual(chosen.map((count) => Math.min(count, room)));
  const total = (values: readonly number[]) => values.reduce((a, b) => a + b);
  expect(metrics.moe_dropped).toBeCloseTo(1 - total(processed) / total(chosen), 5);
  expect(metrics.moe_dropped).toBeGreaterThan(0.4);
});

it("leaves padding out where batches say what it is", async () => {
  const short = halves.flat().map(({ tokens, learned }) => ({
    tokens: Array.from(tokens).slice(0, 5),
    learned: Array.from(learned).slice(0, 5),
  }));
  const trainer = await createTrainer(sparse(), { coefficient: 0.5, masked: true });
  const batch = withTokenMask(
    microBatch(short),
    short.map(() => 5),
  );
  const { sums } = await trainer.step([batch]);
  const counts = toValues(sums.moe_counts!) as number[];
  expect(counts.reduce((a, b) => a + b)).toBe(2 * 2 * 6 * 5); // layers, choices, rows, tokens
  expect(() => withTokenMask(batch, [5])).toThrow("give one length a row");
});

it("moves the bias of experts against their load, and nothing else does", async () => {
  const trainer = await createTrainer(sparse({ score: "sigmoid", bias: true }), { coefficient: 0 });
  const biases = () =>
    [...trainer.memory.parameters].filter(([name]) => name.endsWith("correction_bias"));
  const { sums } = await trainer.step(cut);
  expect(biases().flatMap(([, bias]) => toValues(bias) as number[])).toEqual(Array(12).fill(0));
  updateExpertBias(trainer.memory.parameters, sums.moe_counts!, 0.25);
  const counts = toValues(sums.moe_counts!) as number[];
  const mean = (2 * whole.tokens) / 6;
  const expected = counts.map((count) => 0.25 * Math.sign(mean - count));
  expect(biases().flatMap(([, bias]) => toValues(bias) as number[])).toEqual(expected);
  const wrong = fromValues("f32", [1, 6], [1, 2, 3, 4, 5, 6]);
  expect(() => updateExpertBias(trainer.memory.parameters, wrong)).toThrow("2 routers have a bias");
});

it("refuses models without experts, and transformers' loss over more than a micro-batch", async () => {
  await expect(createTrainer(tiny, { coefficient: 1 })).rejects.toThrow("no layer of experts");
  const wrong = { coefficient: 1, hfCompat: true } as const;
  expect(() => withBalance(decoderLoss(sparse()), wrong)).toThrow('scope "micro" alone');
});

it("measures load, entropy and specialisation by domain", async () => {
  const config = sparse();
  const fresh = initialise(decoderSpecs(config).values(), 5);
  const model = { config, weights: ({ name }: { name: string }) => fresh.get(name)! };
  const [a, b] = halves.map((half) => half.map(({ tokens }) => Array.from(tokens)));
  const { domains, layers } = await measureRouting(model, { a: a!, b: b! });
  expect(domains).toEqual(["a", "b"]);
  const step = await stepOf({ coefficient: 0 }, [whole]);
  const counts = toValues(step.counts) as number[];
  layers.forEach(({ frequencies, entropy, information }, i) => {
    const both = frequencies[0]!.map((f, e) => (f + frequencies[1]![e]!) * 24); // tokens of each half
    expectEqual(both, counts.slice(6 * i, 6 * i + 6));
    expect(Math.max(...entropy)).toBeLessThanOrEqual(Math.log(6) + 1e-6);
    expect(information).toBeGreaterThan(0);
  });
  await expect(measureRouting(model, { a: a!, none: [] })).rejects.toThrow('"none" has no tokens');
});

it("knows even, skewed and separated loads", () => {
  expect(summarizeLoad([2, 2])).toEqual({ maxViolation: 0, variation: 0, dead: 0 });
  expect(summarizeLoad([0, 4])).toEqual({ maxViolation: 1, variation: 1, dead: 1 });
  const apart = [
    [1, 1, 0, 0],
    [0, 0, 1, 1],
  ];
  expect(mutualInformation(apart)).toBeCloseTo(1, 12);
  expect(mutualInformation([apart[0]!, apart[0]!])).toBe(0);
});
