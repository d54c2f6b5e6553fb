import { expect, it, onTestFinished } from "vitest";
import { loadTokenizer } from "../../../src/media/text/index.ts";
import { initialise } from "../../../src/nn/initialise.ts";
import {
  languageModelGradient,
  type PolicyLossOptions,
  PolicyTrainer,
  type PolicyTrainingOptions,
  policyPresets,
  type RewardFunction,
} from "../../../src/train/index.ts";
import { f32, tiny } from "../support.ts";

const tokenizer = await loadTokenizer("models/onefold-mini");
const config = tiny; // its 24 ids are among those of the tokenizer
const values = initialise(languageModelGradient(config).parameters, 3);
const STOP = 7;

/** The more of an answer's ids are even, the better. */
const evenness = {
  name: "even",
  of: ({ answer }: { answer: { tokens: readonly number[] } }): number =>
    answer.tokens.filter((id) => id % 2 === 0).length / answer.tokens.length,
};

async function createPolicy(change: Partial<PolicyTrainingOptions> = {}): Promise<PolicyTrainer> {
  const policy = await PolicyTrainer.create({
    config,
    weights: ({ name }) => values.get(name)!,
    tokenizer,
    rewards: [evenness],
    loss: policyPresets.gspo,
    answers: 4,
    maxTokens: 6,
    context: 32,
    stopTokens: [STOP],
    optimizer: {
      kind: "adamw",
      beta1: 0.9,
      beta2: 0.99,
      epsilon: 1e-8,
      weightDecay: 0,
      clipNorm: 1,
    },
    learningRate: 1e-2,
    schedule: { kind: "constant", warmup: 0, steps: 1 },
    slots: 8,
    threads: 1,
    seed: 5,
    ...change,
  });
  onTestFinished(() => policy.dispose());
  return policy;
}

const prompts = [3, 10, 20].map((id) => ({ tokens: [id, id + 1], row: { id } }));
const names = Object.keys(policyPresets) as (keyof typeof policyPresets)[];

it.each(names)("%s: the first step's ratio is 1, in every round", async (name) => {
  const policy = await createPolicy({ loss: policyPresets[name] });
  for (let round = 0; round < 3; round++) {
    const { ratio, clipped, mismatch, steps, entropy } = await policy.round(prompts);
    expect(steps).toHaveLength(1);
    expect(Math.abs(ratio - 1)).toBeLessThan(1e-5);
    expect(clipped).toBe(0);
    // The engine samples from the weights that the last step left, not from older ones.
    expect(mismatch.most).toBeLessThan(1e-4);
    expect(entropy).toBeGreaterThan(1);
  }
});

it("takes the engine's own probabilities for the old ones, with the same result", async () => {
  const policy = await createPolicy({ old: "roll-out" });
  const { ratio } = await policy.round(prompts);
  expect(Math.abs(ratio - 1)).toBeLessThan(1e-4);
});

it("moves off 1 within a round of several steps", async () => {
  const loss: PolicyLossOptions = { ...policyPresets.gspo, clip: [10, 10] };
  const policy = await createPolicy({ loss, miniBatches: 3, epochs: 2 });
  const { steps, tokenDrift, answerDrift } = await policy.round(prompts);
  expect(steps).toHaveLength(6);
  expect(tokenDrift).toBeGreaterThan(0.01);
  // Means over an answer's tokens drift less than its tokens.
  expect(answerDrift).toBeLessThan(tokenDrift);
});

it("raises the reward of a task that is easy to learn", async () => {
  const policy = await createPolicy({ loss: policyPresets.grpo, answers: 8, learningRate: 2e-2 });
  const rewards: number[] = [];
  for (let round = 0; round < 12; round++) rewards.push((await policy.round(prompts)).reward);
  const mean = (some: number[]): number => some.reduce((a, b) => a + b, 0) / some.length;
  expect(mean(rewards.slice(0, 2))).toBeLessThan(0.65);
  expect(mean(rewards.slice(-2))).toBeGreaterThan(0.9);
});

it("learns nothing where all rewards are equal", async () => {
  const policy = await createPolicy({ rewards: [{ name: "one", of: () => 1 }] });
  const before = f32(policy.trainer.memory.parameters.get("model.norm.weight")).slice();
  const { steps, zeroVariance, ratio } = await policy.round(prompts);
  expect(steps).toEqual([]);
  expect(zeroVariance).toBe(1);
  expect(ratio).toBe(0);
  expect(f32(policy.trainer.memory.parameters.get("model.norm.weight"))).toEqual(before);
});

it("asks for further prompts in place of those that teach nothing", async () => {
  // One of the first three prompts has rewards that differ, and so have all further ones.
  const of: RewardFunction = ({ answer, row }) =>
    Number(row.id) > 3 && Number(row.id) < 100 ? 1 : evenness.of({ answer });
  const policy = await createPolicy({
    rewards: [{ name: "even", of }],
    loss: policyPresets.dapo,
    resample: 2,
  });
  const asked: number[] = [];
  const further = (count: number) => {
    asked.push(count);
    return Array.from({ length: count }, (_, i) => ({ tokens: [5 + i, 6], row: { id: 100 + i } }));
  };
  const { groups, zeroVariance, steps, ratio } = await policy.round(prompts, undefined, further);
  expect(asked).toEqual([2]);
  expect(groups).toHaveLength(5);
  expect(zeroVariance).toBe(2 / 5);
  expect(Math.abs(ratio - 1)).toBeLessThan(1e-5);
  // What is divided by are the tokens of the three that teach.
  const tokens = groups
    .filter((_, i) => i === 0 || i > 2)
    .flatMap((group) => group.map((a) => a.tokens));
  expect(steps[0]!.supervised).toBe(tokens.flat().length);
});

it("stays nearer to the reference with beta", async () => {
  const distance = async (beta: number): Promise<number> => {
    const policy = await createPolicy({ loss: { ...policyPresets.grpo, beta }, epochs: 4 });
    for (let round = 0; round < 3; round++) await policy.round(prompts);
    let squares = 0;
    for (const [name, array] of policy.trainer.memory.parameters) {
      const start = f32(values.get(name));
      f32(array).forEach((x, i) => {
        squares += (x - start[i]!) ** 2;
      });
    }
    return squares;
  };
  expect(await distance(10)).toBeLessThan(await distance(0));
});

it.each([
  [{ answers: 1 }, "answers is 1; expected 2 or more"],
  [{ epochs: 0 }, "epochs must be a positive integer, is 0"],
  [{ rewards: [] }, "give at least one reward"],
])("refuses %j", async (change, message) => {
  await expect(createPolicy(change)).rejects.toThrow(message);
});

it("stops before the first step where a reward fails", async () => {
  const rewards = [{ name: "broken", of: () => Number.NaN }];
  const policy = await createPolicy({ rewards });
  await expect(policy.round(prompts)).rejects.toThrow('reward "broken" of row {"id":3} is NaN');
  expect(policy.trainer.steps).toBe(0);
});
