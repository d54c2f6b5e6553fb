/**
 * The serving engine on a checkpoint: many streams beside one, fairness, a short request during a
 * long prompt, a repeated prefix, and the event loop's delay throughout.
 *
 *   npx tsx bench/write-checkpoint.ts DIR
 *   npx tsx bench/engine.ts DIR [--parts streams,mixed,short,prefix] [--tokens 48] [--long 4096]
 *                           [--prefix 2000] [--threads N] [--json]
 */

import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { createEngine, type EngineOptions } from "../src/generate/engine/engine.ts";
import { Slots } from "../src/generate/engine/slots.ts";
import type { Engine, EngineRequest } from "../src/generate/engine/types.ts";
import { loadModel } from "../src/models/load.ts";
import { describeMachine, machine, printTable, type Row } from "./support.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    parts: { type: "string", default: "streams,mixed,short,prefix" },
    tokens: { type: "string", default: "48" },
    long: { type: "string", default: "4096" },
    prefix: { type: "string", default: "2000" },
    threads: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const [dir] = positionals;
if (!dir) {
  console.error("usage: engine.ts DIR [--parts streams,mixed,short,prefix] [--tokens N] ...");
  process.exit(2);
}
const parts = new Set(values.parts.split(","));
const [tokens, long, prefix] = [values.tokens, values.long, values.prefix].map(Number) as [
  number,
  number,
  number,
];
const before = machine();
const rows: Row[] = [];
function add(row: Row): void {
  rows.push(row);
  process.stderr.write(`${row.name}: ${row.measured}; ${row.reference}; ${row.ratio.toFixed(2)}\n`);
}

using model = await loadModel(dir);
const { vocabSize } = model.config;
/** Different for each seed from the first token on: nothing is shared by accident. */
const promptOf = (length: number, seed: number): number[] =>
  Array.from({ length }, (_, i) => (seed * 104_729 + i * 7919 + 17) % vocabSize);
/** Sampling as chats do it, over the whole vocabulary. */
const sampling = { temperature: 0.7, topP: 0.8, topK: 20, seed: 1 };

interface Timing {
  /** Milliseconds at which each token came. */
  readonly times: readonly number[];
  readonly asked: number;
}

async function time(engine: Engine, request: EngineRequest): Promise<Timing> {
  const asked = performance.now();
  const times: number[] = [];
  for await (const _ of engine.generate({ ...sampling, ...request })[0]!) {
    times.push(performance.now());
  }
  return { times, asked };
}

/** Tokens in a second between the last stream's start and the first one's end. */
function rateOf(timings: readonly Timing[]): number {
  const from = Math.max(...timings.map(({ times }) => times[0]!));
  const to = Math.min(...timings.map(({ times }) => times.at(-1)!));
  const counted = timings.flatMap(({ times }) => times.filter((t) => t > from && t <= to));
  return (1000 * counted.length) / (to - from);
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;

/** An engine with what a part needs, warmed up. */
async function withEngine(options: EngineOptions, f: (engine: Engine) => Promise<void>) {
  const threads = values.threads === undefined ? {} : { threads: Number(values.threads) };
  using engine = await createEngine(model, undefined, { ...options, engine: threads });
  await time(engine, { prompt: promptOf(24, 999), maxTokens: 4 });
  await f(engine);
}

const RESOLUTION = 2;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
delay.enable();

if (parts.has("streams")) {
  await withEngine({ slots: 8, context: 128 + tokens }, async (engine) => {
    const ratios: number[] = [];
    const measured: number[] = [];
    const alone: number[] = [];
    for (let round = 0; round < 3; round++) {
      const request = (seed: number) => ({ prompt: promptOf(64, seed), maxTokens: tokens });
      const one = rateOf([await time(engine, request(100 * round + 9))]);
      const all = [1, 2, 3, 4, 5, 6, 7, 8].map((i) => time(engine, request(100 * round + i)));
      const eight = rateOf(await Promise.all(all));
      measured.push(eight);
      alone.push(one);
      ratios.push(eight / one);
    }
    add({
      name: "8 streams, median of 3",
      measured: `${median(measured).toFixed(1)} tokens/s in all`,
      reference: `one stream ${median(alone).toFixed(1)} tokens/s`,
      ratio: median(ratios),
      target: { min: 3 },
    });
  });
}

if (parts.has("mixed")) {
  await withEngine({ slots: 16, context: 1024 + tokens }, async (engine) => {
    const lengths = Array.from({ length: 16 }, (_, i) => 16 << (i % 6)); // 16 to 512
    const timings = await Promise.all(
      lengths.map((n, i) => time(engine, { prompt: promptOf(n, i + 1), maxTokens: tokens })),
    );
    const rates = timings.map((timing) => rateOf([timing]));
    const slowest = Math.min(...rates);
    add({
      name: "16 mixed streams",
      measured: `slowest ${slowest.toFixed(2)} tokens/s`,
      reference: `median ${median(rates).toFixed(2)} tokens/s`,
      ratio: slowest / median(rates),
      target: { min: 0.5 },
    });
  });
}

if (parts.has("short")) {
  await withEngine({ slots: 2, context: long + 16 }, async (engine) => {
    let chunks = 0;
    const { feed } = Slots.prototype;
    Slots.prototype.feed = function (...args) {
      chunks++;
      return feed.apply(this, args);
    };
    try {
      const running = time(engine, { prompt: promptOf(long, 1), maxTokens: 1 });
      while (chunks < 2) await new Promise((resolve) => setTimeout(resolve, 1));
      const start = chunks - 1; // the one under way counts
      let first = 0;
      const { times, asked } = await time(engine, { prompt: promptOf(24, 2), maxTokens: 1 });
      first = chunks - start;
      const whole = await running;
      add({
        name: `short request during a prompt of ${long}`,
        measured: `first token after ${first} chunks, ${(times[0]! - asked).toFixed(0)} ms`,
        reference: `the prompt took ${(whole.times[0]! - whole.asked).toFixed(0)} ms`,
        ratio: first,
        target: { max: 2 },
      });
    } finally {
      Slots.prototype.feed = feed;
    }
  });
}

if (parts.has("prefix")) {
  await withEngine({ slots: 4, context: prefix + 64 }, async (engine) => {
    const head = promptOf(prefix, 1);
    const first = async (tail: number): Promise<number> => {
      const prompt = [...head, ...promptOf(8, tail)];
      const { times, asked } = await time(engine, { prompt, maxTokens: 1 });
      return times[0]! - asked;
    };
    const fresh = await first(2);
    const again = median([await first(3), await first(4), await first(5)]);
    add({
      name: `repeated prefix of ${prefix}`,
      measured: `${again.toFixed(1)} ms to the first token`,
      reference: `${fresh.toFixed(0)} ms the first time`,
      ratio: again / fresh,
      target: { max: 0.05 },
    });
  });
}

delay.disable();
const p99 = Math.max(delay.percentile(99) / 1e6 - RESOLUTION, 0);
add({
  name: "event-loop delay, p99 throughout",
  measured: `${p99.toFixed(1)} ms`,
  reference: `longest ${(delay.max / 1e6).toFixed(0)} ms; 20 ms`,
  ratio: p99 / 20,
  target: { max: 1 },
});

const after = machine();
if (values.json) {
  console.log(JSON.stringify({ before, after, dir, rows }));
} else {
  console.log(`before: ${describeMachine(before)}\nafter:  ${describeMachine(after)}\n`);
  printTable(rows);
}
