/**
 * A round of reinforcement learning (GSPO) on a model: what sampling, scoring, learning and the
 * optimiser take, and the share of the round that is not spent in matrix products.
 *
 *   npx tsx bench/rl-round.ts [DIR] [--prompts 8] [--answers 8] [--tokens 128] [--slots 32]
 *                             [--rounds 2] [--threads N] [--old recompute|roll-out]
 *
 * Shares of products are those of profiled runs of the same programs: of a step of all slots, of
 * scoring and of the gradient; while answers are sampled, time outside of runs is taken off. Fused
 * attention counts as products.
 */

import { parseArgs } from "node:util";
import { createCache } from "../src/generate/cache.ts";
import { fromValues } from "../src/graph/ndarray.ts";
import { loadTokenizer } from "../src/media/text/index.ts";
import { loadModel } from "../src/models/index.ts";
import { stepProgram } from "../src/models/programs.ts";
import { policyLoss } from "../src/train/align/policy-loss.ts";
import { defaultAdamW, gradientProgram, PolicyTrainer, policyPresets } from "../src/train/index.ts";
import { decoderModel } from "../src/train/language-model.ts";
import { policyBatch } from "../src/train/rl/answer-batches.ts";
import { describeMachine, machine } from "./support.ts";
import { type KernelTimes, kernelTimes } from "./train/kernel-times.ts";
import { watchRuns } from "./train/watch-runs.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    prompts: { type: "string", default: "8" },
    answers: { type: "string", default: "8" },
    tokens: { type: "string", default: "128" },
    slots: { type: "string", default: "32" },
    rounds: { type: "string", default: "2" },
    threads: { type: "string" },
    old: { type: "string", default: "recompute" },
  },
});
const [dir = "models/onefold-mini"] = positionals;
const [prompts, answers, maxTokens, slots, rounds] = [
  values.prompts,
  values.answers,
  values.tokens,
  values.slots,
  values.rounds,
].map(Number) as [number, number, number, number, number];
const threads = values.threads === undefined ? undefined : Number(values.threads);
const old = values.old === "roll-out" ? "roll-out" : "recompute";

using model = await loadModel(dir);
const { config, weights } = model;
const tokenizer = await loadTokenizer(dir);
const questions = Array.from({ length: prompts }, (_, i) => ({
  tokens: Array.from(
    tokenizer.encode(
      `<|im_start|>user\nWhat is ${17 + 3 * i} + ${40 - i}?<|im_end|>\n<|im_start|>assistant\n`,
    ),
  ),
  row: {},
}));
/** Milliseconds in the engine's runs since a round began, and what they were at its first reward. */
let running = 0;
let rolledOut: number | undefined;
watchRuns((ms) => {
  running += ms;
});
const evenShare = (ids: readonly number[]): number =>
  ids.filter((id) => id % 2 === 0).length / ids.length;
using policy = await PolicyTrainer.create({
  config,
  weights,
  tokenizer,
  rewards: [
    {
      name: "even", // differs within a group
      of({ answer }) {
        rolledOut ??= running;
        return evenShare(answer.tokens);
      },
    },
  ],
  loss: policyPresets.gspo,
  answers,
  maxTokens,
  context: 64 + maxTokens,
  stopTokens: [tokenizer.eosId, tokenizer.padId].filter((id) => id !== undefined),
  optimizer: { ...defaultAdamW, clipNorm: 1 },
  learningRate: 1e-7,
  schedule: { kind: "constant", warmup: 0, steps: 1000 },
  old,
  slots,
  threads,
  seed: 1,
});
await policy.round(questions); // warms up
const parts = { rollOut: 0, rewards: 0, scoring: 0, gradient: 0, optimizer: 0, rest: 0 };
let [total, sampled, inRuns] = [0, 0, 0];
let last: Awaited<ReturnType<typeof policy.round>> | undefined;
for (let i = 0; i < rounds; i++) {
  const start = performance.now();
  rolledOut = undefined;
  running = 0;
  last = await policy.round(questions);
  inRuns += rolledOut! / 1000;
  const took = (performance.now() - start) / 1000;
  const of = (key: "gradientSeconds" | "optimizerSeconds") =>
    last!.steps.reduce((sum, step) => sum + step[key], 0);
  const { rollOut, rewards, scoring } = last.seconds;
  const [gradient, optimizer] = [of("gradientSeconds"), of("optimizerSeconds")];
  const known = { rollOut, rewards, scoring, gradient, optimizer };
  for (const [key, seconds] of Object.entries(known)) parts[key as keyof typeof known] += seconds;
  parts.rest += took - Object.values(known).reduce((a, b) => a + b, 0);
  total += took;
  sampled += last.groups.flat().reduce((sum, answer) => sum + answer.tokens.length, 0);
}

/** Share of a run that is spent in products. */
const productShare = ({ ops, run }: KernelTimes): number =>
  Object.entries(ops).reduce((n, [op, ms]) => (/MatMul|Gemm|Attention/.test(op) ? n + ms : n), 0) /
  run;

const current = Object.fromEntries(policy.trainer.memory.parameters);
const some = last!.groups.flat().slice(0, 16);
const batch = policyBatch(
  some.map((answer) => ({ answer, advantage: 1, old: answer.scores })),
  { perToken: false, supervised: some.length },
);
const weight = fromValues("f32", [], [1 / some.length]);
const programs = gradientProgram(policyLoss(decoderModel(config), policyPresets.gspo));
const inputs = { ...current, ...batch.inputs, weight };
const cache = createCache(config, slots, 64 + maxTokens);
const step = {
  tokens: fromValues("i64", [slots, 1], new Array<number>(slots).fill(100)),
  past: fromValues("i32", [slots], new Array<number>(slots).fill(32 + maxTokens / 2)),
  ...cache.inputs,
};
const shares = {
  rollOut:
    (inRuns / parts.rollOut) *
    productShare(
      await kernelTimes(stepProgram(config), step, { weights, threads, prepack: false, runs: 20 }),
    ),
  scoring: productShare(await kernelTimes(programs.lossProgram, inputs, { threads })),
  gradient: productShare(await kernelTimes(programs.program, inputs, { threads })),
};
console.log(describeMachine(machine()));
console.log(
  `${dir}: ${prompts} prompts x ${answers} answers, ${slots} slots: ${(total / rounds).toFixed(2)} ` +
    `s a round, ${Math.round(sampled / total)} sampled tokens/s`,
);
console.log(
  `answers are sampled in the engine's runs for ${((100 * inRuns) / parts.rollOut).toFixed(0)} % of ` +
    "that time; the rest is choosing tokens, text and streams",
);
let products = 0;
for (const [part, seconds] of Object.entries(parts)) {
  const share = shares[part as keyof typeof shares] ?? 0;
  products += seconds * share;
  console.log(
    `  ${part.padEnd(10)} ${(seconds / rounds).toFixed(3)} s  ${((100 * seconds) / total).toFixed(1)} %` +
      (share > 0 ? `, of which products ${(100 * share).toFixed(0)} %` : ""),
  );
}
console.log(`not in products: ${(100 * (1 - products / total)).toFixed(1)} % (target: under 20 %)`);
