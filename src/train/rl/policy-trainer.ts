/** Reinforcement learning from verifiable rewards: sample, score, and learn, round by round. */

import type { Engine } from "../../generate/index.ts";
import type { WeightSource } from "../../graph/program.ts";
import type { Tokenizer } from "../../media/text/types.ts";
import type { DecoderConfig } from "../../models/decoder.ts";
import { loraAdapter } from "../../nn/lora.ts";
import { createRandom, shuffleBy } from "../../nn/random.ts";
import { groupAdvantages } from "../align/advantages.ts";
import { type PolicyLossOptions, policyLoss } from "../align/policy-loss.ts";
import { decoderModel } from "../language-model.ts";
import { type MicroBatch, type StepResult, Trainer, type TrainerOptions } from "../trainer.ts";
import { cutByLength, policyBatch, type ScoredAnswer } from "./answer-batches.ts";
import { policyEngine } from "./policy-engine.ts";
import { type Reward, type RewardResult, rewardOf } from "./reward.ts";
import { type RolledAnswer, rollOut } from "./roll-out.ts";
import { areEqual, type RoundMetrics, roundMetrics } from "./round-metrics.ts";
import { Scorer } from "./scorer.ts";

/** A question with whatever its rewards need to know. */
export interface PolicyPrompt {
  readonly tokens: ArrayLike<number>;
  readonly row: Readonly<Record<string, unknown>>;
}

export interface PolicyTrainingOptions
  extends Pick<
    TrainerOptions,
    "optimizer" | "muon" | "learningRate" | "schedule" | "threads" | "rateOf" | "average" | "trains"
  > {
  /** With `lora`, the adapter alone is trained. */
  readonly config: DecoderConfig;
  /** Where training starts, and, with `loss.beta`, what it is compared with. */
  readonly weights: WeightSource;
  readonly tokenizer: Tokenizer;
  readonly rewards: readonly Reward[];
  readonly loss: PolicyLossOptions;
  /** "group" (default) divides advantages by the group's deviation, "none" (Dr.GRPO) does not. */
  readonly scale?: "group" | "none";
  /**
   * What sums over tokens are divided by, with `loss.aggregate` "token": the tokens sampled (DAPO,
   * default) or answers times `maxTokens` (Dr.GRPO).
   */
  readonly divisor?: "tokens" | "most tokens";
  /** Answers to each prompt, 2 or more. */
  readonly answers: number;
  /** Optimiser steps that a round's answers are cut into (default 1). */
  readonly miniBatches?: number;
  /** How often a round's answers are learned from (default 1). */
  readonly epochs?: number;
  readonly maxTokens: number;
  /** Most tokens of prompt and answer together (default: the engine's). */
  readonly context?: number;
  /** Default 1. */
  readonly temperature?: number;
  readonly stopTokens: readonly number[];
  /** Answers that met the limit of tokens are not learned from (DAPO; default false). */
  readonly dropsCut?: boolean;
  /**
   * How often a round asks for further prompts in place of those whose answers all have the same
   * reward, which teach nothing (DAPO's dynamic sampling; default 0).
   */
  readonly resample?: number;
  /**
   * Where the ratio's denominator comes from: computed again by the training graph before the
   * first update (default), or taken from the engine's roll-out (saves a forward pass).
   */
  readonly old?: "recompute" | "roll-out";
  /** Most tokens of a micro-batch, with padding (default 4096). */
  readonly microTokens?: number;
  /** Answers sampled at a time (default 16). */
  readonly slots?: number;
  readonly seed: number;
}

type Part = "rollOut" | "rewards" | "scoring" | "learning";

/** The answers to one prompt. */
interface JudgedGroup {
  readonly answers: readonly RolledAnswer[];
  readonly rewards: readonly RewardResult[];
}

export interface RoundResult extends RoundMetrics {
  /** What its parts took; the steps say what theirs did. */
  readonly seconds: Readonly<Record<Part, number>>;
  /** One a mini-batch and epoch. */
  readonly steps: readonly StepResult[];
  readonly groups: readonly (readonly RolledAnswer[])[];
  readonly rewards: readonly (readonly RewardResult[])[];
}

