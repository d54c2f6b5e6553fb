/** Texts as vectors, and texts judged against a query: Qwen3-Embedding and Qwen3-Reranker. */

import { zeros } from "../graph/ndarray.ts";
import type { Program } from "../graph/program.ts";
import type { Tokenizer } from "../media/text/index.ts";
import type { Model } from "../models/load.ts";
import { lastHiddenProgram, lastLogitsProgram } from "../models/pooled-programs.ts";
import { createSession, type Session } from "../runtime/index.ts";
import { checkContext, checkTokens, contextLimit } from "./context-limit.ts";

/** Runs whole texts, one after the other; the programs are loaded when first needed. */
export interface TextJudge extends Disposable {
  /** Most tokens of a text. */
  readonly contextLimit: number;
  /** Length of a vector. */
  readonly size: number;
  /** The hidden state of a text's last token, f32 [size], not normalised. */
  lastHidden(tokens: ArrayLike<number>, signal?: AbortSignal): Promise<Float32Array>;
  /** Scores of what would follow a text, f32 [vocab]. */
  lastLogits(tokens: ArrayLike<number>, signal?: AbortSignal): Promise<Float32Array>;
}

/** @param model must stay open while the judge lives */
export function createTextJudge(model: Pick<Model, "config" | "weights">): TextJudge {
  const { config, weights } = model;
  const limit = contextLimit(config);
  const sessions = new Map<string, Promise<Session>>();
  let last: Promise<unknown> = Promise.resolve();
  let isDisposed = false;
  const run = async (
    output: "hidden" | "logits",
    program: () => Program,
    tokens: ArrayLike<number>,
    signal?: AbortSignal,
  ): Promise<Float32Array> => {
    if (isDisposed) throw new Error("this text judge was disposed; create another one");
    if (tokens.length === 0) throw new RangeError("the text is empty: it has no tokens");
    checkTokens(tokens, config.vocabSize);
    checkContext(tokens.length, limit);
    let loading = sessions.get(output);
    if (!loading) {
      loading = createSession(program(), { prepack: false, weights });
      loading.catch(() => sessions.delete(output));
      sessions.set(output, loading);
    }
    const session = await loading;
    const ids = zeros("i64", [1, tokens.length]);
    const words = new Int32Array(ids.data.buffer, 0, 2 * tokens.length);
    for (let i = 0; i < tokens.length; i++) words[2 * i] = tokens[i]!;
    // One at a time: a text keeps every core busy.
    const turn = last.then(async () => {
      signal?.throwIfAborted();
      const outputs = await session.run({ tokens: ids }, { signal });
      return outputs[output]!.data as Float32Array; // both outputs are f32
    });
    last = turn.catch(() => {});
    return turn;
  };
  return {
    contextLimit: limit,
    size: config.hiddenSize,
    lastHidden: (tokens, signal) => run("hidden", () => lastHiddenProgram(config), tokens, signal),
    lastLogits: (tokens, signal) => run("logits", () => lastLogitsProgram(config), tokens, signal),
    [Symbol.dispose]() {
      isDisposed = true;
      for (const loading of sessions.values()) {
        void Promise.all([loading, last]).then(
          ([session]) => session.dispose(),
          () => {},
        );
      }
    },
  };
}

/** The token that Qwen3-Embedding puts behind every text, and pools. */
const TEXT_END = "<|endoftext|>";

/** Ids of a text to embed: what is written in it is text, and the end token follows. */
export function embeddingTokens(tokenizer: Tokenizer, text: string): number[] {
  const end = tokenizer.tokenToId(TEXT_END) ?? tokenizer.eosId;
  const ids = Array.from(tokenizer.encode(text, { specials: false }));
  return end === undefined || ids.at(-1) === end ? ids : [...ids, end];
}

/**
 * Cut to its first `dimensions` numbers (for models trained so), then to length 1.
 *
 * @throws RangeError where the vector is shorter
 */
export function normalise(vector: Float32Array, dimensions = vector.length): Float32Array {
  if (dimensions > vector.length) {
    throw new RangeError(
      `dimensions is ${dimensions}, but vectors of this model have ${vector.length}`,
    );
  }
  const cut = vector.slice(0, dimensions);
  let squares = 0;
  for (const x of cut) squares += x * x;
  const length = Math.max(Math.sqrt(squares), 1e-12); // as torch's normalize
  return cut.map((x) => x / length);
}

/** What Qwen3-Reranker's model card names where nothing is said. */
const INSTRUCTION = "Given a web search query, retrieve relevant passages that answer the query";
const BEFORE =
  "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and " +
  'the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>\n' +
  "<|im_start|>user\n";
const AFTER = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n";

/** Qwen3-Reranker's prompt (its model card); control tokens in the texts are plain text. */
export function rerankTokens(
  tokenizer: Tokenizer,
  { query, document, instruction = INSTRUCTION }: RerankInput,
): number[] {
  const body = `<Instruct>: ${instruction}\n<Query>: ${query}\n<Document>: ${document}`;
  return [
    ...tokenizer.encode(BEFORE),
    ...tokenizer.encode(body, { specials: false }),
    ...tokenizer.encode(AFTER),
  ];
}

export interface RerankInput {
  readonly query: string;
  readonly document: string;
  readonly instruction?: string;
}

/**
 * Probability of "yes" against "no", from scores f32 [vocab].
 *
 * @throws Error where the vocabulary has no token for either word
 */
export function yesProbability(
  logits: Float32Array,
  tokenizer: Pick<Tokenizer, "tokenToId">,
): number {
  const [yes, no] = ["yes", "no"].map((word) => {
    const id = tokenizer.tokenToId(word);
    if (id === undefined) throw new Error(`the vocabulary has no token "${word}": not a reranker`);
    return logits[id]!;
  });
  return 1 / (1 + Math.exp(no! - yes!));
}
