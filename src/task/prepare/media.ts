/** Pictures, sound and motion as the numbers that a model's adaptors take. */

import { kindOf } from "../../checkpoint/json.ts";
import {
  decodeAudio,
  decodeImage,
  decodeVideo,
  logMel,
  melSpectrogram,
  motionToFeatures,
  parseBvh,
  resample,
  resampleMotion,
  resize,
  toPixels,
} from "../../media/index.ts";
import type { Audio, Image, Motion, Video } from "../../media/types.ts";
import type {
  AudioAdaptor,
  MotionTarget,
  SpeechTarget,
  VideoAdaptor,
} from "../../models/adaptors/index.ts";
import type { Random } from "../../nn/random.ts";
import type { Slot } from "../grammar/ast.ts";
import { SkippedRecord } from "./context.ts";

/** Samples a second that log-mel features are made of, and samples of a frame. */
const AUDIO_RATE = 16_000;
const AUDIO_HOP = 160;

type File = string | Uint8Array;
const isFile = (value: unknown): value is File =>
  typeof value === "string" || value instanceof Uint8Array;

/**
 * An image from what a slot was given.
 *
 * @param where the slot, for errors
 */
export async function imageOf(value: unknown, where: string): Promise<Image> {
  if (isFile(value)) return decodeImage(value);
  const image = value as Partial<Image> | null | undefined; // checked here
  if (
    image?.data instanceof Uint8Array &&
    image.width !== undefined &&
    image.height !== undefined &&
    image.data.length === image.width * image.height * 3
  ) {
    return image as Image;
  }
  throw wrongValue(where, value, "a path, a file's bytes, or an Image");
}

export async function audioOf(value: unknown, where: string): Promise<Audio> {
  if (isFile(value)) return decodeAudio(value);
  const audio = value as Partial<Audio> | null | undefined; // checked here
  if (audio?.samples instanceof Float32Array && typeof audio.sampleRate === "number") {
    return audio as Audio;
  }
  throw wrongValue(where, value, "a path, a file's bytes, or an Audio");
}

export async function videoOf(value: unknown, where: string, frames: number): Promise<Video> {
  if (isFile(value)) return decodeVideo(value, { frames });
  const video = value as Partial<Video> | null | undefined; // checked here
  if (Array.isArray(video?.frames) && video.frames.length > 0) return video as Video;
  throw wrongValue(where, value, "a path, a file's bytes, or a Video with frames");
}

export async function motionOf(value: unknown, where: string): Promise<Motion> {
  if (value instanceof Uint8Array) return parseBvh(new TextDecoder().decode(value), where);
  if (typeof value === "string") {
    const { readFile } = await import("node:fs/promises");
    return parseBvh(await readFile(value, "utf8"), value);
  }
  const motion = value as Partial<Motion> | null | undefined; // checked here
  if (motion?.rotations instanceof Float32Array && motion.skeleton) return motion as Motion;
  throw wrongValue(where, value, "a path, a BVH file's bytes, or a Motion");
}

const wrongValue = (where: string, value: unknown, expected: string): Error =>
  new Error(`task: ${where} was given ${kindOf(value)}; expected ${expected}`);

/** [3, size, size] of numbers from -1 to 1; the sides become `size` whatever they were. */
export const imagePixels = (image: Image, size: number): Float32Array =>
  toPixels(resize(image, size, size, "bicubic"));

/** [frames, 3, size, size]: frames evenly over the video's time. */
export function videoPixels(video: Video, { frames, size }: VideoAdaptor): Float32Array {
  const one = 3 * size * size;
  const pixels = new Float32Array(frames * one);
  for (let i = 0; i < frames; i++) {
    const at = Math.floor(((i + 0.5) * video.frames.length) / frames);
    pixels.set(imagePixels(video.frames[at], size), i * one);
  }
  return pixels;
}

/**
 * Log-mel frames, `stack` in a row a position.
 *
 * @throws Error for no sound, or more than the model takes
 */
export function audioFeatures(
  audio: Audio,
  { mels, stack, maxPositions, merge = 1 }: AudioAdaptor,
  where: string,
): { features: Float32Array; positions: number } {
  if (audio.samples.length === 0) throw new Error(`task: ${where} is empty`);
  const sound = audio.sampleRate === AUDIO_RATE ? audio : resample(audio, AUDIO_RATE);
  const step = stack * merge * AUDIO_HOP;
  const positions = Math.ceil(sound.samples.length / step);
  if (positions > maxPositions) {
    const [most, own] = [maxPositions * step, sound.samples.length].map((n) => n / AUDIO_RATE);
    throw new Error(
      `task: ${where} lasts ${own.toFixed(1)} s; this model takes at most ${most.toFixed(1)} s`,
    );
  }
  return { features: logMel(sound, { mels, length: positions * step }).data, positions };
}

