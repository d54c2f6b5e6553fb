import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/checkpoint.ts";
import { fromValues, type NDArray } from "../../../src/graph/ndarray.ts";
import { expandDims } from "../../../src/graph/ops/reshape.ts";
import { zeros } from "../../../src/nn/scope.ts";
import { createSession } from "../../../src/runtime/index.ts";
import {
  dpoLoss,
  gradientOf,
  gradientProgram,
  ktoLoss,
  type LossFunction,
  onPolicyDistillationLoss,
  type PolicyLossOptions,
  policyLoss,
  simPoLoss,
  type TokenModel,
  topKDistillationLoss,
} from "../../../src/train/index.ts";

const fixture = await openCheckpoint(
  fileURLToPath(new URL("../../fixtures/train/align.safetensors", import.meta.url)),
);
const settings: { policy: PolicyLossOptions[] } = JSON.parse(fixture.metadata.get("settings")!);
const [rows, vocab] = fixture.info("logits").shape as [number, number];

/** What a fixture's tensor holds, floats as f32. */
function read(name: string): NDArray {
  const { dtype, shape, data } = fixture.read(name);
  const isFloat = dtype === "f64";
  return fromValues(isFloat ? "f32" : "i64", shape, Array.from(data as ArrayLike<number>, Number));
}

/** Its logits are a parameter: row i is what position i predicts. */
const model: TokenModel = (p) => ({
  hidden: expandDims(p.parameter("logits", [rows, vocab], zeros), 0),
  head: (x) => x,
});

const common = {
  tokens: fromValues("i64", [1, rows], Array<number>(rows).fill(0)),
  rows: fromValues(
    "i64",
    [rows],
    Array.from({ length: rows }, (_, i) => i),
  ),
  labels: read("labels"),
  answers: read("answers"),
};

async function differentiate(loss: LossFunction, inputs: Record<string, NDArray>) {
  const { program } = gradientProgram(loss);
  using session = await createSession(program);
  const all: Record<string, NDArray> = { ...common, ...inputs, logits: read("logits") };
  all.weight = fromValues("f32", [], [1]);
  const known = session.inputs.map(({ name }) => [name, all[name]!] as const);
  const found = await session.run(Object.fromEntries(known));
  const metric = (name: string): number => Number(found[`metric ${name}`]!.data[0]);
  return { loss: found.loss!, gradient: found[gradientOf("logits")]!, metric };
}

const numbers = ({ data }: NDArray): number[] => Array.from(data as ArrayLike<number>, Number);

