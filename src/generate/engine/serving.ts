/** Continuous batching: prompts in chunks between steps that all running answers share. */

import type { DecoderConfig } from "../../models/decoder.ts";
import { Candidates } from "../candidates.ts";
import { checkTokens } from "../context-limit.ts";
import { Decoding } from "../decoding.ts";
import { promptChunk } from "../prompt-chunk.ts";
import { Breather } from "./breather.ts";
import { FairQueue } from "./fair-queue.ts";
import { Job } from "./job.ts";
import { Placement } from "./placement.ts";
import { refusal } from "./refusal.ts";
import type { Slots } from "./slots.ts";
import { Speculator, type SpeculatorOptions } from "./speculator.ts";
import type { Engine, EngineAnswer, EngineRequest, EngineStats } from "./types.ts";

/** A prompt goes before shorter ones when they went before it this often in a row. */
const MOST_PASSED = 4;

export interface ServingOptions extends SpeculatorOptions {
  readonly queue: number;
  readonly chunk: number;
  readonly sharedChunk: number;
  readonly prefixCache: boolean;
}

/** The engine over slots that are its own. One loop runs while there is work. */
export class Serving implements Engine {
  readonly contextLimit: number;
  readonly #slots: Slots;
  readonly #config: DecoderConfig;
  readonly #options: ServingOptions;
  readonly #placement: Placement;
  readonly #queue = new FairQueue<Job>();
  /** Who computes in each slot. */
  readonly #jobs: (Job | undefined)[];
  readonly #lastUsed: number[];
  readonly #breather = new Breather();
  readonly #speculator: Speculator;
  readonly #workspaces = new Map<number, Candidates>();
  readonly #counts = { promptTokens: 0, reusedPromptTokens: 0, generatedTokens: 0 };
  #uses = 0;
  #isLooping = false;
  #isDisposed = false;
  #wake = (): void => {};

  constructor(slots: Slots, config: DecoderConfig, options: ServingOptions) {
    this.contextLimit = slots.capacity;
    this.#slots = slots;
    this.#config = config;
    this.#options = options;
    this.#placement = new Placement(slots, config.rope, options.prefixCache);
    this.#speculator = new Speculator(slots, config.rope, this.#breather, options);
    this.#jobs = new Array<Job | undefined>(slots.count).fill(undefined);
    this.#lastUsed = new Array<number>(slots.count).fill(0);
  }

