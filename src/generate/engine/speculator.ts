/** Steps that also verify guesses of what follows, while one answer is computed alone. */

import type { DecoderConfig } from "../../models/decoder.ts";
import type { Breather } from "./breather.ts";
import type { Drafter, HiddenRows } from "./drafter.ts";
import type { Job } from "./job.ts";
import { lookUp } from "./prompt-lookup.ts";
import type { Slots } from "./slots.ts";

export interface SpeculatorOptions {
  /** Tokens to guess at most; 0 guesses none. */
  readonly guesses: number;
  /** Guesses them (default: looked up in what came before); disposed of with the engine. */
  readonly drafter?: Drafter;
}

/**
 * As long as the choice from the logits is the guessed token, its place in the cache and the next
 * logits are already there. The choices are those that single steps make: with a guess of one
 * token at a place, drawing from the model and comparing is the rejection rule of Leviathan et
 * al., Fast Inference from Transformers via Speculative Decoding (2023), which takes it with the
 * model's probability of it and else draws from the others.
 */
export class Speculator implements Disposable {
  readonly #slots: Slots;
  readonly #rope: DecoderConfig["rope"];
  readonly #breather: Breather;
  readonly #guesses: number;
  readonly #drafter: Drafter | undefined;

  constructor(
    slots: Slots,
    rope: DecoderConfig["rope"],
    breather: Breather,
    { guesses, drafter }: SpeculatorOptions,
  ) {
    this.#slots = slots;
    this.#rope = rope;
    this.#breather = breather;
    this.#guesses = guesses;
    this.#drafter = drafter;
  }

  /** Of caches beside the slots'. */
  get bytes(): number {
    return this.#drafter?.bytes ?? 0;
  }

  /** @returns false where there is nothing to guess: the job's token is still to be run */
  async step(job: Job): Promise<boolean> {
    const slots = this.#slots;
    const length = slots.length(job.slot);
    const room = Math.min(this.#guesses, slots.capacity - length - 1);
    // Who steers has to see each token before the next; dynamic angles follow the run's length.
    if (room < 1 || job.isPrompt || job.request.steer || this.#rope.type === "dynamic")
      return false;
    const token = job.pending[job.at]!;
    let guess: readonly number[];
    let logits: Float32Array;
    try {
      guess = await this.#guess(job.slot, token, room);
      // Even without a guess the run gives the hidden state from which the next ones are made.
      if (guess.length === 0 && !this.#drafter) return false;
      logits = await slots.verify(job.slot, [token, ...guess], job.signal);
    } catch (error) {
      slots.truncate(job.slot, job.isDone ? length : 0);
      job.fail(error);
      return true;
    } finally {
      this.#breather.rested();
    }
    const size = logits.length / (1 + guess.length);
    let taken = 0;
    while (!job.isDone) {
      job.choose(logits.subarray(taken * size, (taken + 1) * size));
      await this.#breather.breathe();
      if (taken === guess.length || job.pending[0] !== guess[taken]) break;
      taken++;
    }
    try {
      await this.note(job.slot, await slots.accept(job.slot, 1 + guess.length, 1 + taken));
    } catch (error) {
      slots.truncate(job.slot, 0);
      job.fail(error);
    }
    return true;
  }

  /** Tells who guesses of hidden states that a run gave. */
  async note(slot: number, seen: HiddenRows | undefined): Promise<void> {
    if (seen) await this.#drafter?.note(slot, seen, this.#slots.tokens(slot));
  }

  dispose(): void {
    this.#drafter?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #guess(slot: number, token: number, most: number): readonly number[] | Promise<number[]> {
    const held = this.#slots.tokens(slot);
    return this.#drafter ? this.#drafter.draft(slot, held, token, most) : lookUp(held, token, most);
  }
}
