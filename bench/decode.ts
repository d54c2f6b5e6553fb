/**
 * A decoder checkpoint at f32 on the CPU: speed of steps and prompts, time to the first token,
 * peak memory, each as a ratio to what the machine allows, measured in the same run and in turns.
 *
 *   npx tsx bench/write-checkpoint.ts DIR
 *   npx tsx bench/decode.ts DIR [--parts first,memory,decode,prompt] [--threads N] [--rounds 12]
 *                           [--cpu] [--cold] [--json]
 *
 * --cpu --threads 1 compares processor time, which gives meaningful ratios on a busy machine.
 * --cold also drops the file (this one only; Linux) from the page cache before reading it.
 */

import { closeSync, openSync } from "node:fs";
import { parseArgs } from "node:util";
import { createDecoderSession } from "../src/generate/decoder-session.ts";
import type { NDArray } from "../src/graph/ndarray.ts";
import type { Port } from "../src/graph/program.ts";
import { loadModel } from "../src/models/load.ts";
import { engineInfo } from "../src/runtime/index.ts";
import { loadKoffi } from "../src/runtime/native/ffi.ts";
import { layerProducts, promptFlops, squareProducts } from "./gemm-rate.ts";
import { createReaders } from "./reading.ts";
import {
  build,
  computed,
  describeMachine,
  elapsed,
  interleave,
  machine,
  printTable,
  type Row,
  runBuilt,
  timesOf,
} from "./support.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    parts: { type: "string", default: "first,memory,decode,prompt" },
    threads: { type: "string" },
    rounds: { type: "string", default: "12" },
    cpu: { type: "boolean", default: false },
    cold: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const [dir] = positionals;
if (!dir) {
  console.error("usage: decode.ts DIR [--parts first,memory,decode,prompt] [--threads N] ...");
  process.exit(2);
}
const threads = values.threads === undefined ? undefined : Number(values.threads);
const engine = threads === undefined ? {} : { threads };
const rounds = Number(values.rounds);
const parts = new Set(values.parts.split(","));
const clock = values.cpu ? computed : elapsed;
if (values.cpu) process.env.BENCH_CLOCK = "cpu"; // for the children

function add(row: Row): void {
  rows.push(row);
  note(`${row.name}: ${row.measured}; ${row.reference}; ${row.ratio.toFixed(2)}`);
}

const SHORT_PROMPT = 8;
const LONG_PROMPT = 512;
const rows: Row[] = [];
/** Details go to standard error as they come. */
const note = (text: string): void => void process.stderr.write(`${text}\n`);
const before = machine();

await build();
using model = await loadModel(dir);
const { config, checkpoint } = model;
const files = [...new Set(checkpoint.names.map((name) => checkpoint.info(name).file))];
const stored = [...new Set(checkpoint.names.map((name) => checkpoint.info(name).dtype))].join();

interface Generated {
  readonly first: number;
  readonly peak: number;
  readonly capacity: number;
  readonly phases: Readonly<Record<string, number>>;
}

const generate = (prompt: number, steps: number): Generated =>
  JSON.parse(
    runBuilt("bench/decode-child.js", ["generate", dir, prompt, steps, threads ?? 0].map(String)),
  );
const readFiles = (): number =>
  files
    .map((file) => JSON.parse(runBuilt("bench/decode-child.js", ["read", file])).ms as number)
    .reduce((a, b) => a + b);

/** Time to the first token after a prompt beside the time of reading the files. */
async function firstToken(
  prompt: number,
  label: string,
  prepare?: () => Promise<void>,
): Promise<void> {
  const reads: number[] = [];
  const runs: Generated[] = [];
  for (let i = 0; i < 4; i++) {
    await prepare?.();
    const read = readFiles();
    await prepare?.();
    const run = generate(prompt, 0);
    if (i === 0 && !prepare) continue; // fills the page cache
    reads.push(read);
    runs.push(run);
  }
  const first = timesOf(runs.map((run) => run.first));
  const read = timesOf(reads);
  const { phases } = runs.find((run) => run.first === first.best)!;
  const parts = Object.entries(phases).map(([name, ms]) => `${name} ${ms.toFixed(0)}`);
  add({
    name: `first token, prompt of ${prompt}, ${label}`,
    measured: `${first.best.toFixed(0)} ms (${parts.join(", ")})`,
    reference: `reading once ${read.best.toFixed(0)} ms`,
    ratio: first.best / read.best,
    target: stored === "f32" ? { max: 1.5 } : undefined,
  });
}

if (parts.has("first")) {
  await firstToken(1, "warm");
  await firstToken(SHORT_PROMPT, "warm");
  if (values.cold) await firstToken(SHORT_PROMPT, "cold", dropFiles);
}