function expectClose(found: NDArray, expected: readonly number[]): void {
  const values = numbers(found);
  expect(values).toHaveLength(expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  values.forEach((v, i) => {
    expect(Math.abs(v - expected[i]!), `[${i}]`).toBeLessThan(2e-6 * scale);
  });
}

async function expectReference(name: string, loss: LossFunction, inputs: Record<string, NDArray>) {
  const found = await differentiate(loss, inputs);
  expectClose(found.loss, numbers(read(`${name}/loss`)));
  expectClose(found.gradient, numbers(read(`${name}/gradient`)));
  return found;
}

const policyInputs = (ratio: PolicyLossOptions["ratio"]) => ({
  old: read("old"),
  reference: read("reference"),
  sizes: read("sizes"),
  advantages: read(ratio === "sequence-token" ? "row advantages" : "advantages"),
});

it.each(settings.policy.map((options, i) => [i, options] as const))(
  "policy loss %i, %j, equals its formula in PyTorch",
  async (i, options) => {
    const loss = policyLoss(model, options);
    const found = await expectReference(`policy ${i}`, loss, policyInputs(options.ratio));
    const share = found.metric("clipped") / rows;
    expect(share).toBeGreaterThan(0); // both branches of the clipping are in the fixture
    expect(share).toBeLessThan(1);
  },
);

/** A fixture's values of rows, summed by answer. */
const answerSums = (name: string, shape: number[]): NDArray => {
  const [of, values] = [numbers(read("answers")), numbers(read(name))];
  const sums = [0, 0, 0, 0];
  values.forEach((v, i) => {
    sums[of[i]!]! += v;
  });
  return fromValues("f32", shape, sums);
};

it.each([
  ["dpo", dpoLoss(model, { beta: 0.3 })],
  ["dpo smoothed", dpoLoss(model, { beta: 0.3, labelSmoothing: 0.2 })],
  ["ipo", dpoLoss(model, { beta: 0.3, form: "ipo" })],
  ["simpo", simPoLoss(model, { beta: 2.5, gamma: 0.8 })],
])("%s equals its formula in PyTorch", async (name, loss) => {
  const sizes = { ...read("sizes"), shape: [2, 2] };
  const inputs = { reference: answerSums("reference", [2, 2]), sizes };
  await expectReference(name, loss, inputs);
});

it("kto equals its formula in PyTorch, measured from a divergence above 0", async () => {
  const loss = ktoLoss(model, { beta: 0.3, desirableWeight: 1.5, undesirableWeight: 0.7 });
  const inputs = { reference: answerSums("kto/reference", [4]), kinds: read("kto/kinds") };
  const found = await expectReference("kto", loss, inputs);
  expect(found.metric("divergence")).toBeGreaterThan(0.1);
});

it.each([
  ["top k", topKDistillationLoss(model, { k: 4 })],
  ["top k soft", topKDistillationLoss(model, { k: 4, temperature: 2, weight: 0.7 })],
])("distillation from %s equals its formula in PyTorch", async (name, loss) => {
  const inputs = { "teacher ids": read("teacher ids"), "teacher logits": read("teacher logits") };
  await expectReference(name, loss, inputs);
});

it.each([0, 0.3, 1])("on-policy distillation with beta %f equals PyTorch's", async (beta) => {
  const loss = onPolicyDistillationLoss(model, vocab, { beta, temperature: 1.5 });
  await expectReference(`on policy ${beta}`, loss, { "teacher logits": read("teacher") });
});

const gspo = { ratio: "sequence", clip: [0.01, 0.02], aggregate: "answer" } as const;

it("where the policy has not moved, all ratios are 1 and all gradients the same", async () => {
  const unclipped = { ...gspo, clip: [10, 10] } as const;
  const first = await differentiate(policyLoss(model, unclipped), policyInputs("sequence"));
  // The new scores under this model, through the metric of a single row each, would be rounded:
  // take them from the gradient program's own log-probabilities instead.
  const scores = numbers(read("logits"));
  const labels = numbers(read("labels"));
  const old = labels.map((label, row) => {
    const logits = scores.slice(row * vocab, (row + 1) * vocab);
    const top = Math.max(...logits);
    const total = logits.reduce((sum, z) => sum + Math.exp(z - top), 0);
    return logits[label]! - top - Math.log(total);
  });
  const inputs = { ...policyInputs("sequence"), old: fromValues("f32", [rows], old) };
  const bySequence = await differentiate(policyLoss(model, gspo), inputs);
  const byToken = await differentiate(policyLoss(model, { ...gspo, ratio: "token" }), inputs);
  expectClose(bySequence.gradient, numbers(byToken.gradient));
  expect(byToken.metric("ratio")).toBeCloseTo(rows, 5);
  expect(byToken.metric("clipped")).toBe(0);
  expect(first.metric("ratio")).not.toBeCloseTo(rows, 1);
});

it("GSPO-token with one advantage an answer is GSPO, clipped answers included", async () => {
  const whole = await differentiate(policyLoss(model, gspo), policyInputs("sequence"));
  const advantages = numbers(read("advantages"));
  const byRow = numbers(read("answers")).map((answer) => advantages[answer]!);
  const byToken = await differentiate(policyLoss(model, { ...gspo, ratio: "sequence-token" }), {
    ...policyInputs("sequence-token"),
    advantages: fromValues("f32", [rows], byRow),
  });
  expect(whole.metric("clipped")).toBeGreaterThan(0);
  expectClose(byToken.loss, numbers(whole.loss));
  expectClose(byToken.gradient, numbers(whole.gradient));
});