/**
 * Masks two stretches of time and two bands of frequencies, as "SpecAugment" does (Park et al.
 * 2019, policy LD, on shares of the sound): what is masked is 0.
 *
 * @param features frames of `mels` numbers, one behind the other
 */
export function maskSound(features: Float32Array, mels: number, random: Random): void {
  const frames = features.length / mels;
  for (let i = 0; i < 2; i++) {
    const length = random.below(Math.min(100, Math.floor(frames / 5)) + 1);
    const start = random.below(frames - length + 1);
    features.fill(0, start * mels, (start + length) * mels);
    const width = random.below(Math.floor((27 * mels) / 80) + 1);
    const low = random.below(mels - width + 1);
    for (let frame = 0; frame < frames; frame++) {
      features.fill(0, frame * mels + low, frame * mels + low + width);
    }
  }
}

/**
 * Mel frames to be generated, `stack` in a row a position, normalised.
 *
 * @throws Error for no sound, or more than the model gives
 */
export function speechFrames(
  audio: Audio,
  c: SpeechTarget,
  where: string,
): { frames: Float32Array; count: number } {
  if (audio.samples.length === 0) throw new Error(`task: ${where} is empty`);
  const sound = audio.sampleRate === c.sampleRate ? audio : resample(audio, c.sampleRate);
  const { frames, data } = melSpectrogram(sound, { mels: c.mels });
  const count = Math.ceil(frames / c.stack);
  if (count > c.maxPositions) {
    throw new Error(
      `task: ${where} has ${frames} frames; this model gives at most ${c.maxPositions * c.stack}`,
    );
  }
  const values = new Float32Array(count * c.stack * c.mels).fill(silence(c));
  for (let i = 0; i < data.length; i++) values[i] = (data[i] - c.mean) / c.deviation;
  return { frames: values, count };
}

/** ln of the lowest magnitude, normalised. */
const silence = ({ mean, deviation }: SpeechTarget): number => (Math.log(1e-5) - mean) / deviation;

/**
 * Normalised features of a motion at the model's rate; what is longer than it gives is cut.
 *
 * @param attributes `max_length` and `min_length` in frames, `window` to take any stretch
 * @param random draws that stretch; left out: the first frames are taken
 * @throws SkippedRecord for a motion that is too short; Error for another number of joints
 */
export function motionFrames(
  motion: Motion,
  c: MotionTarget,
  where: string,
  { max_length: most, min_length: least, window }: Slot["attributes"] = {},
  random?: Random,
): { frames: Float32Array; count: number } {
  const slowed = resampleMotion(motion, c.rate);
  if (random && typeof least === "number" && slowed.frames < least) {
    throw new SkippedRecord(`${where} has ${slowed.frames} frames, fewer than min_length=${least}`);
  }
  const count = Math.min(slowed.frames, c.maxFrames, typeof most === "number" ? most : Infinity);
  const start = window && random ? random.below(slowed.frames - count + 1) : 0;
  const frames = motionToFeatures(framesOf(slowed, start, count));
  const size = frames.length / count;
  if (size !== c.features) {
    throw new Error(
      `task: ${where} has ${motion.skeleton.joints.length} joints; this model gives ` +
        `${(c.features - 6) / 6}`,
    );
  }
  for (let i = 0; i < frames.length; i++) {
    frames[i] = (frames[i] - c.mean[i % size]) / c.deviation[i % size];
  }
  return { frames, count };
}

/** A stretch of a motion. */
function framesOf(motion: Motion, start: number, frames: number): Motion {
  const cut = (values: Float32Array): Float32Array => {
    const width = values.length / motion.frames;
    return values.subarray(start * width, (start + frames) * width);
  };
  return { ...motion, frames, root: cut(motion.root), rotations: cut(motion.rotations) };
}

/** Blanks the middle of [3, size, size], which is to be drawn again: all but a margin. */
export function maskCentre(pixels: Float32Array, size: number, ratio: number): void {
  const margin = Math.floor((size * (1 - ratio)) / 2);
  for (let row = margin; row < size - margin; row++) {
    for (let channel = 0; channel < 3; channel++) {
      const start = (channel * size + row) * size;
      pixels.fill(0, start + margin, start + size - margin);
    }
  }
}
