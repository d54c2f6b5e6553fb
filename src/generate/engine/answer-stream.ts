/** Between the engine, which puts tokens in, and a reader, who takes them or gives up. */

import type { GeneratedToken, GenerateEnd } from "../generate.ts";
import type { EngineAnswer } from "./types.ts";

type Result = IteratorResult<GeneratedToken, GenerateEnd>;

interface Reader {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export interface AnswerEvents {
  /** The reader has seen every token so far and wants another one. */
  readonly onPull: () => void;
  /** The reader gave up. @returns the end of the answer */
  readonly onReturn: () => GenerateEnd;
}

/** After an end nothing more is put in; what was put in before can still be read. */
export class AnswerStream implements EngineAnswer {
  readonly #events: AnswerEvents;
  #items: GeneratedToken[] = [];
  #taken = 0;
  readonly #readers: Reader[] = [];
  #end: { readonly value: GenerateEnd } | { readonly error: unknown } | undefined;
  #isRead = false;

  constructor(events: AnswerEvents) {
    this.#events = events;
  }

  /** A reader waits. */
  get isWanted(): boolean {
    return this.#readers.length > 0;
  }

  put(item: GeneratedToken): void {
    const reader = this.#readers.shift();
    if (reader) reader.resolve({ done: false, value: item });
    else this.#items.push(item);
  }

  finish(value: GenerateEnd): void {
    this.#close({ value });
  }

  fail(error: unknown): void {
    this.#close({ error });
  }

  next(): Promise<Result> {
    if (this.#taken < this.#items.length) {
      const value = this.#items[this.#taken++]!;
      if (this.#taken === this.#items.length) {
        this.#items = [];
        this.#taken = 0;
      }
      return Promise.resolve({ done: false, value });
    }
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      if (this.#end) this.#settle();
      else this.#events.onPull();
    });
  }

  return(value?: GenerateEnd | PromiseLike<GenerateEnd>): Promise<Result> {
    this.#items = [];
    this.#taken = 0;
    const end = this.#end ? undefined : this.#events.onReturn();
    if (end) this.#close({ value: end });
    this.#isRead = true;
    return Promise.resolve(value).then((given) => done(given ?? end));
  }

  throw(error: unknown): Promise<Result> {
    return this.return().then(() => Promise.reject(error));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #close(end: { readonly value: GenerateEnd } | { readonly error: unknown }): void {
    if (this.#end) return;
    this.#end = end;
    this.#settle();
  }

  /** The first reader gets the end, the others (and later ones) what an ended generator gives. */
  #settle(): void {
    for (const { resolve, reject } of this.#readers.splice(0)) {
      if (this.#isRead || !this.#end) resolve(done(undefined));
      else if ("error" in this.#end) reject(this.#end.error);
      else resolve(done(this.#end.value));
      this.#isRead = true;
    }
  }
}

/** A generator's own type leaves out that after its end there is no value. */
const done = (value: GenerateEnd | undefined): Result => ({
  done: true,
  value: value as GenerateEnd,
});
