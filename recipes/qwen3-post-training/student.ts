/**
 * Strong-to-weak distillation (section 4.5 of the report): a smaller model learns from the
 * post-trained one, first from its stored answers, then on answers of its own.
 */

import { join } from "node:path";
import type { WeightSource } from "../../src/graph/program.ts";
import { type DecoderConfig, loadModel } from "../../src/models/index.ts";
import { cutGroups } from "../../src/train/align/sequence-arrays.ts";
import { pooledBatches } from "../../src/train/batches.ts";
import { Trainer, topKDistillationLoss } from "../../src/train/index.ts";
import {
  type DistilledSample,
  distilledSamples,
  topKBatch,
} from "../../src/train/job/distill-source.ts";
import { storedTop, Teacher } from "../../src/train/job/teacher.ts";
import { decoderModel } from "../../src/train/language-model.ts";
import { OnPolicyDistiller } from "../../src/train/rl/on-policy-distiller.ts";
import { countedRounds } from "../../src/train/run.ts";
import { draw, GENERAL, promptTokens } from "./questions.ts";
import { MOST_TOKENS, obedient, right, short } from "./rewards.ts";
import {
  ownAnswers,
  PASSES_OF_STEP,
  type Reinforced,
  reinforce,
  STEP_TOKENS,
  type Supervised,
} from "./stages.ts";
import { CONTEXT, finished, optimizer, runStage, THREADS, type Workshop } from "./workshop.ts";

/** Layers of onefold-mini that the student starts from. */
const KEPT = [0, 2, 5];
/** Likeliest tokens of the teacher that are stored for each position. */
const K = 16;

/** Half as deep: a model of its own from here on. */
export const studentConfig = (teacher: DecoderConfig): DecoderConfig => ({
  ...teacher,
  layers: KEPT.length,
  windows: KEPT.map((layer) => teacher.windows[layer]!),
});

/** The student's layer 1 is layer 2 of the model that it is cut from. */
export const keptName = (name: string): string =>
  name.replace(/layers\.(\d+)\./, (_, layer: string) => `layers.${KEPT[Number(layer)]}.`);

export const keptLayers =
  (weights: WeightSource): WeightSource =>
  (port) =>
    weights({ ...port, name: keptName(port.name) });

export interface OffPolicy extends Supervised {
  /** Questions that the teacher answers, in both modes; its right answers are stored. */
  readonly questions: number;
}

/** First phase: the teacher's predictions along its own answers. */
export async function offPolicy(
  shop: Workshop,
  base: string,
  teacher: string,
  { steps, learningRate, questions }: OffPolicy,
): Promise<string> {
  const known = await finished(shop, "student", steps);
  if (known) return known;
  const examples = draw({ stream: `${shop.seed} student`, count: questions, shares: GENERAL });
  const sequences = await ownAnswers(shop, "student", teacher, examples);
  using strong = await loadModel(teacher);
  const top = await storedTop(sequences, () => Teacher.create(strong, THREADS), {
    file: join(shop.dir, "student-top.safetensors"),
    k: K,
    source: `${shop.fingerprint} ${shop.seed}`,
    tokens: STEP_TOKENS,
    signal: shop.signal,
  });
  const samples = distilledSamples(sequences);
  using whole = await loadModel(base);
  const config = studentConfig(whole.config);
  using trainer = await Trainer.create({
    config,
    loss: topKDistillationLoss(decoderModel(config), { k: K }),
    weights: keptLayers(whole.weights),
    optimizer,
    muon: {},
    learningRate,
    schedule: { kind: "linear", warmup: Math.round(steps / 20), steps },
    threads: THREADS,
  });
  const source = pooledBatches({
    pool: () => samples,
    seed: shop.seed,
    cut: (pool: readonly DistilledSample[]) =>
      cutGroups(pool, ({ sequence }) => [sequence], STEP_TOKENS).map((group) =>
        topKBatch(group, top, K),
      ),
  });
  return await runStage(shop, "student", trainer, { source, steps, saveEvery: 100 });
}

/** Reinforcement learning of the student with the rewards of general RL. */
export const studentRl = (shop: Workshop, from: string, settings: Reinforced): Promise<string> =>
  reinforce(shop, "student-rl", from, settings, [right, obedient, short], (round, count) =>
    draw({ stream: `${shop.seed} student rl ${round}`, count, shares: GENERAL }),
  );

export interface OnPolicy {
  readonly rounds: number;
  /** Questions of a round, each answered once. */
  readonly questions: number;
  readonly learningRate: number;
}

/** Second phase: the student answers in either mode, and learns to predict as its teacher does. */
export async function onPolicy(
  shop: Workshop,
  from: string,
  teacher: string,
  { rounds, questions, learningRate }: OnPolicy,
): Promise<string> {
  const stage = "student-distilled";
  const known = await finished(shop, stage, rounds);
  if (known) return known;
  using student = await loadModel(from);
  using strong = await loadModel(teacher);
  using predictor = await Teacher.create(strong, THREADS);
  const { config } = student;
  using distiller = await OnPolicyDistiller.create({
    config,
    weights: student.weights,
    tokenizer: shop.tokenizer,
    teacher: (inputs, signal) => predictor.logits(inputs, signal),
    maxTokens: MOST_TOKENS,
    context: CONTEXT,
    stopTokens: [shop.tokenizer.eosId!],
    optimizer,
    learningRate,
    schedule: { kind: "linear", warmup: 2, steps: rounds },
    slots: 64,
    threads: THREADS,
    seed: shop.seed,
  });
  /** Passes of the student that cost as much as one of the teacher. */
  const teacherCost = strong.config.layers / config.layers;
  return await runStage(shop, stage, distiller.trainer, {
    source: { cursor: {}, seek() {} }, // a round's questions go by its number
    steps: rounds,
    saveEvery: 10,
    rounds: countedRounds(distiller, async (signal) => {
      const stream = `${shop.seed} on-policy ${distiller.rounds}`;
      const examples = draw({ stream, count: questions, shares: GENERAL });
      const prompts = examples.map((example) => promptTokens(example, shop));
      const { step, answers } = await distiller.round(prompts, signal);
      const sampled = answers.reduce(
        (n, { prompt, tokens }) => n + prompt.length + tokens.length,
        0,
      );
      const passes = sampled + step.tokens * (PASSES_OF_STEP + teacherCost);
      return { ...step, metrics: { passes } };
    }),
  });
}
