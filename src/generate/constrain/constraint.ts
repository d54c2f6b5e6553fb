/** A compiled grammar, and its walks beside answers. */

import type { Tokenizer } from "../../media/text/types.ts";
import { Automaton, type State } from "./automaton.ts";
import { ANSWER_TIME, COMPILE_UNITS, ConstraintError, guarded, STEP_UNITS } from "./budget.ts";
import { cachedConstraint } from "./compiled-cache.ts";
import { GrammarBuilder, type GrammarNode } from "./grammar.ts";
import type { TokenConstraint } from "./types.ts";
import { type Vocabulary, vocabularyOf } from "./vocabulary.ts";
import { warmUp } from "./warm-up.ts";

export interface ConstraintOptions {
  /** Tokens that end an answer, allowed where the text may end (default: the tokenizer's). */
  readonly endTokens?: readonly number[];
}

/** Reusable: what one answer finds out about the vocabulary, the next ones know. */
export interface CompiledConstraint {
  /** A constraint at the beginning of an answer. */
  start(): TokenConstraint;
}

/**
 * @param source the text that is compiled: constraints of one source are compiled once
 * @param build makes the grammar; what it costs is bounded
 */
export function compileConstraint(
  what: string,
  source: string | undefined,
  tokenizer: Tokenizer,
  options: ConstraintOptions,
  build: (grammar: GrammarBuilder) => GrammarNode,
): CompiledConstraint {
  const vocabulary = vocabularyOf(tokenizer);
  const { endTokens = tokenizer.eosId === undefined ? [] : [tokenizer.eosId] } = options;
  for (const id of endTokens) {
    if (!Number.isInteger(id) || id < 0 || id >= vocabulary.size) {
      throw new RangeError(
        `end token ${id} is not of the tokenizer, whose ids are below ${vocabulary.size}`,
      );
    }
  }
  const key = source === undefined ? undefined : `${what} ${endTokens.join()} ${source}`;
  return cachedConstraint(vocabulary, key, () => compile(what, vocabulary, endTokens, build));
}

function compile(
  what: string,
  vocabulary: Vocabulary,
  endTokens: readonly number[],
  build: (grammar: GrammarBuilder) => GrammarNode,
): CompiledConstraint {
  warmUp(vocabulary);
  const automaton = guarded(what, () => {
    vocabulary.store.budget.start(what, COMPILE_UNITS);
    const grammar = new GrammarBuilder(vocabulary.store);
    const root = build(grammar);
    grammar.finish(root);
    return new Automaton(vocabulary, grammar, root, endTokens);
  });
  const shared: Shared = { what, vocabulary, automaton, endTokens: new Set(endTokens) };
  return { start: () => new Walk(shared, automaton.start, false) };
}

interface Shared {
  readonly what: string;
  readonly vocabulary: Vocabulary;
  readonly automaton: Automaton;
  readonly endTokens: ReadonlySet<number>;
}

class Walk implements TokenConstraint {
  private readonly shared: Shared;
  private state: State;
  private isOver: boolean;
  /** Milliseconds so far. */
  private time: number;

  constructor(shared: Shared, state: State, isOver: boolean, time = 0) {
    this.shared = shared;
    this.state = state;
    this.isOver = isOver;
    this.time = time;
  }

  get mayEnd(): boolean {
    return this.state.mayEnd;
  }

  allowed(): Uint32Array {
    const { automaton, vocabulary, endTokens } = this.shared;
    if (this.isOver) {
      const bits = new Uint32Array((vocabulary.size + 31) >> 5);
      for (const id of endTokens) bits[id >> 5]! |= 1 << (id & 31);
      return bits;
    }
    return this.bounded(() => automaton.mask(this.state));
  }

  accept(token: number): void {
    const { automaton, vocabulary, endTokens } = this.shared;
    if (endTokens.has(token)) {
      if (!this.state.mayEnd) {
        throw new ConstraintError(
          `${this.shared.what}: the text may not end here (token ${token})`,
        );
      }
      this.isOver = true;
      return;
    }
    const bytes = this.isOver ? undefined : vocabulary.bytes[token];
    const next =
      bytes &&
      this.bounded(() => {
        let state: State | undefined = this.state;
        for (let i = 0; i < bytes.length && state; i++) state = automaton.step(state, bytes[i]!);
        return state;
      });
    if (!next) throw new ConstraintError(`${this.shared.what}: token ${token} is not allowed here`);
    this.state = next;
  }

  fork(): TokenConstraint {
    return new Walk(this.shared, this.state, this.isOver, this.time);
  }

  private bounded<T>(f: () => T): T {
    const { what, vocabulary } = this.shared;
    if (this.time > ANSWER_TIME) {
      throw new ConstraintError(
        `${what} takes too long a time for each token: write it with fewer alternatives and ` +
          "repetitions that overlap",
      );
    }
    const start = performance.now();
    try {
      return guarded(what, () => {
        vocabulary.store.budget.start(what, STEP_UNITS);
        return f();
      });
    } finally {
      this.time += performance.now() - start;
    }
  }
}
