/** Teaches the codes of images what tasks draw, before any task draws with them. */

import { type NDArray, zeros } from "../../graph/ndarray.ts";
import type { ImageCodes } from "../../models/image-codes.ts";
import { createRandom } from "../../nn/random.ts";
import {
  type BatchSource,
  defaultAdamW,
  run,
  type StepMetrics,
  Trainer,
} from "../../train/index.ts";
import { imageOf, imagePixels } from "../prepare/media.ts";
import { poolsOf } from "../records.ts";
import type { Task } from "../task.ts";
import { codesLoss } from "./codes-loss.ts";

/** Images of a step, and steps that draw theirs from one pool of records. */
const BATCH = 32;
const STEPS_PER_POOL = 8;
const LEARNING_RATE = 3e-3;

export interface TrainCodesOptions {
  readonly codes: ImageCodes;
  /** Those that draw; each step is over images of the next one. */
  readonly tasks: readonly Task[];
  readonly steps: number;
  /** The network's weights by name, changed in place. */
  readonly values: Map<string, NDArray>;
  readonly seed: number;
  readonly threads?: number;
  /** Of its checkpoints, from which it goes on. */
  readonly dir: string;
  readonly onStep?: (metrics: StepMetrics) => void;
  readonly signal?: AbortSignal;
}

/** @returns whether it came to its end (not where the signal ended it) */
export async function trainCodes(options: TrainCodesOptions): Promise<boolean> {
  const { codes, values, steps, dir, threads, onStep, signal } = options;
  using trainer = await Trainer.create({
    loss: codesLoss(codes),
    weights: ({ name }) => values.get(name)!,
    optimizer: { ...defaultAdamW, weightDecay: 0.01 },
    learningRate: LEARNING_RATE,
    schedule: { kind: "cosine", warmup: Math.round(0.05 * steps), steps, floor: 0.05 },
    threads,
  });
  const { parameters } = trainer.memory;
  const isFinished = await run({
    dir,
    trainer,
    source: imageSource(options),
    steps,
    saveEvery: 500,
    keep: 0,
    fingerprint: JSON.stringify({ codes, tasks: options.tasks.map(({ name }) => name), steps }),
    onStep,
    signal,
  });
  for (const [name, { data }] of parameters)
    (values.get(name)!.data as Float32Array).set(data as Float32Array);
  return isFinished;
}

/** Steps of images that are drawn with replacement from pools of records. Its cursor counts steps. */
function imageSource({ codes, tasks, seed }: TrainCodesOptions): BatchSource {
  const pools = tasks.map((task) => poolsOf(task.train!, task.pool, task.name)); // trained, so there are
  const loaded = new Map<number, { readonly pool: number; readonly images: Float32Array[] }>();
  let step = 0;
  const imagesOf = async (i: number, pool: number): Promise<Float32Array[]> => {
    const known = loaded.get(i);
    if (known?.pool === pool) return known.images;
    const { name, plans } = tasks[i];
    const [{ target }] = plans;
    const images: Float32Array[] = [];
    for (const record of await pools[i](pool)) {
      if (target.kind !== "codes") break; // only such tasks are given
      const value = (record as Record<string, unknown>)[target.slot.name];
      images.push(
        imagePixels(await imageOf(value, `task ${name}, [${target.slot.name}]`), codes.size),
      );
    }
    loaded.set(i, { pool, images });
    return images;
  };
  return {
    async next() {
      const i = step % tasks.length;
      const images = await imagesOf(i, Math.floor(step / tasks.length / STEPS_PER_POOL));
      const random = createRandom(seed, `codes ${step}`);
      step++;
      const pixels = zeros("f32", [BATCH, 3, codes.size, codes.size]);
      for (let row = 0; row < BATCH; row++) {
        const image = images[random.below(images.length)];
        (pixels.data as Float32Array).set(image, row * image.length);
      }
      const tokens = BATCH * (codes.size / codes.patch) ** 2;
      return { inputs: { pixels }, supervised: BATCH, tokens };
    },
    get cursor() {
      return { step };
    },
    seek({ step: at }) {
      if (!Number.isSafeInteger(at)) throw new Error('the cursor must hold a whole number "step"');
      step = at as number; // checked above
    },
  };
}
