/** A constraint on the answer of a model that thinks first. */

import type { Tokenizer } from "../../media/text/types.ts";
import { THINK_CLOSE } from "../thinking.ts";
import type { TokenConstraint } from "./types.ts";
import { vocabularyOf } from "./vocabulary.ts";

/** Line ends between the thinking and the answer, at most. */
const MAX_GAP = 2;

/**
 * Lets the thinking go where it wants, and holds what follows `</think>` to a constraint. For
 * answers whose thinking block is open already (`thinkingStart` says "open").
 *
 * @example
 * const constraint = constrainAfterThinking(compiled.start(), tokenizer);
 */
export function constrainAfterThinking(
  constraint: TokenConstraint,
  tokenizer: Tokenizer,
): TokenConstraint {
  const { bytes, size } = vocabularyOf(tokenizer);
  const close = tokenizer.tokenToId(THINK_CLOSE);
  const free = new Uint32Array((size + 31) >> 5);
  const gap = new Uint32Array(free.length);
  const set = (bits: Uint32Array, id: number): void => {
    bits[id >> 5]! |= 1 << (id & 31);
  };
  const isGap = (id: number): boolean => {
    const text = bytes[id];
    return text !== undefined && text.length <= MAX_GAP && text.every((byte) => byte === 0x0a);
  };
  for (let id = 0; id < size; id++) {
    if (bytes[id]) set(free, id);
    if (isGap(id)) set(gap, id);
  }
  if (close !== undefined) set(free, close);
  return new AfterThinking({ constraint, close, free, gap, isGap, bytes, tail: "", line: 0 });
}

interface Phase {
  readonly constraint: TokenConstraint;
  readonly close: number | undefined;
  readonly free: Uint32Array;
  readonly gap: Uint32Array;
  readonly isGap: (id: number) => boolean;
  readonly bytes: readonly (Uint8Array | undefined)[];
  /** End of the thinking so far; undefined behind it. */
  readonly tail: string | undefined;
  /** Line ends behind the thinking; Infinity where the answer has begun. */
  readonly line: number;
}

class AfterThinking implements TokenConstraint {
  private phase: Phase;

  constructor(phase: Phase) {
    this.phase = phase;
  }

  get mayEnd(): boolean {
    return this.phase.tail === undefined && this.phase.constraint.mayEnd;
  }

  allowed(): Uint32Array {
    const { tail, constraint, line, free, gap } = this.phase;
    if (tail !== undefined) return free;
    const own = constraint.allowed();
    return line < MAX_GAP ? own.map((word, i) => word | gap[i]!) : own;
  }

  accept(token: number): void {
    const { phase } = this;
    const { tail, close, bytes, line, isGap, constraint } = phase;
    if (tail !== undefined) {
      const text = tail + Buffer.from(bytes[token] ?? []).toString("latin1");
      const isClosed = token === close || text.trimEnd().endsWith(THINK_CLOSE);
      this.phase = { ...phase, tail: isClosed ? undefined : text.slice(-THINK_CLOSE.length) };
      return;
    }
    if (line < MAX_GAP && isGap(token)) {
      this.phase = { ...phase, line: line + bytes[token]!.length };
      return;
    }
    constraint.accept(token);
    this.phase = { ...phase, line: Infinity };
  }

  fork(): TokenConstraint {
    return new AfterThinking({ ...this.phase, constraint: this.phase.constraint.fork() });
  }
}