/** State with a lifetime: trainer, engine and scorers over the same parameters. */
export class PolicyTrainer implements Disposable {
  readonly trainer: Trainer;
  /** Rounds done. */
  rounds = 0;
  readonly #options: PolicyTrainingOptions;
  readonly #engine: Engine;
  readonly #scorer: Scorer;
  readonly #reference: Scorer | undefined;

  private constructor(
    options: PolicyTrainingOptions,
    trainer: Trainer,
    engine: Engine,
    scorer: Scorer,
    reference: Scorer | undefined,
  ) {
    this.#options = options;
    this.trainer = trainer;
    this.#engine = engine;
    this.#scorer = scorer;
    this.#reference = reference;
  }

  static async create(options: PolicyTrainingOptions): Promise<PolicyTrainer> {
    checkOptions(options);
    const { config, weights, loss, temperature = 1, threads, microTokens } = options;
    const model = decoderModel(config);
    const { quantized: formats, lora } = config;
    const scoring = { temperature, threads, tokens: microTokens, formats };
    const adapter = lora && loraAdapter(lora);
    const opened: Disposable[] = [];
    const keep = <T extends Disposable>(each: T): T => {
      opened.unshift(each);
      return each;
    };
    try {
      const trainer = keep(
        await Trainer.create({ ...options, loss: policyLoss(model, { ...loss, temperature }) }),
      );
      const current = () => Object.fromEntries(trainer.memory.parameters);
      const scorer = keep(
        await Scorer.create(model, { current, fixed: weights }, { ...scoring, adapter }),
      );
      // A fresh adapter changes nothing, so the base is the start.
      const reference = loss.beta
        ? keep(await Scorer.create(model, { fixed: weights }, scoring))
        : undefined;
      const engine = keep(await policyEngine(trainer, options));
      return new PolicyTrainer(options, trainer, engine, scorer, reference);
    } catch (error) {
      for (const each of opened) each[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * One round: answers to each prompt, their rewards, and the optimiser steps over them.
   *
   * @param further prompts that take the place of some (`resample`)
   * @throws Error where a reward throws or is not a number; parameters are then unchanged
   */
  async round(
    prompts: readonly PolicyPrompt[],
    signal?: AbortSignal,
    further?: (count: number) => readonly PolicyPrompt[],
  ): Promise<RoundResult> {
    const seconds: Record<Part, number> = { rollOut: 0, rewards: 0, scoring: 0, learning: 0 };
    const sampled = await this.#sample(prompts, 0, seconds, signal);
    const teaching = () => sampled.filter(({ rewards }) => !areEqual(rewards));
    const { resample = 0 } = this.#options;
    for (let i = 0; further && i < resample; i++) {
      const missing = prompts.length - teaching().length;
      if (missing <= 0) break;
      sampled.push(...(await this.#sample(further(missing), sampled.length, seconds, signal)));
    }
    const learned = resample > 0 ? teaching().slice(0, prompts.length) : sampled;
    const scored = await timed(seconds, "scoring", () => this.#score(learned, signal));
    const steps = await timed(seconds, "learning", () => this.#learn(scored, signal));
    this.rounds++;
    const groups = sampled.map(({ answers }) => answers);
    const rewards = sampled.map((group) => group.rewards);
    const metrics = roundMetrics(groups, rewards, scored, steps);
    return { ...metrics, seconds, steps, groups, rewards };
  }

  /**
   * Answers to prompts, and what they are worth.
   *
   * @param before prompts of the round that were sampled before
   */
  async #sample(
    prompts: readonly PolicyPrompt[],
    before: number,
    seconds: Record<Part, number>,
    signal: AbortSignal | undefined,
  ): Promise<JudgedGroup[]> {
    const { answers, temperature = 1, maxTokens, stopTokens, seed, rewards } = this.#options;
    const drawing = {
      answers,
      temperature,
      maxTokens,
      stopTokens,
      seed: seed + 1_000_003 * this.rounds + before,
      signal,
    };
    const tokens = prompts.map((prompt) => prompt.tokens);
    const groups = await timed(seconds, "rollOut", () => rollOut(this.#engine, tokens, drawing));
    const judge = (answer: RolledAnswer, i: number) =>
      rewardOf(rewards, { text: answer.text, answer, row: prompts[i]!.row });
    return timed(seconds, "rewards", () =>
      Promise.all(
        groups.map(async (group, i) => ({
          answers: group,
          rewards: await Promise.all(group.map((answer) => judge(answer, i))),
        })),
      ),
    );
  }

  dispose(): void {
    this.#engine[Symbol.dispose]();
    this.#scorer[Symbol.dispose]();
    this.#reference?.[Symbol.dispose]();
    this.trainer.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #score(
    groups: readonly JudgedGroup[],
    signal: AbortSignal | undefined,
  ): Promise<ScoredAnswer[]> {
    const { scale, dropsCut = false, old: from = "recompute", temperature = 1 } = this.#options;
    const advantages = groups.flatMap(({ answers, rewards }) =>
      groupAdvantages(
        answers.map(({ isComplete }, k) =>
          dropsCut && !isComplete ? undefined : rewards[k]!.total,
        ),
        { scale },
      ),
    );
    const all = groups.flatMap(({ answers }) => answers);
    const old =
      from === "roll-out" && temperature === 1
        ? all.map(({ scores }) => scores)
        : await this.#scorer.score(all, signal);
    const reference = await this.#reference?.score(all, signal);
    return all.map((answer, i) => ({
      answer,
      advantage: advantages[i]!,
      old: old[i]!,
      reference: reference?.[i],
    }));
  }

  async #learn(
    scored: readonly ScoredAnswer[],
    signal: AbortSignal | undefined,
  ): Promise<StepResult[]> {
    const { miniBatches = 1, epochs = 1, answers, seed } = this.#options;
    const groups = Array.from({ length: scored.length / answers }, (_, i) =>
      scored.slice(i * answers, (i + 1) * answers),
    );
    const random = createRandom(seed, `round ${this.rounds}`);
    const steps: StepResult[] = [];
    for (let epoch = 0; epoch < epochs; epoch++) {
      shuffleBy(groups, random.below);
      for (let i = 0; i < miniBatches; i++) {
        const share = groups.length / miniBatches;
        const members = groups.slice(Math.round(i * share), Math.round((i + 1) * share)).flat();
        const batches = this.#batches(members);
        if (batches.length > 0) steps.push(await this.trainer.step(batches, signal));
      }
    }
    return steps;
  }

  /**
   * Micro-batches of a mini-batch. Answers of advantage 0 have no gradient and are not computed,
   * but count in what the loss is divided by (unless the divergence from a reference is learned).
   */
  #batches(members: readonly ScoredAnswer[]): MicroBatch[] {
    const { loss, microTokens = 4096 } = this.#options;
    const teaching = loss.beta ? members : members.filter(({ advantage }) => advantage !== 0);
    const perToken = loss.ratio === "sequence-token";
    const cut = cutByLength(teaching, microTokens);
    return cut.map((answers, i) =>
      policyBatch(answers, { perToken, supervised: i === 0 ? this.#divisor(members) : 0 }),
    );
  }

  #divisor(members: readonly ScoredAnswer[]): number {
    const { loss, divisor = "tokens", maxTokens } = this.#options;
    if (loss.aggregate === "answer") return members.length;
    if (divisor === "most tokens") return members.length * maxTokens;
    return members.reduce((n, { answer }) => n + answer.tokens.length, 0);
  }
}

function checkOptions({ answers, epochs = 1, miniBatches = 1, rewards }: PolicyTrainingOptions) {
  if (!(Number.isInteger(answers) && answers > 1)) {
    throw new RangeError(
      `PolicyTrainer: answers is ${answers}; expected 2 or more, since an answer is judged ` +
        "against others to the same prompt",
    );
  }
  for (const [name, value] of Object.entries({ epochs, miniBatches })) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new RangeError(`PolicyTrainer: ${name} must be a positive integer, is ${value}`);
  }
  if (rewards.length === 0) throw new RangeError("PolicyTrainer: give at least one reward");
}

async function timed<T>(
  seconds: Record<Part, number>,
  part: Part,
  work: () => Promise<T>,
): Promise<T> {
  const start = performance.now();
  const result = await work();
  seconds[part] += (performance.now() - start) / 1000;
  return result;
}
