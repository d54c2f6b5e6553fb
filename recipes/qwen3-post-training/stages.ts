/** The four stages of Qwen3's post-training (arXiv 2505.09388, section 4), each from a model's folder. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../../src/checkpoint/atomic.ts";
import { loadModel } from "../../src/models/index.ts";
import {
  bucketedBatches,
  PolicyTrainer,
  type Reward,
  type Sequence,
  Trainer,
} from "../../src/train/index.ts";
import { roundOutcome } from "../../src/train/job/policy-rounds.ts";
import { countedRounds } from "../../src/train/run.ts";
import { toSequence } from "../onefold-mini/tokenizer.ts";
import type { Example } from "../onefold-mini/types.ts";
import { ask } from "./ask.ts";
import { answered, draw, GENERAL, REASONING, toPrompt } from "./questions.ts";
import { isRight, MOST_TOKENS, obedient, obeys, right, short } from "./rewards.ts";
import { CONTEXT, finished, optimizer, runStage, THREADS, type Workshop } from "./workshop.ts";

/** Tokens of a step, padding included. */
export const STEP_TOKENS = 2048;
const SAVE_EVERY = 100;
const POOL = 1000;

export interface Supervised {
  readonly steps: number;
  readonly learningRate: number;
}

/** Supervised learning with Muon, as onefold-mini was trained. */
export async function supervise(
  shop: Workshop,
  stage: string,
  from: string,
  { steps, learningRate }: Supervised,
  pool: (k: number) => readonly Sequence[],
): Promise<string> {
  const known = await finished(shop, stage, steps);
  if (known) return known;
  using model = await loadModel(from);
  using trainer = await Trainer.create({
    config: model.config,
    weights: model.weights,
    optimizer,
    muon: {},
    learningRate,
    schedule: { kind: "linear", warmup: Math.round(steps / 20), steps, floor: 0.02 },
    threads: THREADS,
  });
  const source = bucketedBatches({ pool, tokensPerBatch: STEP_TOKENS, seed: shop.seed });
  return await runStage(shop, stage, trainer, { source, steps, saveEvery: SAVE_EVERY });
}

/** Stage 1: long thinking on right answers that a program writes; no other mode. */
export const coldStart = (shop: Workshop, from: string, settings: Supervised): Promise<string> =>
  supervise(shop, "cold-start", from, settings, (k) =>
    sequences(
      shop,
      draw({ stream: `${shop.seed} cold ${k}`, count: POOL, shares: GENERAL, mode: "default" }),
    ),
  );

const sequences = (shop: Workshop, examples: readonly Example[]): Sequence[] =>
  examples.map((example) => toSequence(example, shop.render, shop.tokenizer));

export interface Reinforced {
  readonly rounds: number;
  /** Questions of a round, and answers to each. */
  readonly questions: number;
  readonly answers: number;
  readonly learningRate: number;
}

/** GRPO with a round's answers cut into two optimiser steps, and DAPO's wider upper clip. */
export async function reinforce(
  shop: Workshop,
  stage: string,
  from: string,
  { rounds, questions, answers, learningRate }: Reinforced,
  rewards: readonly Reward[],
  examplesOf: (round: number, count: number) => readonly Example[],
): Promise<string> {
  const known = await finished(shop, stage, rounds);
  if (known) return known;
  using model = await loadModel(from);
  using policy = await PolicyTrainer.create({
    config: model.config,
    weights: model.weights,
    tokenizer: shop.tokenizer,
    rewards,
    loss: { ratio: "token", clip: [0.2, 0.28], aggregate: "token" },
    answers,
    miniBatches: 2,
    maxTokens: MOST_TOKENS,
    context: CONTEXT,
    stopTokens: [shop.tokenizer.eosId!],
    old: "roll-out",
    optimizer,
    learningRate,
    schedule: { kind: "linear", warmup: 2, steps: 2 * rounds },
    slots: 64,
    threads: THREADS,
    seed: shop.seed,
  });
  return await runStage(shop, stage, policy.trainer, {
    source: { cursor: {}, seek() {} }, // a round's questions go by its number
    steps: rounds,
    saveEvery: 10,
    rounds: countedRounds(policy, async (signal) => {
      const prompts = examplesOf(policy.rounds, questions).map((e) => toPrompt(e, shop));
      const round = await policy.round(prompts, signal);
      const outcome = roundOutcome(round, 0);
      const sampled = round.groups.flat().reduce((n, { tokens }) => n + tokens.length, 0);
      const read = prompts.reduce((n, { tokens }) => n + tokens.length, 0);
      const trained = round.steps.reduce((n, { tokens }) => n + tokens, 0);
      const passes = sampled + read + PASSES_OF_STEP * trained;
      const own = { right: round.rewardParts.right!, passes };
      return { ...outcome, metrics: { ...outcome.metrics, ...own } };
    }),
  });
}

