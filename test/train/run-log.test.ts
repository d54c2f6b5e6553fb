import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bucketedBatches, run } from "../../src/train/index.ts";
import { createTinyTrainer, randomSequences, temporaryFolder } from "./support.ts";
import { readEventFolder } from "./tensorboard/read-events.ts";

async function runTo(dir: string, steps: number): Promise<void> {
  const source = bucketedBatches({
    pool: (k) => randomSequences(8, `pool ${k}`),
    tokensPerBatch: 64,
    seed: 2,
  });
  const trainer = await createTinyTrainer();
  await run({
    dir,
    trainer,
    source,
    steps,
    saveEvery: 2,
    keep: 9,
    fingerprint: "",
    observer: {
      state: null,
      async start(step, _, log) {
        if (step === 0) await log.evaluation({ step: 0, loss: 5 });
        observed = log;
      },
      async step({ step }) {
        if (step % 2 === 0) await observed?.evaluation({ step, loss: 5 - step });
      },
    },
  });
}
let observed:
  | Parameters<NonNullable<Parameters<typeof run>[0]["observer"]>["start"]>[2]
  | undefined;

const lines = (dir: string, name: string) =>
  readFileSync(join(dir, name), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, number>);

it("writes every step and evaluation once, also where a resumed run computes them again", async () => {
  const dir = temporaryFolder();
  await runTo(dir, 5);
  rmSync(join(dir, "step-00000005"), { recursive: true });
  rmSync(join(dir, "step-00000004"), { recursive: true });
  await runTo(dir, 6);
  const events = readEventFolder(dir);
  const steps = events.filter(({ scalars }) => "train/loss" in scalars);
  const metrics = lines(dir, "metrics.jsonl");
  expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(steps.map(({ scalars }) => scalars)).toEqual(
    metrics.map((line) => ({
      "train/loss": Math.fround(line.loss),
      "train/gradient_norm": Math.fround(line.gradientNorm),
      "train/learning_rate": Math.fround(line.learningRate),
      "train/tokens": line.tokens,
      "train/supervised": line.supervised,
      "train/gradient_seconds": Math.fround(line.gradientSeconds),
      "train/optimizer_seconds": Math.fround(line.optimizerSeconds),
      "train/tokens_per_second": Math.fround(line.tokensPerSecond),
    })),
  );
  const held = events.filter(({ scalars }) => "eval/loss" in scalars);
  expect(held.map(({ step, scalars }) => [step, scalars["eval/loss"]])).toEqual([
    [0, 5],
    [2, 3],
    [4, 1],
    [6, -1],
  ]);
  expect(lines(dir, "evaluations.jsonl").map(({ step }) => step)).toEqual([0, 2, 4, 6]);
  expect(readdirSync(join(dir, "curves")).sort()).toEqual([
    "evaluation.svg",
    "gradient-norm.svg",
    "learning-rate.svg",
    "loss.svg",
  ]);
});

it("starts anew where there is no checkpoint to go on from", async () => {
  const dir = temporaryFolder();
  await runTo(dir, 1);
  rmSync(join(dir, "step-00000001"), { recursive: true });
  await runTo(dir, 1);
  expect(lines(dir, "metrics.jsonl").map(({ step }) => step)).toEqual([1]);
  expect(lines(dir, "evaluations.jsonl").map(({ step }) => step)).toEqual([0]);
  expect(readEventFolder(dir).map(({ step }) => step)).toEqual([0, 1]);
});
