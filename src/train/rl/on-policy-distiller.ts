/** Distillation on the student's own answers: sample, let the teacher predict them, learn. */

import type { Engine } from "../../generate/index.ts";
import type { NDArray } from "../../graph/ndarray.ts";
import type { WeightSource } from "../../graph/program.ts";
import type { Tokenizer } from "../../media/text/types.ts";
import type { DecoderConfig } from "../../models/decoder.ts";
import { onPolicyDistillationLoss } from "../align/distillation-loss.ts";
import { decoderModel } from "../language-model.ts";
import { type StepResult, Trainer, type TrainerOptions } from "../trainer.ts";
import { cutByLength, scoreArrays } from "./answer-batches.ts";
import { policyEngine } from "./policy-engine.ts";
import { type RolledAnswer, rollOut } from "./roll-out.ts";

export interface OnPolicyDistillerOptions
  extends Pick<
    TrainerOptions,
    "optimizer" | "muon" | "learningRate" | "schedule" | "threads" | "rateOf" | "average" | "trains"
  > {
  readonly config: DecoderConfig;
  readonly weights: WeightSource;
  readonly tokenizer: Tokenizer;
  /** Logits f32 [rows, vocabulary] for `tokens` i64 [batch, seq] and `rows` i64 [rows]. */
  readonly teacher: (inputs: Record<string, NDArray>, signal?: AbortSignal) => Promise<NDArray>;
  /** 0: KL(teacher || student); 1 (default): the reverse; between them, generalised JSD. */
  readonly beta?: number;
  /** Softens both distributions, and is that of sampling (default 1). */
  readonly temperature?: number;
  readonly maxTokens: number;
  readonly stopTokens: readonly number[];
  readonly context?: number;
  /** Answers sampled at a time (default 16). */
  readonly slots?: number;
  /** Most tokens of a micro-batch, with padding (default 4096). */
  readonly microTokens?: number;
  readonly seed: number;
}

/** State with a lifetime: trainer and engine over the same parameters. */
export class OnPolicyDistiller implements Disposable {
  readonly trainer: Trainer;
  /** Rounds done. */
  rounds = 0;
  readonly #options: OnPolicyDistillerOptions;
  readonly #engine: Engine;

  private constructor(options: OnPolicyDistillerOptions, trainer: Trainer, engine: Engine) {
    this.#options = options;
    this.trainer = trainer;
    this.#engine = engine;
  }

  static async create(options: OnPolicyDistillerOptions): Promise<OnPolicyDistiller> {
    const { config, beta, temperature } = options;
    const model = decoderModel(config);
    const loss = onPolicyDistillationLoss(model, config.vocabSize, { beta, temperature });
    const trainer = await Trainer.create({ ...options, loss });
    try {
      const engine = await policyEngine(trainer, { ...options, answers: 1 });
      return new OnPolicyDistiller(options, trainer, engine);
    } catch (error) {
      trainer.dispose();
      throw error;
    }
  }

  /** An answer to each prompt, and one optimiser step on all of them. */
  async round(
    prompts: readonly ArrayLike<number>[],
    signal?: AbortSignal,
  ): Promise<{ readonly step: StepResult; readonly answers: readonly RolledAnswer[] }> {
    const { temperature = 1, maxTokens, stopTokens, seed, microTokens = 4096 } = this.#options;
    const groups = await rollOut(this.#engine, prompts, {
      answers: 1,
      temperature,
      maxTokens,
      stopTokens,
      seed: seed + 1_000_003 * this.rounds,
      signal,
    });
    const answers = groups.flat();
    const batches = [];
    for (const group of cutByLength(
      answers.map((answer) => ({ answer })),
      microTokens,
    )) {
      const inputs = scoreArrays(group.map(({ answer }) => answer));
      const logits = await this.#options.teacher(inputs, signal);
      // The teacher's array is its own: the next call writes it again.
      const data = (logits.data as Float32Array).slice();
      batches.push({
        inputs: { ...inputs, "teacher logits": { ...logits, data } },
        supervised: inputs.rows!.data.length,
        tokens: inputs.tokens!.data.length,
      });
    }
    const step = await this.trainer.step(batches, signal);
    this.rounds++;
    return { step, answers };
  }

  [Symbol.dispose](): void {
    this.#engine[Symbol.dispose]();
    this.trainer.dispose();
  }
}
