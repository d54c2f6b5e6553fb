// Turns a checkpoint of the run into the shipped model folder, with its card:
// npx tsx recipes/onefold-mini/generalist/export.ts --run runs/generalist --out models/onefold-generalist
// Run it again with --tasks and --skills after the evaluations to put their tables into the card.
import { readFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openCheckpoint, saveDirectoryAtomically } from "../../../src/checkpoint/index.ts";
import { sizeOf } from "../../../src/graph/ndarray.ts";
import { writeTaskModel } from "../../../src/task/index.ts";
import type { Scores } from "../accuracy.ts";
import { VOCABULARY } from "../config.ts";
import { tokenizerConfig } from "../tokenizer.ts";
import { writeCard } from "./card.ts";
import { generalistConfig } from "./model.ts";
import { newestCheckpoint } from "./weights.ts";

const { values: args } = parseArgs({
  options: {
    run: { type: "string", default: "runs/generalist" },
    /** Runs that this one goes on from, for the card. */
    before: { type: "string", multiple: true, default: [] },
    /** Runs of train-codes.ts; what draws is the last one's. */
    codes: { type: "string", multiple: true, default: ["runs/onefold-mini-codes"] },
    out: { type: "string", default: "models/onefold-generalist" },
    tasks: { type: "string" },
    skills: { type: "string" },
  },
});

const readResults = async <T>(file: string | undefined): Promise<T | undefined> =>
  file === undefined ? undefined : (JSON.parse(await readFile(file, "utf8")) as T); // ours

const folder = await newestCheckpoint(args.run);
const step = Number(folder.slice(-8)); // `checkpointName`
const FILE = "model.safetensors";
using trained = await openCheckpoint(join(folder, FILE));
const codes = await Promise.all(
  args.codes.map(async (run) => openCheckpoint(join(await newestCheckpoint(run), FILE))),
);
const weights = new Map(
  [trained, ...codes].flatMap((checkpoint) =>
    checkpoint.names
      .filter((name) => !name.startsWith("heads.")) // of eyes.ts: they only taught
      .map((name) => [name, checkpoint.read(name)] as const),
  ),
);
const parameters = [...weights.values()].reduce((n, { shape }) => n + sizeOf(shape), 0);
const metricsOf = async (dir: string) =>
  (await readFile(join(dir, "metrics.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { step: number; tokens: number; tokensPerSecond: number }); // ours
const before = (await Promise.all(args.before.map(metricsOf))).flat();
const metrics = [...before, ...(await metricsOf(args.run)).filter((m) => m.step <= step)];

const config = generalistConfig();
const card = writeCard({
  parameters,
  steps: metrics.length,
  positions: metrics.reduce((n, m) => n + m.tokens, 0),
  minutes: metrics.reduce((n, m) => n + m.tokens / m.tokensPerSecond / 60, 0),
  machine: `${cpus().length} shared CPU cores (${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB)`,
  tasks: await readResults(args.tasks),
  skills: (await readResults<{ skills: Scores }>(args.skills))?.skills,
});
const control = { endOfText: VOCABULARY - 5, end: VOCABULARY - 3 };
const tokenizer = await readFile(join(folder, "tokenizer.json"), "utf8");
await saveDirectoryAtomically(args.out, (temporary) =>
  writeTaskModel(temporary, config, weights, {
    dtype: "bf16",
    files: {
      "README.md": card,
      "tokenizer.json": tokenizer,
      "tokenizer_config.json": tokenizerConfig,
      "generation_config.json": {
        do_sample: false,
        eos_token_id: [control.end, control.endOfText],
        max_new_tokens: 256,
        pad_token_id: control.endOfText,
      },
    },
  }),
);
console.log(`${args.out}: ${metrics.length} steps, ${parameters} parameters`);
process.exit(0);
