/**
 * Items a second of an evaluation beside lm-evaluation-harness (`hf` on CPU) with the same
 * checkpoint, task file and threads, in turns. Loading is not counted.
 *
 *   npx tsx bench/eval-items.ts [DIR] [--task endings] [--threads 2] [--batch 16] [--rounds 3] [--limit N]
 *
 * lm-eval is looked for in `python3`, or in the program that ONEFOLD_PYTHON names.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createLocalModel, evaluate, loadTask } from "../src/evaluate/index.ts";
import { timesOf } from "./support.ts";
import { startSteps } from "./train/step-process.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    task: { type: "string", default: "endings" },
    threads: { type: "string", default: "2" },
    batch: { type: "string", default: "16" },
    rounds: { type: "string", default: "3" },
    limit: { type: "string" },
  },
});
const [spec = "models/onefold-mini"] = positionals;
const { task: name, threads, batch } = flags;
const limit = flags.limit === undefined ? undefined : Number(flags.limit);
const python = process.env.ONEFOLD_PYTHON ?? "python3";
const script = fileURLToPath(new URL("torch/eval_items.py", import.meta.url));
const options = ["--stdin", "--task", name, "--threads", threads, "--batch", batch];
if (flags.limit !== undefined) options.push("--limit", flags.limit);
const peer = await startSteps(python, [script, spec, ...options]);

using model = await createLocalModel(spec, { engine: { threads: Number(threads) } });
const task = await loadTask(`test/fixtures/evaluate/parity/${name}.yaml`);
const folder = await mkdtemp(join(tmpdir(), "onefold-items-"));
await evaluate({ model, tasks: [task], out: join(folder, "first"), limit: 20 });
const [ours, theirs]: [number[], number[]] = [[], []];
let items = 0;
for (let round = 0; round < Number(flags.rounds); round++) {
  if (peer) theirs.push(await peer.step());
  const start = performance.now();
  const { results } = await evaluate({
    model,
    tasks: [task],
    out: join(folder, `${round}`),
    limit,
  });
  ours.push(performance.now() - start);
  items = results[0]!.scored;
}
peer?.close();
await rm(folder, { recursive: true });

const rate = (ms: number): string => `${((1000 * items) / ms).toFixed(1)} items/s`;
console.log(`${spec}, ${items} items of ${name}, ${threads} threads, medians of ${ours.length}`);
console.log(`onefold: ${rate(timesOf(ours).median)}`);
if (peer) {
  const ratios = theirs.map((ms, round) => ms / ours[round]!);
  const ratio = `${timesOf(ratios).median.toFixed(2)} x (${ratios.map((x) => x.toFixed(2)).join(", ")})`;
  console.log(
    `lm-eval in batches of ${batch}: ${rate(timesOf(theirs).median)}; onefold is at ${ratio}`,
  );
} else {
  console.log(`${python} has no lm-eval: only our rate; ONEFOLD_PYTHON names another program`);
}
