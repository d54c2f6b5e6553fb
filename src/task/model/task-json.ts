/** `task.json`: what a task model has beside its body, whose config.json is as of any checkpoint. */

import { z } from "zod";

const count = z.number().int().min(1);
const numbers = z.array(z.number());

const image = z.strictObject({
  size: count,
  patch: count,
  layers: z.number().int().min(0),
  merge: count.optional(),
  blocks: count.optional(),
});

const schema = z.strictObject({
  body: z.enum(["decoder", "ofa"]),
  fullSource: z.boolean().optional(),
  bins: z.number().int().min(0),
  image: image.optional(),
  video: image.extend({ frames: count }).optional(),
  audio: z
    .strictObject({
      mels: count,
      stack: count,
      layers: z.number().int().min(0),
      merge: count.optional(),
      maxPositions: count,
    })
    .optional(),
  codes: z
    .strictObject({
      size: count,
      patch: count,
      levels: z.array(z.number().int().min(2)).min(1),
      width: count,
      layers: z.number().int().min(0),
    })
    .optional(),
  speech: z
    .strictObject({
      mels: count,
      stack: count,
      sampleRate: count,
      mean: z.number(),
      deviation: z.number(),
      maxPositions: count,
    })
    .optional(),
  motion: z
    .strictObject({
      features: count,
      maxFrames: count,
      rate: z.number(),
      mean: numbers,
      deviation: numbers,
      mostErrorWeight: z.number().min(1).optional(),
    })
    .optional(),
});

/** A task model's config without its body's. */
export type TaskJson = z.infer<typeof schema>;

/**
 * @param file named in errors
 * @throws Error naming the file, the key and what was expected
 */
export function readTaskJson(file: string, values: unknown): TaskJson {
  const { success, data, error } = schema.safeParse(values);
  if (success) return data;
  const [{ path, message }] = error.issues;
  throw new Error(`${file}: "${path.join(".")}": ${message}`);
}
