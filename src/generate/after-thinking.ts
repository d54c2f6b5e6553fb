/** A constraint on the answer alone: before it the model thinks as it likes. */

import type { Tokenizer } from "../media/text/types.ts";
import type { TokenConstraint } from "./constrain/types.ts";
import { THINK_CLOSE, THINK_OPEN, type ThinkingStart } from "./thinking.ts";

/** "start": the model may open a block; "edge": behind one, where templates put line ends. */
type State = "start" | "thinking" | "edge" | "answer";

interface Tags {
  readonly open: number | undefined;
  readonly close: number | undefined;
  readonly lineEnds: readonly number[];
  readonly stopTokens: readonly number[];
}

/**
 * @param constraint at its beginning
 * @param stopTokens not allowed inside the block
 * @throws Error where the block is open and the tokenizer has no token that closes it
 */
export function afterThinking(
  constraint: TokenConstraint,
  tokenizer: Tokenizer,
  start: ThinkingStart,
  stopTokens: readonly number[],
): TokenConstraint {
  if (start === "closed") return constraint;
  const close = tokenizer.tokenToId(THINK_CLOSE);
  if (close === undefined) {
    if (start === "auto") return constraint; // the model cannot begin a block: it is not allowed
    throw new Error(`the tokenizer has no token ${THINK_CLOSE}; switch thinking off`);
  }
  const lineEnds = ["\n", "\n\n"].flatMap((text) => {
    const ids = tokenizer.encode(text);
    return ids.length === 1 ? [ids[0]!] : [];
  });
  const tags = { open: tokenizer.tokenToId(THINK_OPEN), close, lineEnds, stopTokens };
  return new AfterThinking(constraint, tags, start === "open" ? "thinking" : "start");
}

class AfterThinking implements TokenConstraint {
  readonly #constraint: TokenConstraint;
  readonly #tags: Tags;
  #state: State;

  constructor(constraint: TokenConstraint, tags: Tags, state: State) {
    this.#constraint = constraint;
    this.#tags = tags;
    this.#state = state;
  }

  get mayEnd(): boolean {
    return this.#state !== "thinking" && this.#constraint.mayEnd;
  }

  allowed(): Uint32Array {
    const { open, lineEnds, stopTokens } = this.#tags;
    const allowed = this.#constraint.allowed();
    if (this.#state === "answer") return allowed;
    if (this.#state === "thinking") {
      const all = new Uint32Array(allowed.length).fill(0xffffffff);
      for (const id of stopTokens) all[id >> 5]! &= ~(1 << (id & 31));
      return all;
    }
    const more = Uint32Array.from(allowed);
    const extra = this.#state === "edge" ? lineEnds : open === undefined ? [] : [open];
    for (const id of extra) more[id >> 5]! |= 1 << (id & 31);
    return more;
  }

  accept(token: number): void {
    const { open, close, lineEnds } = this.#tags;
    if (this.#state === "thinking") {
      if (token === close) this.#state = "edge";
      return;
    }
    if (this.#state === "start" && token === open) {
      this.#state = "thinking";
      return;
    }
    const isEdge = this.#state === "edge" && lineEnds.includes(token);
    this.#state = "answer";
    if (!isEdge) this.#constraint.accept(token);
  }

  fork(): TokenConstraint {
    return new AfterThinking(this.#constraint.fork(), this.#tags, this.#state);
  }
}
