/** What a task gave, as JSON: files become data: URLs. */

import {
  encodeGif,
  encodePng,
  encodeWav,
  renderMotion,
  resampleMotion,
  writeBvh,
} from "../../media/index.ts";
import type { Audio, Box, Image, Motion } from "../../media/types.ts";
import { type Plan, slotsOf } from "../../task/index.ts";
import { dataUrl } from "./data-url.ts";
import type { TaskOutput } from "./task-output.ts";

/** Pixels of a side of a rendered motion, and what GIF players show at most. */
const FIGURE = 192;
const GIF_RATE = 25;

/** @param values by slot, as `TaskModel.infer` gives them */
export async function taskOutputs(
  { instruction, target }: Plan,
  values: Readonly<Record<string, unknown>>,
): Promise<Record<string, TaskOutput>> {
  if (target.kind === "tokens" && target.repeated) {
    return { items: { type: "items", items: values.items as Record<string, unknown>[] } };
  }
  const outputs: Record<string, TaskOutput> = {};
  for (const { modality, name } of slotsOf(instruction.target)) {
    if (Object.hasOwn(values, name)) outputs[name] = await outputOf(modality, values[name]);
  }
  return outputs;
}

// The plan says what a slot's value is.
async function outputOf(modality: string, value: unknown): Promise<TaskOutput> {
  if (modality === "BOX") return { type: "box", box: value as Box };
  if (modality === "IMAGE") {
    const image = value as Image;
    const { width, height } = image;
    return { type: "image", url: dataUrl("image/png", await encodePng(image)), width, height };
  }
  if (modality === "AUDIO") {
    const audio = value as Audio;
    const seconds = audio.samples.length / audio.sampleRate;
    return { type: "audio", url: dataUrl("audio/wav", encodeWav(audio)), seconds };
  }
  if (modality === "MOTION") {
    const motion = value as Motion;
    const slow = motion.frameTime < 1 / GIF_RATE ? resampleMotion(motion, GIF_RATE) : motion;
    const gif = await encodeGif(renderMotion(slow, { width: FIGURE, height: FIGURE }));
    const seconds = motion.frames * motion.frameTime;
    return { type: "motion", url: dataUrl("image/gif", gif), bvh: writeBvh(motion), seconds };
  }
  return { type: "text", text: String(value) };
}
