/** Methods that learn from answers they sample: rewards, and on-policy distillation. */

import { onPolicyDistillationLoss } from "../align/distillation-loss.ts";
import { policyLoss, policyPresets } from "../align/policy-loss.ts";
import { hashFiles } from "../data/read-records.ts";
import { promptTokens } from "../data/supervise.ts";
import { OnPolicyDistiller } from "../rl/on-policy-distiller.ts";
import { type PolicyPrompt, PolicyTrainer } from "../rl/policy-trainer.ts";
import { countedRounds } from "../run.ts";
import { ofKinds } from "./data-source.ts";
import { type PlannedWork, planMemory } from "./memory.ts";
import { isRl } from "./method-names.ts";
import { type MethodSetup, type OpenedMethod, openTeacher, trainedNames } from "./method-setup.ts";
import { updatesOf } from "./optimizer-of.ts";
import { policyRounds } from "./policy-rounds.ts";
import { promptSource } from "./prompt-source.ts";
import { questionsOf } from "./questions.ts";
import { loadRewards, tryRewards } from "./rewards.ts";
import type { TrainConfig } from "./schema.ts";

type Train = TrainConfig["train"];

/** Tokens that end an answer. */
export const stopTokensOf = ({ tokenizer }: Pick<MethodSetup, "tokenizer">): number[] => [
  ...new Set([tokenizer.eosId, tokenizer.padId].filter((id) => id !== undefined)),
];

/** Learning rates go by optimiser steps, options by rounds. */
const inSteps = (train: Train, perRound: number): Train => ({
  ...train,
  steps: train.steps * perRound,
  warmup: train.warmup * perRound,
  ...(train.decay_steps !== undefined && { decay_steps: train.decay_steps * perRound }),
});

/** @throws Error naming the longest prompt where it leaves no room for an answer */
function contextOf(
  { file, maxLength, model }: MethodSetup,
  prompts: readonly ArrayLike<number>[],
  maxTokens: number,
): number {
  if (prompts.length === 0) throw new Error(`${file}: the data has no prompt`);
  const longest = prompts.reduce((most, { length }) => Math.max(most, length), 0);
  const most = Math.max(maxLength, maxTokens + 1);
  const room = Math.min(most + maxTokens, model.config.maxPositions);
  if (longest + maxTokens <= room) return longest + maxTokens;
  throw new Error(
    `${file}: the longest prompt has ${longest} tokens, which with an answer of ${maxTokens} is ` +
      `more than ${room}; shorten it, or change data.max_length and max_tokens`,
  );
}

/** What is known of micro-batches of answers before they are sampled: how long they may become. */
function sampledWork(
  prompts: readonly ArrayLike<number>[],
  context: number,
  maxTokens: number,
  { batch_tokens: most }: Train,
): Omit<PlannedWork, "loss"> {
  const batch = Math.max(1, Math.floor(most / context));
  return {
    largest: { batch, seq: context, rows: batch * maxTokens },
    tokens: prompts.reduce((sum, { length }) => sum + length, 0),
    context,
  };
}

export async function openPolicy(setup: MethodSetup): Promise<OpenedMethod> {
  const { file, folder, config, data, model, tokenizer } = setup;
  const { method, rl, train } = config;
  if (!rl || !isRl(method)) throw new Error(`${file}: the method ${method} has no rewards`);
  const rewards = await loadRewards(rl, folder, file, setup.rewards);
  const prompts = ofKinds(data.rows ?? [], "reward").map(
    (row): PolicyPrompt => ({ tokens: promptTokens(row, setup), row: row.columns }),
  );
  const tokens = prompts.map((prompt) => prompt.tokens);
  const stopTokens = stopTokensOf(setup);
  const context = contextOf(setup, tokens, rl.max_tokens);
  await tryRewards(rewards, prompts, stopTokens[0] ?? 0);
  const preset = policyPresets[method];
  const [low, high] = rl.clip ?? preset.clip;
  const isDrGrpo = method === "dr-grpo";
  const updates = updatesOf(inSteps(train, rl.mini_batches * rl.epochs), trainedNames(model), file);
  const loss = { ...preset, clip: [low ?? 0, high ?? 0] as const, beta: rl.beta };
  const memory = planMemory(setup, {
    loss: (of) => policyLoss(of, { ...loss, temperature: rl.temperature }),
    ...sampledWork(tokens, context, rl.max_tokens, train),
  });
  const policy = await PolicyTrainer.create({
    config: model.config,
    weights: model.weights,
    tokenizer,
    rewards,
    loss,
    scale: isDrGrpo ? "none" : "group",
    divisor: isDrGrpo ? "most tokens" : "tokens",
    dropsCut: method === "dapo",
    resample: rl.resample ?? (method === "dapo" ? 3 : 0),
    answers: rl.answers,
    miniBatches: rl.mini_batches,
    epochs: rl.epochs,
    maxTokens: rl.max_tokens,
    context,
    temperature: rl.temperature,
    stopTokens,
    old: rl.old,
    microTokens: train.batch_tokens,
    slots: rl.slots,
    seed: train.seed,
    ...updates,
  });
  const source = promptSource(prompts, rl.prompts, train.seed);
  return {
    trainer: policy.trainer,
    rewards,
    work: { source, rounds: policyRounds(policy, source, updates) },
    hash: await hashFiles(data.files, setup.signal),
    samples: prompts.length,
    tokens: tokens.reduce((sum, { length }) => sum + length, 0),
    learned: undefined,
    cut: 0,
    memory,
    [Symbol.dispose]: () => policy.dispose(),
  };
}

export async function openDistiller(setup: MethodSetup): Promise<OpenedMethod> {
  const { file, config, data, model, tokenizer } = setup;
  const { distill, train } = config;
  if (!distill) throw new Error(`${file}: the method ${config.method} has no teacher`);
  const prompts = questionsOf(data.rows ?? [], setup).map(({ prompt }) => prompt);
  const context = contextOf(setup, prompts, distill.max_tokens);
  const updates = updatesOf(train, trainedNames(model), file);
  const { beta, temperature } = distill;
  const memory = planMemory(setup, {
    loss: (of) => onPolicyDistillationLoss(of, model.config.vocabSize, { beta, temperature }),
    ...sampledWork(prompts, context, distill.max_tokens, train),
  });
  const teacher = await openTeacher(setup, distill.teacher);
  const distiller = await OnPolicyDistiller.create({
    config: model.config,
    weights: model.weights,
    tokenizer,
    teacher: (inputs, signal) => teacher.logits(inputs, signal),
    beta,
    temperature,
    maxTokens: distill.max_tokens,
    stopTokens: stopTokensOf(setup),
    context,
    slots: distill.slots,
    microTokens: train.batch_tokens,
    seed: train.seed,
    ...updates,
  });
  const source = promptSource(prompts, distill.prompts, train.seed);
  return {
    trainer: distiller.trainer,
    work: {
      source,
      rounds: countedRounds(distiller, async () => {
        const { step, answers } = await distiller.round(source.next());
        const { step: _, ...result } = step;
        const length = answers.reduce((sum, { tokens }) => sum + tokens.length, 0);
        const metrics = { ...result.metrics, length: length / answers.length };
        return { ...result, metrics };
      }),
    },
    hash: await hashFiles(data.files, setup.signal),
    samples: prompts.length,
    tokens: prompts.reduce((sum, { length }) => sum + length, 0),
    learned: undefined,
    cut: 0,
    memory,
    [Symbol.dispose]() {
      distiller[Symbol.dispose]();
      teacher[Symbol.dispose]();
    },
  };
}
