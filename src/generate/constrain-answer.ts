/** A constraint on the answer alone, however it begins: before it the model may think. */

import type { Tokenizer } from "../media/text/types.ts";
import { constrainAfterThinking } from "./constrain/after-thinking.ts";
import type { TokenConstraint } from "./constrain/types.ts";
import { THINK_OPEN, type ThinkingStart } from "./thinking.ts";

/** @param constraint at its beginning */
export function constrainAnswer(
  constraint: TokenConstraint,
  tokenizer: Tokenizer,
  start: ThinkingStart,
): TokenConstraint {
  if (start === "open") return constrainAfterThinking(constraint, tokenizer);
  const open = start === "auto" ? tokenizer.tokenToId(THINK_OPEN) : undefined;
  // Without a token of its own the block cannot be begun: the answer starts at once.
  if (open === undefined) return constraint;
  return new MayThink(constraint, tokenizer, open);
}

/** The first token opens a thinking block, or begins the answer. */
class MayThink implements TokenConstraint {
  readonly #open: number;
  readonly #tokenizer: Tokenizer;
  #inner: TokenConstraint;
  #isFirst = true;

  constructor(constraint: TokenConstraint, tokenizer: Tokenizer, open: number) {
    this.#inner = constraint;
    this.#tokenizer = tokenizer;
    this.#open = open;
  }

  get mayEnd(): boolean {
    return this.#inner.mayEnd;
  }

  allowed(): Uint32Array {
    const allowed = this.#inner.allowed();
    if (!this.#isFirst) return allowed;
    const more = Uint32Array.from(allowed);
    more[this.#open >> 5]! |= 1 << (this.#open & 31);
    return more;
  }

  accept(token: number): void {
    const isThought = this.#isFirst && token === this.#open;
    this.#isFirst = false;
    if (isThought) this.#inner = constrainAfterThinking(this.#inner, this.#tokenizer);
    else this.#inner.accept(token);
  }

  fork(): TokenConstraint {
    const inner = this.#inner.fork();
    return this.#isFirst ? new MayThink(inner, this.#tokenizer, this.#open) : inner;
  }
}
