/**
 * A whole training step of a mixture of experts (16 experts, top 2; forward, backward, clip, AdamW)
 * beside PyTorch's: time, highest resident memory, and shares of the time by operator. PyTorch
 * computes experts in three ways, of which the fastest is the reference. Each subject has a process
 * of its own; steps take turns.
 *
 *   npx tsx bench/moe-step.ts [--steps 7] [--warmup 2] [--threads N] [--top 8] [--json]
 *
 * PyTorch is looked for in `python3`, or in the program that ONEFOLD_PYTHON names.
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { describeMachine, machine, printTable, type Row, timesOf } from "./support.ts";
import { type StepProcess, startSteps } from "./train/step-process.ts";

const { values: flags } = parseArgs({
  options: {
    steps: { type: "string", default: "7" },
    warmup: { type: "string", default: "2" },
    threads: { type: "string" },
    top: { type: "string", default: "8" },
    json: { type: "boolean", default: false },
  },
});
const { warmup, threads } = flags;
const TOKENS = 16 * 128;
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

function start(name: string): Promise<StepProcess | undefined> {
  if (name === "onefold") {
    const args = ["--import", "tsx", file("train/moe-child.ts"), warmup];
    return startSteps(process.execPath, threads === undefined ? args : [...args, threads]);
  }
  const args = [file("torch/moe_step.py"), "--experts-by", name, "--warmup", warmup];
  if (threads !== undefined) args.push("--threads", threads);
  return startSteps(process.env.ONEFOLD_PYTHON ?? "python3", args);
}

interface Subject {
  readonly name: string;
  readonly steps: StepProcess;
  readonly ms: number[];
}

const subjects: Subject[] = [];
for (const name of ["onefold", "loop", "sorted", "grouped"]) {
  const steps = await start(name);
  if (steps) subjects.push({ name, steps, ms: [] });
  else console.error(`${name} does not start here: left out`);
}
const [ours, ...theirs] = subjects as [Subject, ...Subject[]];
for (const { steps } of theirs) {
  if (steps.described.parameters !== ours.steps.described.parameters) {
    throw new Error(`bench: PyTorch has ${steps.described.parameters} parameters`);
  }
}
for (let i = 0; i < Number(flags.steps); i++) {
  for (const { steps, ms } of subjects) ms.push(await steps.step());
}
const results = [];
for (const { name, steps, ms } of subjects) {
  const peak = await steps.peak();
  results.push({ name, ...timesOf(ms), peak, ops: await steps.operators() });
  steps.close();
}
const [own, ...others] = results;
const [fastest] = [...others].sort((a, b) => a.median - b.median);

if (flags.json) console.log(JSON.stringify({ machine: machine(), results }));
else if (own) {
  console.log(`${describeMachine(machine())}; medians of ${flags.steps} steps of ${TOKENS} tokens`);
  for (const { name, median, best, peak, ops } of results) {
    const sorted = Object.entries(ops).sort((a, b) => b[1] - a[1]);
    const all = sorted.reduce((sum, [, ms]) => sum + ms, 0);
    const shares = sorted
      .slice(0, Number(flags.top))
      .map(([op, ms]) => `${op} ${((100 * ms) / all).toFixed(0)} %`);
    console.log(
      `${name}: ${median.toFixed(0)} ms (best ${best.toFixed(0)}), ` +
        `${((1000 * TOKENS) / median).toFixed(0)} tokens/s, peak ${(peak / 1e9).toFixed(2)} GB; ` +
        shares.join(", "),
    );
  }
  const rows: Row[] = fastest
    ? [
        {
          name: `step / PyTorch's (${fastest.name})`,
          measured: `${own.median.toFixed(0)} ms`,
          reference: `${fastest.median.toFixed(0)} ms`,
          ratio: own.median / fastest.median,
          target: { max: 1 / 1.5 },
        },
        {
          name: "peak memory / PyTorch's",
          measured: `${(own.peak / 1e9).toFixed(2)} GB`,
          reference: `${(fastest.peak / 1e9).toFixed(2)} GB`,
          ratio: own.peak / fastest.peak,
          target: { max: 1 },
        },
      ]
    : [];
  printTable(rows);
}
