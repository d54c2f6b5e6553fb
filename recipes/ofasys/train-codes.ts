/** The codes of images, trained for a short while and then the same for all trials. */

import { type NDArray, zeros } from "../../src/graph/ndarray.ts";
import { toPixels } from "../../src/media/index.ts";
import { initialise } from "../../src/nn/initialise.ts";
import { createRandom, type Random } from "../../src/nn/random.ts";
import { codesLoss } from "../../src/task/index.ts";
import { gradientGraph } from "../../src/train/gradient.ts";
import { Trainer } from "../../src/train/index.ts";
import { CODES } from "./model.ts";
import type { OfasysTask } from "./tasks.ts";

const BATCH = 32;

const loss = codesLoss(CODES);

/**
 * @param task whose answers are the images
 * @returns the codes' own parameters by name
 */
export async function trainCodes(
  task: OfasysTask,
  steps: number,
): Promise<ReadonlyMap<string, NDArray>> {
  const initial = initialise(gradientGraph(loss).parameters, 0);
  using trainer = await Trainer.create({
    loss,
    weights: ({ name }) => initial.get(name)!,
    optimizer: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01, clipNorm: 1 },
    learningRate: 3e-3,
    schedule: { kind: "cosine", warmup: Math.round(0.05 * steps), steps, floor: 0.05 },
    threads: 1,
  });
  const random = createRandom(0, "codes");
  for (let step = 0; step < steps; step++) {
    const inputs = { pixels: drawnPixels(task, random) };
    await trainer.step([{ inputs, supervised: BATCH, tokens: BATCH }]);
  }
  return new Map(
    Array.from(trainer.memory.parameters, ([name, { dtype, shape, data }]) => [
      name,
      { dtype, shape, data: data.slice() } as NDArray, // the trainer's memory goes with it
    ]),
  );
}

function drawnPixels(task: OfasysTask, random: Random): NDArray {
  const pixels = zeros("f32", [BATCH, 3, CODES.size, CODES.size]);
  for (let row = 0; row < BATCH; row++) {
    const { answer } = task.draw(random, "train").record;
    const values = toPixels(answer as Parameters<typeof toPixels>[0]); // this task's are images
    (pixels.data as Float32Array).set(values, row * values.length);
  }
  return pixels;
}