/** Takes the files' clean pages out of the page cache. */
async function dropFiles(): Promise<void> {
  const koffi = await loadKoffi();
  const advise = koffi.load(null).func("int posix_fadvise(int, int64_t, int64_t, int)");
  for (const file of files) {
    const fd = openSync(file, "r");
    advise(fd, 0, 0, 4); // POSIX_FADV_DONTNEED
    closeSync(fd);
  }
}

const weights = new Map<string, NDArray>();
using session = await createDecoderSession(
  {
    config,
    weights: (port: Port) => {
      const array = model.weights(port);
      weights.set(port.name, array);
      return array;
    },
  },
  { engine, capacity: LONG_PROMPT + 2 * rounds + 32 },
);
// A step reads every weight once, but only a row of an embedding that is not the head as well.
const read = [...weights].filter(([name]) => config.tiedHead || !name.includes("embed_tokens"));
const weightBytes = read.reduce((sum, [, { data }]) => sum + data.byteLength, 0);
const allBytes = [...weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0);

if (parts.has("memory")) {
  const { first: _, peak, capacity } = generate(LONG_PROMPT, 8);
  const cache = 2 * 4 * config.layers * config.kvHeads * config.headDim * capacity;
  add({
    name: `peak memory, prompt of ${LONG_PROMPT}`,
    measured: `${(peak / 1e6).toFixed(0)} MB`,
    reference: `f32 weights + cache ${((allBytes + cache) / 1e6).toFixed(0)} MB`,
    ratio: peak / (allBytes + cache),
    target: { max: 1.15 },
  });
}

if (parts.has("decode")) {
  const arrays = read.map(([, array]) => array);
  const used = threads ?? (await engineInfo()).threads;
  const readers = await createReaders(arrays, used, engine);
  await session.prefill(Array.from({ length: 16 }, (_, i) => i));
  const subjects = [...readers.map((reader) => reader.read), () => session.step(1)];
  const times = await interleave(subjects, rounds, clock);
  const step = times.pop()!;
  const rate = (i: number, of: "best" | "median") => readers[i]!.bytes / times[i]![of] / 1e6;
  readers.forEach(({ label }, i) => {
    const [best, median] = [rate(i, "best"), rate(i, "median")];
    note(`${label}: best ${best.toFixed(1)}, median ${median.toFixed(1)} GB/s`);
  });
  for (const kind of ["best", "median"] as const) {
    const bandwidth = Math.max(...readers.map((_, i) => rate(i, kind)));
    const ideal = weightBytes / bandwidth / 1e6;
    add({
      name: `decoding, ${kind} of ${rounds}`,
      measured: `${(1000 / step[kind]).toFixed(2)} tokens/s`,
      reference: `${(1000 / ideal).toFixed(2)} at ${bandwidth.toFixed(1)} GB/s`,
      ratio: ideal / step[kind],
      target: { min: 0.85 },
    });
  }
}

if (parts.has("prompt")) {
  const tokens = Array.from({ length: LONG_PROMPT }, (_, i) => (i * 7919) % config.vocabSize);
  const products = [
    ...(await squareProducts(engine)),
    await layerProducts(config, LONG_PROMPT, engine, true),
    await layerProducts(config, LONG_PROMPT, engine, false),
  ];
  const prompt = () => {
    session.truncate(0);
    return session.prefill(tokens);
  };
  const times = await interleave([...products.map(({ run }) => run), prompt], 3, clock);
  const taken = times.pop()!;
  const flops = promptFlops(config, LONG_PROMPT);
  products.forEach(({ label, flops }, i) => {
    note(`${label}: best ${(flops / times[i]!.best / 1e6).toFixed(0)} GFLOP/s`);
  });
  const rateOf = (i: number) => products[i]!.flops / times[i]!.best / 1e6;
  const [name, reached] = ["2048^3", Math.max(rateOf(0), rateOf(1))];
  add({
    name: `prompt of ${LONG_PROMPT}`,
    measured: `${((1000 * LONG_PROMPT) / taken.best).toFixed(0)} tokens/s`,
    reference: `${name} at ${reached.toFixed(0)} GFLOP/s`,
    ratio: flops / taken.best / 1e6 / reached,
    target: { min: 0.8 },
  });
}

const after = machine();
if (values.json) {
  console.log(JSON.stringify({ before, after, dir, stored, threads, rows }));
} else {
  console.log(`before: ${describeMachine(before)}\nafter:  ${describeMachine(after)}`);
  const size = (allBytes / 1e6).toFixed(0);
  const what = values.cpu ? "processor time" : "time";
  console.log(`${config.layers} layers stored as ${stored}, ${size} MB in f32; ${what}\n`);
  printTable(rows);
}
