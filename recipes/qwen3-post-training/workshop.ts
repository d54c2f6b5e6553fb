/** What all stages share: onefold-mini's words, and folders for the models that they make. */

import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadTokenizer } from "../../src/media/text/index.ts";
import { defaultAdamW, run, savedSteps, type Trainer } from "../../src/train/index.ts";
import type { RoundRunOptions, RunOptions } from "../../src/train/run.ts";
import { checkpointName } from "../../src/train/run-state.ts";
import { loadRender } from "../onefold-mini/render.ts";
import { MINI } from "../shared/mini.ts";
import type { Words } from "./questions.ts";

/** Trials give the same bits whatever else the machine does. */
export const THREADS = 1;
export const CONTEXT = 640;

export const optimizer = { ...defaultAdamW, weightDecay: 0 };

const COMPANIONS = ["tokenizer.json", "tokenizer_config.json", "generation_config.json"];

export interface Workshop extends Words {
  /** Names what is drawn and sampled. */
  readonly seed: number;
  /** Tells runs with other settings apart. */
  readonly fingerprint: string;
  /** Holds a folder a stage. */
  readonly dir: string;
  readonly files: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  readonly progress: (share: number, note?: string) => void;
}

export async function openWorkshop(
  options: Pick<Workshop, "seed" | "fingerprint" | "dir" | "signal" | "progress">,
): Promise<Workshop> {
  await mkdir(options.dir, { recursive: true });
  const files = await Promise.all(
    COMPANIONS.map(async (name): Promise<[string, unknown]> => {
      return [name, JSON.parse(await readFile(join(MINI, name), "utf8"))];
    }),
  );
  const words = { tokenizer: await loadTokenizer(MINI), render: await loadRender() };
  return { ...options, ...words, files: Object.fromEntries(files) };
}

/** The folder of a stage's model, or undefined where its run has not ended. */
export async function finished(
  { dir }: Workshop,
  stage: string,
  steps: number,
): Promise<string | undefined> {
  const last = (await savedSteps(join(dir, stage))).pop();
  return last === steps ? modelAt(dir, stage, steps) : undefined;
}

const modelAt = (dir: string, stage: string, steps: number): string =>
  join(dir, stage, checkpointName(steps));

type Work =
  | Pick<RunOptions, "source" | "steps" | "saveEvery">
  | Pick<RoundRunOptions, "source" | "steps" | "saveEvery" | "rounds">;

/** Runs a stage to its end, from its newest checkpoint; returns its model's folder. */
export async function runStage(
  { dir, seed, fingerprint, files, signal, progress }: Workshop,
  stage: string,
  trainer: Trainer,
  work: Work,
): Promise<string> {
  await run({
    dir: join(dir, stage),
    trainer,
    ...work,
    keep: 0,
    fingerprint: `${fingerprint} ${seed} ${stage}`,
    files,
    signal,
    onStep: ({ step, loss, metrics }) => {
      const reward = metrics.reward === undefined ? "" : ` reward ${metrics.reward.toFixed(2)}`;
      progress(step / work.steps, `${stage} ${step}: loss ${loss.toFixed(3)}${reward}`);
    },
  });
  signal.throwIfAborted();
  return modelAt(dir, stage, work.steps);
}

/** A metric of every step of a stage. */
export async function metricOf(
  { dir }: Pick<Workshop, "dir">,
  stage: string,
  name: string,
): Promise<number[]> {
  const text = await readFile(join(dir, stage, "metrics.jsonl"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { metrics: Record<string, number> }).metrics[name]!);
}