  generate(request: EngineRequest, n = 1): EngineAnswer[] {
    if (this.#isDisposed) throw new Error("this engine was disposed; create another one");
    if (!Number.isInteger(n) || n < 1) {
      throw new RangeError(`generate: n must be a positive integer, is ${n}`);
    }
    const { queue } = this.#options;
    const most = this.#slots.count + queue;
    if (n > most) {
      throw new RangeError(
        `generate: n is ${n}, but at most ${most} answers can be computed ` +
          `(${this.#slots.count}) or wait (${queue}); ask for fewer`,
      );
    }
    const jobs = this.#jobsOf(request, n);
    if (this.#queue.length + n > queue + this.#free().length) {
      for (const job of jobs) job.cancel();
      throw refusal(
        "busy",
        `${n} answers are asked for while ${this.#queue.length} of at most ${queue} wait and ` +
          `${this.stats.running} of ${this.#slots.count} slots are busy; try again later`,
      );
    }
    for (const job of jobs) {
      if (request.signal?.aborted) job.cancel();
      else this.#queue.push(job.client, job);
    }
    this.#changed();
    return jobs.map((job) => job.stream);
  }

  get stats(): EngineStats {
    const slots = this.#slots;
    let cachedTokens = 0;
    for (let slot = 0; slot < slots.count; slot++) cachedTokens += slots.length(slot);
    return {
      running: this.#running().length,
      waiting: this.#queue.length,
      slots: slots.count,
      queue: this.#options.queue,
      cachedTokens,
      cacheCapacity: slots.count * slots.capacity,
      cacheBytes: slots.bytes + this.#speculator.bytes,
      ...this.#counts,
    };
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    for (const job of this.#jobs) job?.cancel();
    for (let job = this.#queue.shift(); job; job = this.#queue.shift()) job.cancel();
    this.#slots.dispose();
    this.#speculator.dispose();
    this.#wake();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #jobsOf(request: EngineRequest, n: number): Job[] {
    const { vocabSize } = this.#config;
    checkTokens(request.prompt, vocabSize);
    const { length } = request.prompt;
    if (length >= this.contextLimit) {
      throw refusal(
        "too-long",
        `the prompt's ${length} tokens leave no room for an answer in the ${this.contextLimit} ` +
          `tokens that a request can have here; leave out at least ${length - this.contextLimit + 1}`,
      );
    }
    const prompt = Int32Array.from(request.prompt);
    const context = {
      vocabSize,
      contextLimit: this.contextLimit,
      workspace: (size: number) => this.#workspace(size),
    };
    const events = {
      changed: () => this.#changed(),
      generated: ({ client }: Job) => {
        this.#counts.generatedTokens++;
        this.#queue.charge(client, 1);
      },
      ended: (job: Job) => {
        if (job.slot < 0) this.#queue.remove(job.client, job);
        this.#wake();
      },
    };
    const { seed, constraint } = request;
    const decodings = Array.from({ length: n }, (_, answer) => {
      const seeded = seed === undefined ? {} : { seed: seed + answer };
      const forked = constraint && answer > 0 ? { constraint: constraint.fork() } : {};
      return new Decoding(prompt, { ...request, ...seeded, ...forked, answer }, context);
    });
    const jobs: Job[] = [];
    for (const decoding of decodings) {
      jobs.push(new Job({ request, prompt, decoding, leader: jobs[0] }, events));
    }
    return jobs;
  }

  /** Samplers choose one after the other, so that they share their memory. */
  #workspace(size: number): Candidates {
    const known = this.#workspaces.get(size) ?? new Candidates(size);
    this.#workspaces.set(size, known);
    return known;
  }

  #running(): Job[] {
    return this.#jobs.filter((job) => job !== undefined && !job.isDone) as Job[];
  }

  #free(): number[] {
    return [...this.#jobs.keys()].filter((slot) => this.#jobs[slot]?.isDone ?? true);
  }

  #changed(): void {
    this.#wake();
    if (this.#isLooping || this.#isDisposed) return;
    this.#isLooping = true;
    void this.#loop();
  }

  async #loop(): Promise<void> {
    try {
      do {
        await this.#breather.rest(); // requests of one turn are seen together
        this.#release();
        await this.#admit();
        const isFed = await this.#feedOne();
        const isStepped = await this.#step();
        if (!isFed && !isStepped && this.#isIdle()) await this.#sleep();
      } while (!this.#isDisposed && (this.#queue.length > 0 || this.#jobs.some(Boolean)));
    } catch (error) {
      this.#failAll(error);
    } finally {
      this.#isLooping = false;
    }
  }

  /** Running answers all wait for their readers. */
  #isIdle(): boolean {
    const jobs = this.#jobs.filter((job) => job !== undefined);
    return jobs.length > 0 && jobs.every((job) => !job.isDone && !job.isReady);
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = () => {};
        resolve();
      };
    });
  }

  #failAll(error: unknown): void {
    for (const job of this.#jobs) job?.fail(error);
    for (let job = this.#queue.shift(); job; job = this.#queue.shift()) job.fail(error);
    this.#jobs.fill(undefined);
  }

  /** Slots of ended answers become free; what they hold stays until it is overwritten. */
  #release(): void {
    for (const [slot, job] of this.#jobs.entries()) {
      if (!job?.isDone) continue;
      this.#jobs[slot] = undefined;
      this.#lastUsed[slot] = ++this.#uses;
    }
  }

  /** Gives free slots to those who wait. */
  async #admit(): Promise<void> {
    for (;;) {
      const free = [...this.#jobs.keys()].filter((slot) => this.#jobs[slot] === undefined);
      const job = free.length > 0 ? this.#queue.shift() : undefined;
      if (!job) return;
      job.marks = this.#placement.marks(job.prompt);
      job.slot = this.#placement.choose(free, job.prompt, this.#lastUsed);
      this.#jobs[job.slot] = job;
      const own = this.#placement.usable(job.slot, job.prompt);
      this.#slots.truncate(job.slot, own);
      job.at = this.#slots.length(job.slot);
      job.decoding.cachedTokens = job.at;
      await this.#takeOver(job);
      this.#queue.charge(job.client, job.remaining);
      if (job.remaining === 0) await this.#completed(job);
    }
  }

  /** Copies what another slot holds of the prompt by now. */
  async #takeOver(job: Job): Promise<void> {
    if (!job.isReady) return;
    const donor = this.#placement.donor(job.slot, job.prompt, job.at);
    if (!donor) return;
    await this.#copy(donor[0], job, donor[1]);
  }

  async #copy(from: number, job: Job, length: number): Promise<void> {
    await this.#slots.copy(from, job.slot, length, this.#breather.breathe);
    job.decoding.cachedTokens += length - job.at;
    job.at = length;
  }

  /** Runs a chunk of one prompt. @returns whether there was one */
  async #feedOne(): Promise<boolean> {
    const waiting = this.#running().filter((job) => job.isReady && job.remaining > 1);
    if (waiting.length === 0) return false;
    const passed = waiting.filter((job) => job.passed >= MOST_PASSED);
    const from = passed.length > 0 ? passed : waiting;
    const job = from.reduce((a, b) => (b.remaining < a.remaining ? b : a));
    for (const other of waiting) other.passed = other === job ? 0 : other.passed + 1;
    if (job.isPrompt) await this.#takeOver(job);
    if (job.isDone) return true;
    if (job.remaining > 1) {
      const mark = job.isPrompt ? job.marks.find((length) => length > job.at) : undefined;
      const count = Math.min(this.#chunkOf(job), job.remaining, (mark ?? Infinity) - job.at);
      try {
        const seen = await this.#slots.feed(job.slot, job.pending, job.at, count, job.signal);
        await this.#speculator.note(job.slot, seen);
      } catch (error) {
        this.#slots.truncate(job.slot, job.isDone ? this.#slots.length(job.slot) : 0);
        job.fail(error);
        return true;
      } finally {
        this.#breather.rested();
      }
      job.at += count;
      if (job.at === mark) this.#slots.snapshot(job.slot);
    }
    if (job.remaining === 0) await this.#completed(job);
    return true;
  }

  /** Long runs while nobody else waits for their end. */
  #chunkOf(job: Job): number {
    const { rope, heads } = this.#config;
    if (rope.type === "dynamic") return this.contextLimit; // its angles follow the run's length
    const { chunk, sharedChunk } = this.#options;
    const isAlone = this.#queue.length === 0 && this.#running().length === 1;
    return promptChunk(heads, isAlone ? chunk : sharedChunk, this.#slots.length(job.slot));
  }

  /** Runs one token of every answer that has one. @returns whether any had */
  async #step(): Promise<boolean> {
    const jobs = this.#running().filter((job) => job.isReady && job.remaining === 1);
    if (jobs.length === 0) return false;
    const [first] = jobs;
    if (jobs.length === 1 && (await this.#speculator.step(first!))) return true;
    // Dynamic angles follow the longest row of a run.
    const isSingle = this.#config.rope.type === "dynamic";
    for (const batch of isSingle ? jobs.map((job) => [job]) : [jobs]) await this.#stepOf(batch);
    return true;
  }

  async #stepOf(jobs: readonly Job[]): Promise<void> {
    const tokens = jobs.map((job) => job.pending[job.at]!);
    try {
      await this.#slots.step(
        jobs.map((job) => job.slot),
        tokens,
      );
    } catch (error) {
      for (const job of jobs) {
        this.#slots.truncate(job.slot, 0);
        job.fail(error);
      }
      return;
    } finally {
      this.#breather.rested();
    }
    for (const job of jobs) {
      if (job.isDone) continue;
      job.at++;
      await this.#completed(job);
    }
  }

  /** All pending tokens of a job are in its slot. */
  async #completed(job: Job): Promise<void> {
    if (job.isPrompt) await this.#promptCompleted(job);
    await this.#breather.breathe();
    if (!job.isDone) job.choose(this.#slots.logits(job.slot));
  }

  async #promptCompleted(job: Job): Promise<void> {
    job.isPrompt = false;
    job.decoding.addPrompt(job.prompt);
    this.#counts.promptTokens += job.prompt.length;
    this.#counts.reusedPromptTokens += job.decoding.cachedTokens;
    for (const other of this.#running()) {
      if (other.leader !== job || !other.isPrompt) continue;
      await this.#copy(job.slot, other, job.prompt.length);
      await this.#completed(other);
    }
  }
}
