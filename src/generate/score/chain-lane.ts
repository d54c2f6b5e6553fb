/**
 * Scores texts one after the other: for models whose state holds one text alone. The cache keeps the
 * last one, so contexts that begin as the one before go on from there.
 */

import { fromValues, ndarray } from "../../graph/ndarray.ts";
import type { DecoderConfig } from "../../models/decoder.ts";
import type { Session } from "../../runtime/index.ts";
import { rowOfCache } from "../cache.ts";
import { decoderSettings } from "../decoder-options.ts";
import { DecoderRows } from "../decoder-rows.ts";
import { promptChunk } from "../prompt-chunk.ts";
import type { ScoreLane } from "./score-lane.ts";
import { ids, runScores } from "./score-run.ts";
import type { ScoredText, TextGroup } from "./scored-text.ts";

/** What is scored behind each place of a run, ascending. */
interface Wanted {
  readonly place: number;
  readonly text: ScoredText;
  readonly target: number;
}

/** The session's program is `scoreProgram` without a tree. */
export class ChainLane implements ScoreLane {
  readonly #session: Session;
  readonly #config: DecoderConfig;
  readonly #rows: DecoderRows;
  readonly #chunk: number;

  constructor(session: Session, config: DecoderConfig) {
    const settings = decoderSettings(config, {});
    this.#session = session;
    this.#config = config;
    this.#rows = new DecoderRows(config, settings);
    this.#chunk = settings.chunk;
  }

  take<G extends TextGroup>(open: G[], waiting: G[]): void {
    if (open.length === 0) open.push(...waiting.splice(0, 1));
  }

  async step([group]: readonly TextGroup[], signal: AbortSignal | undefined): Promise<void> {
    const { rope } = this.#config;
    const longest = Math.max(...group!.texts.map(({ tokens }) => tokens.length));
    try {
      // Dynamic rotary angles follow the length of the run: nothing can be shared.
      const isAlone = rope.type === "dynamic" && longest > rope.originalLength;
      await (isAlone ? this.#scoreWhole(group!, signal) : this.#scoreShared(group!, signal));
    } catch (error) {
      this.#rows.clear(0); // half a run may have changed its state
      throw error;
    }
  }

  async #scoreShared({ context, texts }: TextGroup, signal: AbortSignal | undefined) {
    const rows = this.#rows;
    rows.reserve(context.length);
    const held = rows.truncate(Math.min(rows.reusable(context, 0), context.length - 1), 0);
    const rest = context.slice(held);
    // The first token of every continuation is scored at the context's end.
    const firsts = texts.map((text) => wantedOf(text, 0, rest.length - 1));
    await this.#feed(rest, firsts, signal);
    rows.snapshot(0);
    for (const text of texts) {
      if (text.targets.length === 1) continue;
      rows.truncate(context.length, 0);
      const more = [...text.targets.keys()].slice(1).map((i) => wantedOf(text, i, i - 1));
      await this.#feed(text.tokens.slice(context.length), more, signal);
    }
  }

  /** Each text as one run. */
  async #scoreWhole({ context, texts }: TextGroup, signal: AbortSignal | undefined) {
    for (const text of texts) {
      this.#rows.clear(0);
      const all = [...text.targets.keys()].map((i) => wantedOf(text, i, context.length - 1 + i));
      await this.#feed(text.tokens, all, signal);
    }
  }

  /** Appends tokens to what the cache holds. */
  async #feed(
    tokens: readonly number[],
    wanted: readonly Wanted[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { rope, heads, vocabSize } = this.#config;
    this.#rows.reserve(this.#rows.at(0).length + tokens.length);
    for (let start = 0, count: number; start < tokens.length; start += count) {
      const past = this.#rows.at(0).length;
      const most = rope.type === "dynamic" ? this.#chunk : promptChunk(heads, this.#chunk, past);
      count = Math.min(most, tokens.length - start);
      const own = wanted.filter(({ place }) => place >= start && place < start + count);
      const places = [...new Set(own.map(({ place }) => place))];
      const chunk = ids(tokens.slice(start, start + count));
      const { logprobs, isBest } = await runScores(this.#session, {
        inputs: {
          tokens: ndarray("i64", [1, count], chunk.data),
          past: fromValues("i32", [1], [past]),
        },
        cache: rowOfCache(this.#rows.cache, 0),
        vocabSize,
        picked: places.map((place) => place - start),
        wanted: own.map(({ place, target }) => ({ row: places.indexOf(place), target })),
        signal,
      });
      this.#rows.append(0, tokens, start, count);
      for (const [i, { text }] of own.entries()) {
        text.logprobs.push(logprobs[i]!);
        text.isBest.push(isBest[i]!);
      }
    }
  }
}

const wantedOf = (text: ScoredText, i: number, place: number): Wanted => ({
  place,
  text,
  target: text.targets[i]!,
});
