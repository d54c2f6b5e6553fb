/** What held-out rows say of the model at a step: loss, right answers, reward, samples. */

import type { Engine } from "../../generate/index.ts";
import { finalPart, type Reward, rewardOf } from "../rl/reward.ts";
import type { RolledAnswer } from "../rl/roll-out.ts";
import type { MicroBatch, Trainer } from "../trainer.ts";
import type { Question } from "./questions.ts";

export interface Evaluation {
  readonly step: number;
  /** Mean over what is supervised; absent where the method has no loss on given rows. */
  readonly loss?: number;
  /** Share of answers that equal those of the rows. */
  readonly accuracy?: number;
  /** Mean of greedy answers, for methods with rewards. */
  readonly reward?: number;
}

export interface Sample {
  readonly step: number;
  readonly prompt: string;
  readonly text: string;
  readonly expected?: string;
}

export interface EvaluatorOptions {
  readonly trainer: Trainer;
  readonly batches: readonly MicroBatch[] | undefined;
  readonly questions: readonly Question[];
  /** Questions that are answered only to be shown. */
  readonly samples: number;
  readonly accuracy: boolean;
  readonly rewards?: readonly Reward[];
  readonly maxTokens: number;
  readonly stopTokens: readonly number[];
  readonly decode: (ids: ArrayLike<number>) => string;
  readonly openEngine: () => Promise<Engine>;
}

/** State with a lifetime: the engine that answers, once it was needed. */
export class Evaluator implements Disposable {
  readonly #options: EvaluatorOptions;
  #engine: Engine | undefined;

  constructor(options: EvaluatorOptions) {
    this.#options = options;
  }

  async evaluate(
    step: number,
  ): Promise<{ readonly evaluation: Evaluation; readonly samples: readonly Sample[] }> {
    const { trainer, batches, questions, samples, accuracy, rewards, decode } = this.#options;
    const loss = batches && (await trainer.evaluate(batches));
    const graded = questions.filter(({ expected }) => expected !== undefined);
    const asked = accuracy ? graded : rewards ? questions : questions.slice(0, samples);
    const answers = await Promise.all(asked.map((question) => this.#answer(question)));
    const shown = answers.slice(0, samples).map((answer, i): Sample => {
      const { prompt, expected } = asked[i];
      return { step, prompt: decode(prompt), text: answer.text, ...(expected && { expected }) };
    });
    const evaluation: Evaluation = {
      step,
      ...(loss !== undefined && { loss }),
      ...(accuracy && {
        accuracy: mean(
          answers.map(({ text }, i) =>
            finalPart(text) === finalPart(asked[i].expected ?? "") ? 1 : 0,
          ),
        ),
      }),
      ...(rewards && { reward: await this.#reward(rewards, asked, answers) }),
    };
    return { evaluation, samples: shown };
  }

  async #reward(
    rewards: readonly Reward[],
    asked: readonly Question[],
    answers: readonly RolledAnswer[],
  ): Promise<number> {
    const results = await Promise.all(
      answers.map((answer, i) =>
        rewardOf(rewards, { text: answer.text, answer, row: asked[i].row }),
      ),
    );
    return mean(results.flatMap(({ total }) => total ?? []));
  }

  /** The likeliest answer. */
  async #answer({ prompt }: Question): Promise<RolledAnswer> {
    const { openEngine, maxTokens, stopTokens } = this.#options;
    this.#engine ??= await openEngine();
    const [stream] = this.#engine.generate({ prompt, maxTokens, stopTokens, temperature: 0 });
    const tokens: number[] = [];
    let text = "";
    for (;;) {
      const { done, value } = await stream.next();
      if (done) {
        const isComplete = value.finishReason === "stop";
        return { prompt, tokens, text, isComplete, scores: new Float32Array(tokens.length) };
      }
      tokens.push(value.token);
      text += value.text;
    }
  }

  [Symbol.dispose](): void {
    this.#engine?.[Symbol.dispose]();
  }
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
