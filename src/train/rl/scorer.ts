/** Log-probabilities of given answers under a model, without a gradient. */

import { lower } from "../../graph/onnx/lowering.ts";
import type { WeightSource } from "../../graph/program.ts";
import type { LinearAdapter, WeightFormats } from "../../nn/scope.ts";
import { createParameters } from "../../nn/scope.ts";
import { createSession, type NDArrays, type Session } from "../../runtime/index.ts";
import { labelScores, rowLogits, scoreInputs } from "../align/scores.ts";
import { cutGroups, sequenceArrays } from "../align/sequence-arrays.ts";
import type { Sequence } from "../batches.ts";
import type { TokenModel } from "../language-model.ts";
import { sessionOptions } from "../sessions.ts";
import { cutByLength, scoreArrays } from "./answer-batches.ts";
import type { RolledAnswer } from "./roll-out.ts";

export interface ScorerOptions {
  /** Divides the logits (default 1). */
  readonly temperature?: number;
  /** Most tokens of a run, with padding (default 4096). */
  readonly tokens?: number;
  readonly threads?: number;
  /** Of the frozen weights that are quantised, by name. */
  readonly formats?: WeightFormats;
  /** Changes linear maps, e.g. by low-rank products (`loraAdapter`). */
  readonly adapter?: LinearAdapter;
}

/** Where a scorer's parameters come from. */
export interface ScorerWeights {
  /** Those that stay as they are. */
  readonly fixed?: WeightSource;
  /** The present arrays of those that are trained. */
  readonly current?: () => NDArrays;
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

  /** @param weights of a model that stays as it is, or is trained, in whole or in part */
  static async create(
    model: TokenModel,
    { fixed, current = () => ({}) }: ScorerWeights,
    { temperature = 1, tokens = 4096, threads, formats, adapter }: ScorerOptions = {},
  ): Promise<Scorer> {
    const trained = new Set(Object.keys(current()));
    const { root } = createParameters("f32", formats, { adapter });
    const given = scoreInputs();
    const scores = labelScores(rowLogits(model, root, given, temperature), given.labels);
    const program = lower({
      inputs: [given.tokens, given.rows, given.labels],
      outputs: { scores },
      parameters: (name) => (trained.has(name) ? "input" : "initializer"),
    });
    const session = await createSession(
      program,
      sessionOptions({ weights: fixed, formats, threads }),
    );
    return new Scorer(session, current, tokens);
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

  /** One sum a sequence: the log-probability of its learned tokens together. */
  async sums(sequences: readonly Sequence[], signal?: AbortSignal): Promise<Float64Array> {
    const found = new Float64Array(sequences.length);
    const places = sequences.map((_, i) => i);
    for (const group of cutGroups(places, (i) => [sequences[i]!], this.#tokens)) {
      const { inputs, sizes } = sequenceArrays(group.map((i) => sequences[i]!));
      const { answers: _, ...given } = inputs;
      const { scores } = await this.#session.run({ ...this.#parameters(), ...given }, { signal });
      let at = 0;
      group.forEach((i, g) => {
        const end = at + sizes[g]!;
        for (; at < end; at++) found[i]! += Number(scores!.data[at]);
      });
    }
    return found;
  }

  [Symbol.dispose](): void {
    this.#session.dispose();
  }
}
