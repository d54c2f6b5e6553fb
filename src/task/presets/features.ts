/** What metrics of pictures and sound compare. */

import { melSpectrogram, resample, resize } from "../../media/index.ts";
import { audioOf, imageOf } from "../prepare/media.ts";

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
