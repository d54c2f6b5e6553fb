/**
 * The serving engine on a checkpoint: many streams beside one, fairness, a short request during a
 * long prompt, a repeated prefix, and the event loop's delay throughout.
 *
 *   npx tsx bench/write-checkpoint.ts DIR
 *   npx tsx bench/engine.ts DIR [--parts streams,mixed,short,prefix] [--quant int8] [--tokens 48]
 *                           [--long 4096] [--prefix 2000] [--threads N] [--json]
 *
 * Lengths beyond the model's context are cut to it. The event loop's delay is how late a timer's
 * turns come; beside it stands what the main thread computed between two of them, since on a busy
 * machine it also waits for a core.
 */

import { parseArgs } from "node:util";
import { contextLimit } from "../src/generate/context-limit.ts";
import { createEngine, type EngineOptions } from "../src/generate/engine/engine.ts";
import { Slots } from "../src/generate/engine/slots.ts";
import type { Engine, EngineRequest } from "../src/generate/engine/types.ts";
import { loadModel } from "../src/models/load.ts";
import { type LoopReport, monitorLoop } from "./loop-delay.ts";
import { describeMachine, machine, printTable, type Row } from "./support.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    parts: { type: "string", default: "streams,mixed,short,prefix" },
    quant: { type: "string" },
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
const before = machine();
const rows: Row[] = [];
function add(row: Row): void {
  rows.push(row);
  process.stderr.write(`${row.name}: ${row.measured}; ${row.reference}; ${row.ratio.toFixed(2)}\n`);
}

const { quant } = values;
if (quant !== undefined && quant !== "int4" && quant !== "int8" && quant !== "mixed") {
  throw new Error(`--quant must be int4, int8 or mixed, is ${quant}`);
}
using model = await loadModel(dir, quant ? { quant } : {});
const { vocabSize } = model.config;
const limit = contextLimit(model.config);
const tokens = Number(values.tokens);
const long = Math.min(Number(values.long), limit - 16);
const prefix = Math.min(Number(values.prefix), limit - 64);
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

/** Of the event loop while each part was served. */
const reports: LoopReport[] = [];

/** An engine with what a part needs, warmed up. */
async function withEngine(options: EngineOptions, f: (engine: Engine) => Promise<void>) {
  const threads = values.threads === undefined ? {} : { threads: Number(values.threads) };
  using engine = await createEngine(model, undefined, { ...options, engine: threads });
  for (const n of [1, options.slots ?? 1]) {
    const warm = Array.from({ length: n }, (_, i) => ({ prompt: promptOf(24, 999 + i) }));
    await Promise.all(warm.map((request) => time(engine, { ...request, maxTokens: 4 })));
  }
  const monitor = monitorLoop();
  await f(engine);
  reports.push(monitor.stop());
}

if (parts.has("streams")) {
  await withEngine({ slots: 8, context: Math.min(128 + tokens, limit) }, async (engine) => {
    const rates = new Map([1, 2, 4, 8].map((n) => [n, [] as number[]]));
    for (let round = 0; round < 3; round++) {
      for (const [n, found] of rates) {
        const all = Array.from({ length: n }, (_, i) =>
          time(engine, { prompt: promptOf(64, 100 * round + 10 * n + i), maxTokens: tokens }),
        );
        found.push(rateOf(await Promise.all(all)));
      }
    }
    const one = rates.get(1)!;
    for (const [n, found] of rates) {
      if (n === 1) continue;
      add({
        name: `${n} streams, median of 3`,
        measured: `${median(found).toFixed(1)} tokens/s in all`,
        reference: `one stream ${median(one).toFixed(1)} tokens/s`,
        ratio: median(found.map((rate, i) => rate / one[i]!)),
        ...(n === 8 ? { target: { min: 3 } } : {}),
      });
    }
  });
}

if (parts.has("mixed")) {
  await withEngine({ slots: 16, context: Math.min(1024 + tokens, limit) }, async (engine) => {
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

const late = Math.max(...reports.map((report) => report.late.p99));
const computed = reports.flatMap((report) => report.computed ?? []);
const own = Math.max(...computed.map(({ p99 }) => p99));
add({
  name: "event-loop delay, p99 of the worst part",
  measured: `${late.toFixed(1)} ms`,
  reference: computed.length > 0 ? `of it computed there ${own.toFixed(1)} ms; 20 ms` : "20 ms",
  ratio: late / 20,
  target: { max: 1 },
});
if (computed.length > 0) {
  add({
    name: "main thread's computing between two turns, p99",
    measured: `${own.toFixed(1)} ms`,
    reference: `longest ${Math.max(...computed.map(({ longest }) => longest)).toFixed(0)} ms; 20 ms`,
    ratio: own / 20,
    target: { max: 1 },
  });
}

const after = machine();
if (values.json) {
  console.log(JSON.stringify({ before, after, dir, rows }));
} else {
  console.log(`before: ${describeMachine(before)}\nafter:  ${describeMachine(after)}\n`);
  printTable(rows);
}
