/** Spoken digits and commands, and what was said. */

import type { Audio } from "../../media/types.ts";
import { createRandom, type Random } from "../../nn/random.ts";
import { spellPhones } from "./phones.ts";
import type { SpeechPool } from "./speech-pool.ts";
import { drawUtterance, type Utterance } from "./utterances.ts";
import { between, pick, type Split, type World } from "./world.ts";

export interface SpokenText {
  readonly audio: Audio;
  /** Words in lower case: "four two nine", "turn on the light". */
  readonly text: string;
  /** The text's phones with spaces between. */
  readonly phones: string;
}

export interface SpeechSample extends SpokenText, Omit<Utterance, "text"> {}

export interface SpeechOptions {
  /** Names the choice of clips (default 0). */
  readonly seed?: number;
  /** How many clips of each split (default 6,000 and 600). */
  readonly clips?: Readonly<Partial<Record<Split, number>>>;
  readonly onClip?: (done: number, missing: number) => void;
}

/**
 * A world of speech. Clips that the pool lacks are spoken first; each sample is one of them at
 * another loudness, between other silences, in other noise.
 *
 * @throws if clips are lacking and espeak-ng is not installed
 * @example
 * const speech = await createSpeechWorld(openSpeechPool("speech.bin"), { clips: { train: 500 } });
 * const { audio, text } = speech(createRandom(1), "train");
 */
export async function createSpeechWorld(
  pool: SpeechPool,
  options: SpeechOptions = {},
): Promise<World<SpeechSample>> {
  const { seed = 0, clips: { train = 6000, heldout = 600 } = {} } = options;
  const clips = {
    train: drawClips(seed, "train", train),
    heldout: drawClips(seed, "heldout", heldout),
  };
  await pool.fill([...clips.train, ...clips.heldout], options);
  return (random, split) => {
    const utterance = pick(random, clips[split]);
    const audio = roughen(random, pool.read(utterance));
    return { ...utterance, audio, phones: spellPhones(utterance.text) };
  };
}

/** The same first clips whatever the count, so that a larger pool goes on from a smaller one. */
function drawClips(seed: number, split: Split, count: number): Utterance[] {
  const random = createRandom(seed, `speech/${split}`);
  return Array.from({ length: count }, () => drawUtterance(random, split));
}

/** Silence before and after, another loudness, and noise 44 to 74 dB below full scale. */
function roughen(random: Random, { samples, sampleRate }: Audio): Audio {
  const silence = () => Math.round(sampleRate * between(random, 0.02, 0.15));
  const start = silence();
  const rough = new Float32Array(start + samples.length + silence());
  const loudness = between(random, 0.5, 1);
  const noise = 10 ** between(random, -3.7, -2.2);
  // Uniform noise: a third of the cost of normal noise, and the ear hears no difference.
  for (let i = 0; i < rough.length; i++) rough[i] = noise * (2 * random.uniform() - 1);
  for (let i = 0; i < samples.length; i++) {
    rough[start + i] = Math.max(-1, Math.min(1, rough[start + i] + loudness * samples[i]));
  }
  return { sampleRate, samples: rough };
}
