/**
 * Where a decoder's prompts and steps spend their time: kernel times of the engine, by operator.
 *
 *   npx tsx bench/profile.ts DIR [--quant int8|int4|f32] [--contexts 512,4096] [--threads 2]
 *                                [--steps 12] [--parts prompt,step] [--top 8] [--shapes] [--json]
 *
 * A prompt stands for its last chunk, up to that length: attention grows in proportion to what is
 * before, all else is alike. A step is the median of several behind a cache of that length. What
 * is no kernel's time (between them, before and after) is listed as "outside". --shapes tells
 * nodes of one operator apart by their inputs' shapes.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createCache } from "../src/generate/cache.ts";
import { promptChunk } from "../src/generate/prompt-chunk.ts";
import { fromValues, zeros } from "../src/graph/ndarray.ts";
import { loadModel } from "../src/models/load.ts";
import { stepProgram } from "../src/models/programs.ts";
import { createSession } from "../src/runtime/index.ts";
import { describeMachine, machine } from "./support.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quant: { type: "string", default: "f32" },
    contexts: { type: "string", default: "512,4096" },
    threads: { type: "string", default: "2" },
    steps: { type: "string", default: "12" },
    parts: { type: "string", default: "prompt,step" },
    top: { type: "string", default: "8" },
    shapes: { type: "boolean", default: false },
    cache: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const [dir] = positionals;
const isKnown = ["int8", "int4", "f32"].includes(values.quant);
if (!dir || !isKnown) {
  console.error("usage: profile.ts DIR [--quant int8|int4|f32] [--contexts 512,4096] ...");
  process.exit(2);
}
const contexts = values.contexts.split(",").map(Number);
const parts = new Set(values.parts.split(","));
const CHUNK = 512;

/** One event of the engine's trace (Chrome's format). */
interface TraceEvent {
  readonly name: string;
  readonly cat: string;
  readonly ts: number;
  readonly dur: number;
  readonly args?: { readonly op_name?: string; readonly input_type_shape?: readonly object[] };
}

/** What the runs of one kind were, in the order of the trace. */
interface Phase {
  readonly name: string;
  readonly runs: number;
}

const quant = values.quant === "int8" || values.quant === "int4" ? values.quant : undefined;
using model = await loadModel(dir, { quant, quantCacheDir: values.cache });
const { config } = model;
const folder = mkdtempSync(join(tmpdir(), "onefold-profile-"));
const before = machine();
using session = await createSession(stepProgram(config), {
  threads: Number(values.threads),
  prepack: quant !== undefined, // as decoder sessions do
  weights: model.weights,
  profile: join(folder, "trace"),
});
const cache = createCache(config, 1, Math.max(...contexts) + 1);
const logits = zeros("f32", [1, config.vocabSize]);
const outputs = { logits, ...cache.outputs };

async function run(count: number, at: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, i) => 1000 + (((at + i) * 7919) % 100_000));
  const tokens = fromValues("i64", [1, count], ids);
  const past = fromValues("i32", [1], [at]);
  await session.run({ tokens, past, ...cache.inputs }, { outputs });
}

const phases: Phase[] = [];
async function phase(name: string, runs: readonly (readonly [number, number])[]) {
  phases.push({ name, runs: runs.length });
  for (const [count, at] of runs) await run(count, at);
}

await phase("", [[64, 0]]); // warms up
for (const context of contexts) {
  const past = Math.max(0, context - CHUNK);
  const count = Math.min(promptChunk(config.heads, CHUNK, past), context - past);
  if (parts.has("prompt")) {
    await phase(`prompt tokens ${past} to ${past + count}`, [[count, past]]);
  }
  const steps = Array.from({ length: Number(values.steps) }, () => [1, context] as const);
  if (parts.has("step")) await phase(`step behind ${context}`, steps);
}
const trace = JSON.parse(readFileSync(session.endProfiling(), "utf8")) as TraceEvent[];
rmSync(folder, { recursive: true });

/** Milliseconds and nodes by operator of each run; the run itself is "all". */
const runs = trace
  .filter(({ name }) => name === "model_run")
  .map(({ ts, dur }) => {
    return { ts, end: ts + dur, kernels: new Map([["all", { ms: dur / 1000, nodes: 0 }]]) };
  });
type Run = (typeof runs)[number];

let index = 0;
for (const event of [...trace].sort((a, b) => a.ts - b.ts)) {
  if (event.cat !== "Node" || !event.name.endsWith("_kernel_time")) continue;
  while (index < runs.length && event.ts >= runs[index]!.end) index++;
  const { op_name = "?", input_type_shape = [] } = event.args ?? {};
  const shapes = input_type_shape.map((input) => `[${Object.values(input)[0]}]`);
  const op = values.shapes ? `${op_name} ${shapes.slice(0, 2).join(" ")}` : op_name;
  const { ms = 0, nodes = 0 } = runs[index]?.kernels.get(op) ?? {};
  runs[index]?.kernels.set(op, { ms: ms + event.dur / 1000, nodes: nodes + 1 });
}

interface Line {
  readonly op: string;
  readonly ms: number;
  readonly nodes: number;
}

function summarise(of: readonly Run[]): Line[] {
  const names = new Set(of.flatMap(({ kernels }) => [...kernels.keys()]));
  const lines = [...names].map((op): Line => {
    const found = of.map(({ kernels }) => kernels.get(op) ?? { ms: 0, nodes: 0 });
    const sorted = found.map(({ ms }) => ms).sort((a, b) => a - b);
    const nodes = Math.max(...found.map(({ nodes }) => nodes));
    return { op, ms: sorted[sorted.length >> 1]!, nodes };
  });
  const kernels = lines.filter(({ op }) => op !== "all");
  const all = lines.find(({ op }) => op === "all")!;
  const inside = kernels.reduce((sum, { ms }) => sum + ms, 0);
  const outside = { op: "outside", ms: all.ms - inside, nodes: 0 };
  return [all, ...[...kernels, outside].sort((a, b) => b.ms - a.ms)];
}

const report: Record<string, Line[]> = {};
let at = 0;
for (const { name, runs: count } of phases) {
  const of = runs.slice(at, at + count);
  if (name !== "") report[name] = summarise(of);
  at += count;
}
const after = machine();
if (values.json) {
  console.log(JSON.stringify({ before, after, dir, settings: values, report }));
} else {
  console.log(`before: ${describeMachine(before)}\nafter:  ${describeMachine(after)}`);
  for (const [name, lines] of Object.entries(report)) {
    const [all] = lines;
    console.log(`\n${values.quant}, ${name}: ${all!.ms.toFixed(2)} ms`);
    for (const { op, ms, nodes } of lines.slice(1, 1 + Number(values.top))) {
      const share = `${((100 * ms) / all!.ms).toFixed(1)} %`;
      const count = nodes ? ` in ${nodes} nodes` : "";
      console.log(
        `  ${op.padEnd(values.shapes ? 56 : 32)} ${ms.toFixed(2).padStart(9)} ms ${share.padStart(7)}${count}`,
      );
    }
  }
}
