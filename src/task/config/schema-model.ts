/** Options of a training of tasks: the model. */

import { z } from "zod";
import { count } from "../../train/job/schema-parts.ts";

const image = {
  size: count(8).default(32).describe("pixels of a side; images are resized to it"),
  patch: count().default(8).describe("pixels of a patch's side, a power of two"),
  layers: count(0).default(2).describe("layers among the patches (body decoder)"),
  merge: count().optional().describe("patches of a square side in one position (body decoder)"),
};

/** Of each, what is left out has its default, also where the group itself is left out. */
export const adaptors = {
  image: z.strictObject(image).describe("how images are read"),
  video: z
    .strictObject({ ...image, frames: count().default(4).describe("frames of a clip") })
    .describe("how videos are read"),
  audio: z
    .strictObject({
      mels: count().default(80).describe("mel bands of a frame of 10 ms"),
      stack: count().default(8).describe("frames that the layers see as one"),
      layers: count(0).default(2).describe("layers among them"),
      merge: count().optional().describe("how many of them are one position"),
      positions: count().default(128).describe("most positions of a recording"),
    })
    .describe("how sound is read"),
  codes: z
    .strictObject({
      size: count(8).default(32).describe("pixels of a side of what is drawn"),
      patch: count().default(4).describe("pixels of a patch's side, which is one code"),
      levels: z
        .array(count(2))
        .min(1)
        .default([8, 6, 5])
        .describe("levels of a code's numbers; their product is the number of codes"),
      width: count().default(64).describe("of the network of codes"),
      layers: count(0).default(1).describe("on each side of the codes"),
      steps: count(0)
        .optional()
        .describe(
          "that teach codes first what tasks draw (default: 1000; 0 where a model has some)",
        ),
    })
    .describe("how images are drawn"),
  speech: z
    .strictObject({
      mels: count().default(80).describe("mel bands of a frame"),
      stack: count().default(4).describe("frames of one position"),
      sample_rate: count().default(16_000).describe("samples a second"),
      positions: count().default(256).describe("most positions of a recording"),
    })
    .describe("how sound is spoken"),
  motion: z
    .strictObject({
      frames: count().default(40).describe("most frames"),
      rate: z.number().positive().default(10).describe("frames a second"),
    })
    .describe("how motions are made"),
};

const keys = {
  from: z.string().min(1).describe("folder or ORG/NAME to go on from; its body stays"),
  body: z.enum(["decoder", "ofa"]).describe("the network in the middle (default: decoder)"),
  size: z
    .enum(["tiny", "small", "base", "large"])
    .describe("width, layers and heads together (default: tiny)"),
  width: count(16).describe("of the residual stream"),
  layers: count().describe("of the body; of an ofa, on each side"),
  heads: count().describe("of attention"),
  inner: count().describe("width of the MLP (default: 3 x width; ofa: 4 x)"),
  context: count(16).describe("most positions (default: 1024)"),
  modal_ffn: z
    .array(z.enum(["image", "video", "audio", "motion"]))
    .describe("ofa: modalities with feed-forward networks of their own"),
  vocabulary: count(260).describe("tokens of text, learned from the tasks (default: 1000)"),
  bins: count(2).describe("steps of a box's coordinates (default: 100)"),
  ...adaptors,
};

export const model = z.strictObject(keys).partial();
export type ModelKeys = z.output<typeof model>;

/** Of fresh bodies: what `from` brings with it. */
export const bodyKeys = [
  ...["body", "size", "width", "layers", "heads", "inner", "context", "modal_ffn", "vocabulary"],
] as const satisfies readonly string[];
