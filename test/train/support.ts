/** Trainers of the tiny decoder, and folders, for the length of a test. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { initialise } from "../../src/nn/initialise.ts";
import {
  defaultAdamW,
  languageModelGradient,
  Trainer,
  type TrainerOptions,
} from "../../src/train/index.ts";
import { tiny } from "./sequences.ts";

export { randomSequences, tiny } from "./sequences.ts";

/** A trainer of fresh seeded weights; disposed of when the test ends. */
export async function createTinyTrainer(options: Partial<TrainerOptions> = {}): Promise<Trainer> {
  const config = options.config ?? tiny;
  const values = initialise(languageModelGradient(config).parameters, 3);
  const trainer = await Trainer.create({
    config,
    weights: ({ name }) => values.get(name)!,
    optimizer: defaultAdamW,
    learningRate: 1e-2,
    schedule: { kind: "constant", warmup: 0, steps: 100 },
    threads: 1,
    ...options,
  });
  onTestFinished(() => trainer.dispose());
  return trainer;
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "onefold-train-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const f32 = (array: { data: unknown } | undefined): Float32Array =>
  array!.data as Float32Array;
