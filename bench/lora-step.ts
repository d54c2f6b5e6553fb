/**
 * LoRA training steps over a frozen base in f32, int8 and int4 (QLoRA), beside PyTorch and PEFT:
 * time of a step and highest resident memory, each in a process of its own, in turns.
 *
 *   npx tsx bench/lora-step.ts DIR [--steps 3] [--warmup 1] [--seq 512] [--rank 16] [--threads N]
 *                                  [--only f32,int4,torch] [--cache DIR] [--json]
 *
 * DIR is a checkpoint of bench/write-checkpoint.ts. PyTorch is looked for in `python3`, or in the
 * program that ONEFOLD_PYTHON names; it needs transformers and peft. Quantised weights are kept in
 * --cache (default: a folder of the system's for temporary files).
 */

import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { describeMachine, machine, printTable, type Row, timesOf } from "./support.ts";
import { type StepProcess, startSteps } from "./train/step-process.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: "string", default: "3" },
    warmup: { type: "string", default: "1" },
    seq: { type: "string", default: "512" },
    rank: { type: "string", default: "16" },
    threads: { type: "string" },
    only: { type: "string", default: "f32,int8,int4,torch" },
    cache: { type: "string", default: join(tmpdir(), "onefold-lora-bench") },
    json: { type: "boolean", default: false },
  },
});
const [dir] = positionals;
if (!dir)
  throw new Error("bench: name a checkpoint's folder (bench/write-checkpoint.ts makes one)");
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const { seq, rank, warmup, threads } = flags;

function start(name: string): Promise<StepProcess | undefined> {
  if (name === "torch") {
    const args = [dir as string, "--seq", seq, "--rank", rank, "--warmup", warmup];
    if (threads !== undefined) args.push("--threads", threads);
    const python = process.env.ONEFOLD_PYTHON ?? "python3";
    return startSteps(python, [file("torch/lora_step.py"), ...args]);
  }
  const args = [dir as string, name, seq, rank, warmup, flags.cache];
  if (threads !== undefined) args.push(threads);
  return startSteps(process.execPath, ["--import", "tsx", file("train/lora-child.ts"), ...args]);
}

const running: { name: string; steps: StepProcess; ms: number[]; peak: number }[] = [];
for (const name of flags.only.split(",")) {
  const steps = await start(name);
  if (steps) running.push({ name, steps, ms: [], peak: 0 });
  else console.error(`${name} does not start here: left out`);
}
for (let i = 0; i < Number(flags.steps); i++) {
  for (const { steps, ms } of running) ms.push(await steps.step());
}
for (const one of running) {
  one.peak = await one.steps.peak();
  one.steps.close();
}

const of = (name: string) => running.find((one) => one.name === name);
function compare(name: string, to: string, most: { time: number; memory?: number }): Row[] {
  const [ours, theirs] = [of(name), of(to)];
  if (!ours || !theirs) return [];
  const [a, b] = [timesOf(ours.ms).median, timesOf(theirs.ms).median];
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;
  return [
    {
      name: `step, ${name} : ${to}`,
      measured: seconds(a),
      reference: seconds(b),
      ratio: a / b,
      target: { max: most.time },
    },
    {
      name: `peak memory, ${name} : ${to}`,
      measured: gigabytes(ours.peak),
      reference: gigabytes(theirs.peak),
      ratio: ours.peak / theirs.peak,
      ...(most.memory !== undefined && { target: { max: most.memory } }),
    },
  ];
}

if (flags.json) {
  const results = running.map(({ name, ms, peak }) => ({ name, peak, ...timesOf(ms) }));
  console.log(JSON.stringify({ machine: machine(), seq, rank, results }));
} else {
  console.log(`${describeMachine(machine())}; ${seq} tokens, rank ${rank}`);
  printTable([
    ...compare("f32", "torch", { time: 1, memory: 1 }),
    ...compare("int4", "f32", { time: 1.3, memory: 0.4 }),
    ...compare("int8", "f32", { time: 1.3 }),
  ]);
}
