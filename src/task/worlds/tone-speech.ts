/** Digits as pure tones: what speech is to tests, and where espeak-ng is missing. */

import type { Random } from "../../nn/random.ts";
import { spellPhones } from "./phones.ts";
import type { SpokenText } from "./speech.ts";
import { SPEECH_RATE } from "./synthesize.ts";
import { DIGIT_WORDS, drawDigits } from "./utterances.ts";
import { between, type Split } from "./world.ts";

/** Of each digit, in hertz: a minor third apart. */
const PITCHES: ReadonlyMap<string, number> = new Map(
  DIGIT_WORDS.map((word, digit) => [word, 300 * 2 ** (digit / 4)]),
);

/**
 * One to four digits, a pitch each, in faint noise at 16 kHz. One string in eight is held out.
 *
 * @example
 * toneSpeech(createRandom(1), "train").text; // "four two nine"
 */
export function toneSpeech(random: Random, split: Split): SpokenText {
  const text = drawDigits(random, split, 1, 4);
  const digits = text.split(" ").map((word) => ({
    pitch: PITCHES.get(word) ?? 0,
    gap: seconds(between(random, 0.04, 0.08)),
    length: seconds(between(random, 0.08, 0.14)),
    loudness: between(random, 0.2, 0.7),
  }));
  const total = digits.reduce((sum, { gap, length }) => sum + gap + length, seconds(0.05));
  const samples = new Float32Array(total);
  const noise = between(random, 0.001, 0.01);
  for (let i = 0; i < total; i++) samples[i] = noise * (2 * random.uniform() - 1);
  let start = 0;
  for (const { pitch, gap, length, loudness } of digits) {
    start += gap;
    for (let i = 0; i < length; i++) {
      // Rises and falls smoothly, so that it begins and ends without a click.
      const swell = Math.sin((Math.PI * i) / length);
      samples[start + i] += loudness * swell * Math.sin((2 * Math.PI * pitch * i) / SPEECH_RATE);
    }
    start += length;
  }
  return { audio: { sampleRate: SPEECH_RATE, samples }, text, phones: spellPhones(text) };
}

const seconds = (time: number): number => Math.round(time * SPEECH_RATE);
