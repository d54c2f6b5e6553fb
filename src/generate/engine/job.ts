/** One answer that the engine works on, from the queue to its end. */

import type { Decoding } from "../decoding.ts";
import type { GeneratedToken, GenerateEnd } from "../generate.ts";
import { AnswerStream } from "./answer-stream.ts";
import type { EngineRequest } from "./types.ts";

export interface JobEvents {
  /** The job may have become ready to be computed, or ended. */
  readonly changed: () => void;
  readonly generated: (job: Job) => void;
  readonly ended: (job: Job) => void;
}

/** Ends in one of `finish`, `fail` and `cancel`, whichever comes first. */
export class Job {
  readonly request: EngineRequest;
  readonly prompt: Int32Array;
  readonly decoding: Decoding;
  readonly client: unknown;
  readonly stream: AnswerStream;
  /** The first answer to the same prompt, whose state the others copy. */
  readonly leader: Job | undefined;
  /** Where it is computed; -1 in the queue. */
  slot = -1;
  /** Tokens that the slot is to take in, of which it has the first `at`. */
  pending: ArrayLike<number>;
  at = 0;
  isPrompt = true;
  /** Lengths of the prompt at which its state is to be copied, ascending. */
  marks: readonly number[] = [];
  isDone = false;
  /** How often in a row the prompt of another job went first. */
  passed = 0;
  readonly #events: JobEvents;
  readonly #controller = new AbortController();
  #turn: Iterator<GeneratedToken, readonly number[] | GenerateEnd> | undefined;

  constructor(
    { request, prompt, decoding, leader }: Pick<Job, "request" | "prompt" | "decoding" | "leader">,
    events: JobEvents,
  ) {
    this.request = request;
    this.prompt = prompt;
    this.decoding = decoding;
    this.leader = leader;
    this.client = request.client ?? leader?.client ?? Symbol("client");
    this.pending = prompt;
    this.#events = events;
    this.stream = new AnswerStream({
      onPull: () => this.#advance(),
      onReturn: () => this.cancel(),
    });
    request.signal?.addEventListener("abort", this.#abort, { once: true });
  }

  /** Ends what is computed for this job alone when it is cancelled. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get remaining(): number {
    return this.pending.length - this.at;
  }

  /** Has tokens to be fed, and need not wait for another answer's prompt to copy. */
  get isReady(): boolean {
    if (this.isDone || this.remaining === 0) return false;
    const { leader } = this;
    return !(leader && this.isPrompt && leader.isPrompt && !leader.isDone);
  }

  /** All pending tokens are in the cache: chooses what follows. */
  choose(logits: Float32Array): void {
    try {
      this.#turn = this.decoding.turn(logits);
      this.#take();
    } catch (error) {
      this.fail(error);
      return;
    }
    this.#advance();
  }

  finish(end: GenerateEnd): void {
    if (this.#close()) this.stream.finish(end);
  }

  fail(error: unknown): void {
    if (this.#close()) this.stream.fail(error);
  }

  cancel(): GenerateEnd {
    const end = this.decoding.end("cancelled");
    this.finish(end);
    this.#controller.abort();
    return end;
  }

  readonly #abort = (): void => void this.cancel();

  /** Goes on with the turn: where `steer` looks at every token, only as the reader asks for more. */
  #advance(): void {
    if (!this.#turn) return;
    try {
      while (this.#turn && !this.isDone && (!this.request.steer || this.stream.isWanted)) {
        this.#take();
      }
    } catch (error) {
      this.fail(error);
    }
  }

  #take(): void {
    const { done, value } = this.#turn!.next();
    if (this.isDone) return; // cancelled by `steer`
    if (!done) {
      this.#events.generated(this);
      this.stream.put(value);
      return;
    }
    this.#turn = undefined;
    if ("finishReason" in value) {
      this.finish(value);
      return;
    }
    this.pending = value;
    this.at = 0;
    this.#events.changed();
  }

  #close(): boolean {
    if (this.isDone) return false;
    this.isDone = true;
    this.#turn = undefined;
    this.request.signal?.removeEventListener("abort", this.#abort);
    this.#events.ended(this);
    return true;
  }
}