/** A training step costs about three forward passes: forward, and backward twice as much. */
export const PASSES_OF_STEP = 3;

/** Stage 2: rewards for right answers to questions that have to be worked out. */
export const reasoningRl = (shop: Workshop, from: string, settings: Reinforced): Promise<string> =>
  reinforce(shop, "reasoning-rl", from, settings, [right], (round, count) =>
    draw({
      stream: `${shop.seed} reasoning ${round}`,
      count,
      shares: REASONING,
      mode: "default",
    }),
  );

export interface Fusion extends Supervised {
  /** Questions that are drawn; those that the model answers rightly are learned from. */
  readonly questions: number;
}

/** Stage 3: the model's own right answers with thinking, and direct ones, in one model again. */
export async function fusion(shop: Workshop, from: string, settings: Fusion): Promise<string> {
  const known = await finished(shop, "fusion", settings.steps);
  if (known) return known;
  const examples = draw({
    stream: `${shop.seed} fusion`,
    count: settings.questions,
    shares: GENERAL,
  });
  const isThinking = ({ mode }: Example) => mode === "default" || mode === "/think";
  const thinking = await ownAnswers(shop, "fusion", from, examples.filter(isThinking));
  const direct = sequences(
    shop,
    examples.filter((example) => !isThinking(example)),
  );
  return supervise(shop, "fusion", from, settings, () => [...thinking, ...direct]);
}

/** Right answers that a model sampled, in the mode that was asked for; kept for a resume. */
export async function ownAnswers(
  shop: Workshop,
  stage: string,
  from: string,
  examples: readonly Example[],
): Promise<Sequence[]> {
  const file = join(shop.dir, `${stage}-answers.json`);
  const stored = await readFile(file, "utf8").catch(() => undefined);
  if (stored !== undefined) {
    return (JSON.parse(stored) as [number[], number[]][]).map(([p, a]) => answered(p, a)); // as below
  }
  const replies = await ask(from, examples, shop, { temperature: 1, seed: shop.seed });
  const kept = replies.flatMap(([reply], i): [readonly number[], readonly number[]][] => {
    const { expect, mode } = examples[i]!;
    const { text, isComplete, prompt, tokens } = reply!;
    const isGood = isComplete && isRight(expect, text) && obeys(mode, text);
    return isGood ? [[prompt, tokens]] : [];
  });
  await writeFileAtomically(file, (sink) => sink.write(Buffer.from(JSON.stringify(kept))));
  return kept.map(([prompt, answer]) => answered(prompt, answer));
}

/** Stage 4: rewards for all skills in all modes: right, as told, and not too long. */
export const generalRl = (shop: Workshop, from: string, settings: Reinforced): Promise<string> =>
  reinforce(shop, "general-rl", from, settings, [right, obedient, short], (round, count) =>
    draw({ stream: `${shop.seed} general ${round}`, count, shares: GENERAL }),
  );
