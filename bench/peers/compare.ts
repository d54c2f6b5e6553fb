/**
 * The same random weights in this library, in llama.cpp (node-llama-cpp) and in transformers.js:
 * reading prompts and decoding, each engine in a process of its own, in turns within one run, as
 * many threads for all. Prints rates, memory, and ratios beside their targets.
 *
 *   npm install --prefix bench/peers     (once: 125 packages, 0.7 GB with its GPU libraries)
 *   npm run bench:peers -- [--shape 0.6b|4b|tiny] [--layers N] [--only NAMES] [--skip NAMES]
 *                          [--lengths 128,512,2048,4096] [--parts prompt,decode] [--rounds 3]
 *                          [--steps 8] [--threads 2] [--cpu] [--dir DIR] [--json]
 *
 * --only and --skip take parts of engines' names: `--only onefold,llama-q4`. Files of the shape
 * are written to DIR (default: onefold-peers in the system's folder for temporary files) and kept:
 * 6 GB for 0.6b, 35 GB for 4b.
 *
 * --cpu --threads 1 compares processor time instead of elapsed time, which gives meaningful ratios
 * on a busy machine: threads that wait for each other by spinning, as llama.cpp's do, lose most
 * where another program holds one of the cores.
 *
 * llama.cpp runs with flash attention off and on (`-fa`), and the better of the two counts. Its
 * files and our quantised models hold the head in as many bits as the rest. transformers.js gets
 * our own export: the same products in blocks at q4; at q8, products with activations rounded
 * token by token, which are at least as fast as the usual ones (DynamicQuantizeLinear).
 */

import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { build, describeMachine, machine, printTable } from "../support.ts";
import { PeerProcess } from "./peer-process.ts";
import { cacheOf, folderOf, prepare } from "./prepare.ts";
import { compareWithTargets, type Measured, printRates } from "./targets.ts";
import type { EngineSpec } from "./types.ts";

const { values } = parseArgs({
  options: {
    shape: { type: "string", default: "0.6b" },
    layers: { type: "string" },
    only: { type: "string", default: "" },
    skip: { type: "string", default: "" },
    lengths: { type: "string", default: "128,512,2048,4096" },
    parts: { type: "string", default: "prompt,decode" },
    rounds: { type: "string", default: "3" },
    steps: { type: "string", default: "8" },
    threads: { type: "string", default: "2" },
    cpu: { type: "boolean", default: false },
    dir: { type: "string", default: join(tmpdir(), "onefold-peers") },
    json: { type: "boolean", default: false },
  },
});
const listOf = (text: string): string[] => text.split(",").filter(Boolean);
const lengths = listOf(values.lengths)
  .map(Number)
  .sort((a, b) => a - b);
const parts = new Set(listOf(values.parts));
const [rounds, steps, threads] = [values.rounds, values.steps, values.threads].map(Number) as [
  number,
  number,
  number,
];
if (![...lengths, rounds, steps, threads].every((n) => Number.isInteger(n) && n > 0)) {
  console.error("compare.ts: --lengths, --rounds, --steps and --threads are whole numbers above 0");
  process.exit(2);
}

const engines: readonly EngineSpec[] = [
  ...["mixed", "int8", "int4", "f32"].flatMap((type): EngineSpec[] => [
    { name: `onefold-${type}`, family: "onefold", type },
    { name: `onefold-kv8-${type}`, family: "onefold", type, kvCache: "int8" },
  ]),
  ...["q8_0", "q4_0", "q4_k"].flatMap((type): EngineSpec[] => [
    { name: `llama-${type}`, family: "llama", type, flashAttention: false },
    { name: `llama-${type}-fa`, family: "llama", type, flashAttention: true },
  ]),
  ...["q8", "q4"].map(
    (type): EngineSpec => ({ name: `transformers-${type}`, family: "transformers", type }),
  ),
];
const [only, skip] = [listOf(values.only), listOf(values.skip)];
const chosen = engines.filter(
  ({ name }) =>
    (only.length === 0 || only.some((part) => name.includes(part))) &&
    !skip.some((part) => name.includes(part)),
);
if (chosen.length === 0) {
  console.error(`compare.ts: no engine left; there are ${engines.map(({ name }) => name)}`);
  process.exit(2);
}

const note = (text: string): void => void process.stderr.write(`${text}\n`);
/** Threads that wait for work by spinning have gone to sleep after that. */
const PAUSE_MS = 100;
/** Longest prompt that is read `rounds` times; longer ones are read once for three. */
const SHORT = 1024;

if (values.cpu) process.env.BENCH_CLOCK = "cpu"; // for the children
await build();
const folder = folderOf(values.dir, values);
const options = {
  threads,
  cache: cacheOf(folder),
  context: Math.max(...lengths) + (rounds + 1) * steps * lengths.length + 16,
};
const before = machine();
const peers: { readonly child: PeerProcess; readonly measured: Measured }[] = [];
process.once("exit", () => {
  for (const { child } of peers) child[Symbol.dispose]();
});
for (const spec of chosen) {
  const path = await prepare(folder, values, spec);
  const child = await PeerProcess.open(spec, { ...options, path });
  await child.prompt(32); // warms up
  await child.steps(2);
  note(`${spec.name}: open`);
  peers.push({ child, measured: { name: spec.name, prompt: new Map(), decode: new Map() } });
}

/** Runs all in turn. */
async function inTurn(f: (peer: (typeof peers)[number]) => Promise<void>): Promise<void> {
  for (const peer of peers) {
    await f(peer);
    await sleep(PAUSE_MS);
  }
}

for (const length of lengths) {
  const isTimed = parts.has("prompt") && length >= 512;
  const prompts = !isTimed ? 0 : length > SHORT ? Math.ceil(rounds / 3) : rounds;
  for (let round = 0; round < prompts; round++) {
    await inTurn(async ({ child, measured }) => {
      const ms = await child.prompt(length);
      measured.prompt.set(length, [...(measured.prompt.get(length) ?? []), ms]);
      note(`${measured.name}: prompt ${length} ${((1000 * length) / ms).toFixed(1)} tokens/s`);
    });
  }
  if (!parts.has("decode")) continue;
  if (prompts === 0) await inTurn(({ child }) => child.fill(length));
  for (let round = 0; round <= rounds; round++) {
    await inTurn(async ({ child, measured }) => {
      const times = await child.steps(round === 0 ? 1 : steps);
      if (round === 0) return;
      measured.decode.set(length, [...(measured.decode.get(length) ?? []), ...times]);
    });
  }
  note(`decoding behind ${length}: done`);
}
await inTurn(async ({ child, measured }) => {
  measured.memory = await child.memory();
});

const after = machine();
const all = peers.map(({ measured }) => measured);
const rows = compareWithTargets(all);
if (values.json) {
  const engines = all.map(({ prompt, decode, ...rest }) => ({
    ...rest,
    prompt: Object.fromEntries(prompt),
    decode: Object.fromEntries(decode),
  }));
  console.log(JSON.stringify({ before, after, settings: values, engines, rows }));
} else {
  console.log(`before: ${describeMachine(before)}\nafter:  ${describeMachine(after)}`);
  const what = values.cpu ? "processor time" : "time";
  console.log(`Qwen3-${values.shape} shape, ${threads} thread(s), ${what}; medians\n`);
  printRates(all, lengths);
  console.log("\nours : the best of the others");
  printTable(rows);
}
process.exit(0); // the children's channels are open
