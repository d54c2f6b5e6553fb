/** What metrics of pictures, sound and motion compare. */

import {
  jointPositions,
  melSpectrogram,
  resample,
  resampleMotion,
  resize,
} from "../../media/index.ts";
import { audioOf, imageOf, motionOf } from "../prepare/media.ts";

const SIDE = 16;

/** A picture's colours on a grid of 16 x 16, without their mean: 768 numbers. */
export async function pictureVector(value: unknown): Promise<Float64Array> {
  const { data } = resize(await imageOf(value, "the picture"), SIDE, SIDE, "bilinear");
  const mean = data.reduce((sum, byte) => sum + byte, 0) / data.length;
  return Float64Array.from(data, (byte) => byte - mean);
}

const RATE = 22_050;
const MELS = 80;
const COEFFICIENTS = 13;

/**
 * Mel cepstra of a sound: coefficients 1 to 13 of a cosine transform (orthonormal DCT-II) of each
 * frame's log-mel values, without the zeroth, which is its loudness.
 */
export async function cepstra(value: unknown): Promise<number[][]> {
  const sound = resample(await audioOf(value, "the sound"), RATE);
  const { frames, data } = melSpectrogram(sound, { mels: MELS });
  return Array.from({ length: frames }, (_, frame) =>
    Array.from({ length: COEFFICIENTS }, (_, k) => {
      let sum = 0;
      for (let mel = 0; mel < MELS; mel++) {
        sum += data[frame * MELS + mel] * Math.cos((Math.PI * (k + 1) * (mel + 0.5)) / MELS);
      }
      return Math.sqrt(2 / MELS) * sum;
    }),
  );
}

const FRAMES_PER_SECOND = 20;

/** Where a motion's joints are, x, y and z of each, 20 frames a second. */
export async function joints(value: unknown): Promise<Float32Array[]> {
  const motion = resampleMotion(await motionOf(value, "the motion"), FRAMES_PER_SECOND);
  const { joints: data } = jointPositions(motion);
  const size = data.length / motion.frames;
  return Array.from({ length: motion.frames }, (_, i) => data.subarray(i * size, (i + 1) * size));
}
