/** Scores as many texts a run as pays, as a tree of what they share. */

import { fromValues, ndarray } from "../../graph/ndarray.ts";
import type { DecoderConfig } from "../../models/decoder.ts";
import type { Session } from "../../runtime/index.ts";
import { createCache, growCache } from "../cache.ts";
import { promptChunk } from "../prompt-chunk.ts";
import type { ScoreLane } from "./score-lane.ts";
import { ids, runScores } from "./score-run.ts";
import { isScored, nextPlace, type ScoredText, type TextGroup } from "./scored-text.ts";
import { commonLength, TokenTree, type TreeLimits } from "./token-tree.ts";

/** Logits of one run: 64 MiB of f32. */
const MOST_LOGITS = 2 ** 24;

/** The session's program has the inputs of a tree, see `scoreProgram`. */
export class TreeLane implements ScoreLane {
  readonly #session: Session;
  readonly #config: DecoderConfig;
  readonly #limits: TreeLimits;
  #capacity = 512;
  #cache;
  /** What the cache's first slots hold. */
  #held: readonly number[] = [];
  #bias = new Float32Array();

  constructor(session: Session, config: DecoderConfig) {
    this.#session = session;
    this.#config = config;
    const rows = Math.max(1, Math.floor(MOST_LOGITS / config.vocabSize));
    this.#limits = { tokens: runTokens(config), rows };
    this.#cache = createCache(config, 1, this.#capacity);
  }

  take<G extends TextGroup>(open: G[], waiting: G[]): void {
    let [tokens, rows] = [0, 0];
    const fits = (group: G): boolean => {
      const need = this.#needOf(group);
      tokens += need.tokens;
      rows += need.rows;
      return tokens <= this.#limits.tokens && rows <= this.#limits.rows;
    };
    open.forEach(fits);
    while (waiting.length > 0) {
      if (!fits(waiting[0]!) && open.length > 0) return;
      open.push(waiting.shift()!);
    }
  }

  async step(open: readonly TextGroup[], signal: AbortSignal | undefined): Promise<void> {
    const { vocabSize, heads } = this.#config;
    const texts = open.flatMap((group) => group.texts.filter((text) => !isScored(text)));
    const shared = new Map(texts.map((text) => [text, this.#sharedBy(text)]));
    // The cache goes on with the first text: one that shares most with what came before.
    texts.sort((a, b) => shared.get(b)! - shared.get(a)!);
    const past = shared.get(texts[0]!)!;
    const tokens = promptChunk(heads, this.#limits.tokens, past);
    const tree = new TokenTree(this.#held, past, { ...this.#limits, tokens });
    for (const text of texts) tree.add(text);
    const count = tree.tokens.length;
    this.#reserve(past, past + count);
    this.#held = this.#held.slice(0, past);
    const { logprobs, isBest } = await runScores(this.#session, {
      inputs: {
        tokens: ndarray("i64", [1, count], ids(tree.tokens).data),
        past: fromValues("i32", [1], [past]),
        positions: tree.positions(),
        bias: tree.bias(this.#capacity, this.#memory(count * this.#capacity)),
      },
      cache: this.#cache,
      vocabSize,
      picked: tree.picked,
      wanted: tree.wanted,
      signal,
    });
    this.#held = tree.heldAfter();
    for (const [i, { text }] of tree.wanted.entries()) {
      text.logprobs.push(logprobs[i]!);
      text.isBest.push(isBest[i]!);
    }
  }

  /** Tokens that the cache holds and that need not be computed again. */
  #sharedBy = (text: ScoredText): number => commonLength(this.#held, text.tokens, nextPlace(text));

  /** At most what a group adds to a tree. */
  #needOf({ context, texts }: TextGroup): { tokens: number; rows: number } {
    const open = texts.filter((text) => !isScored(text));
    const own = open.map(
      (text) => text.tokens.length - Math.max(context.length, this.#sharedBy(text)),
    );
    const held = commonLength(this.#held, context, context.length - 1);
    return {
      tokens: own.reduce((sum, n) => sum + n, context.length - held),
      rows: open.reduce((sum, { targets, logprobs }) => sum + targets.length - logprobs.length, 0),
    };
  }

  #reserve(used: number, slots: number): void {
    if (slots <= this.#capacity) return;
    this.#capacity = Math.max(slots, 2 * this.#capacity);
    this.#cache = growCache(this.#cache, this.#capacity, [used]);
  }

  #memory(size: number): Float32Array {
    if (this.#bias.length < size) this.#bias = new Float32Array(size);
    return this.#bias;
  }
}

/**
 * Tokens of a run: so many that the weights are read seldom, and so few that attention of all to
 * all, much of which the tree hides, is a small part of the products. Most a second were scored at
 * 64 to 128 by 1.3 M parameters (hidden size 128), at 256 to 512 by 126 M (1,024).
 */
function runTokens(c: DecoderConfig): number {
  const projections = c.hiddenSize * 2 * (c.heads + c.kvHeads) * c.headDim;
  const weights = projections + 3 * c.hiddenSize * c.intermediateSize; // of a layer
  const most = (0.15 * weights) / (2 * c.heads * c.headDim);
  return Math.min(256, Math.max(64, 64 * Math.round(most / 64)));
}
