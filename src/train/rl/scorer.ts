/** Log-probabilities of given answers under a model, without a gradient. */

import { lower } from "../../graph/onnx/lowering.ts";
import type { WeightSource } from "../../graph/program.ts";
import { createParameters } from "../../nn/scope.ts";
import { createSession, type NDArrays, type Session } from "../../runtime/index.ts";
import { labelScores, rowLogits, scoreInputs } from "../align/scores.ts";
import type { TokenModel } from "../language-model.ts";
import { cutByLength, scoreArrays } from "./answer-batches.ts";
import type { RolledAnswer } from "./roll-out.ts";

export interface ScorerOptions {
  /** Divides the logits (default 1). */
  readonly temperature?: number;
  /** Most tokens of a run, with padding (default 4096). */
  readonly tokens?: number;
  readonly threads?: number;
}

/** State with a lifetime: a session. */
export class Scorer implements Disposable {
  readonly #session: Session;
  readonly #parameters: () => NDArrays;
  readonly #tokens: number;

  private constructor(session: Session, parameters: () => NDArrays, tokens: number) {
    this.#session = session;
    this.#parameters = parameters;
    this.#tokens = tokens;
  }

  /**
   * @param weights of a model that stays as it is; or a function that gives the present arrays of
   *   all parameters, for a model that is trained
   */
  static async create(
    model: TokenModel,
    weights: { readonly fixed: WeightSource } | { readonly current: () => NDArrays },
    { temperature = 1, tokens = 4096, threads }: ScorerOptions = {},
  ): Promise<Scorer> {
    const isFixed = "fixed" in weights;
    const { root } = createParameters();
    const given = scoreInputs();
    const scores = labelScores(rowLogits(model, root, given, temperature), given.labels);
    const program = lower({
      inputs: [given.tokens, given.rows, given.labels],
      outputs: { scores },
      parameters: isFixed ? "initializer" : "input",
    });
    const source = isFixed ? weights.fixed : undefined;
    const session = await createSession(program, { weights: source, threads, prepack: false });
    return new Scorer(session, isFixed ? () => ({}) : weights.current, tokens);
  }

  /** One array an answer: the log-probability of each of its tokens. */
  async score(answers: readonly RolledAnswer[], signal?: AbortSignal): Promise<Float32Array[]> {
    const found = new Map<RolledAnswer, Float32Array>();
    const members = answers.map((answer) => ({ answer }));
    for (const group of cutByLength(members, this.#tokens)) {
      const { tokens, rows, labels } = scoreArrays(group.map(({ answer }) => answer));
      const inputs = { ...this.#parameters(), tokens: tokens!, rows: rows!, labels: labels! };
      const { scores } = await this.#session.run(inputs, { signal });
      let at = 0;
      for (const { answer } of group) {
        const end = at + answer.tokens.length;
        found.set(answer, (scores!.data as Float32Array).slice(at, end));
        at = end;
      }
    }
    return answers.map((answer) => found.get(answer)!);
  }

  [Symbol.dispose](): void {
    this.#session.dispose();
  }
}
