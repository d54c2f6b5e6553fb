/**
 * Spoken clips kept in one file, since a training run hears thousands of them many times.
 *
 * The file is a row of records: 16 bytes of the utterance's hash, the number of samples (u32,
 * little-endian), and the samples (i16). Clips are only ever appended, so that a run that was
 * stopped goes on where it was; what it left half-written is cut off.
 */

import { createHash } from "node:crypto";
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Audio } from "../../media/types.ts";
import { SPEECH_RATE, synthesizeSpeech } from "./synthesize.ts";
import type { Utterance } from "./utterances.ts";

const HASH_BYTES = 16;
const HEADER_BYTES = HASH_BYTES + 4;

export interface SpeechPool {
  /** How many clips the file holds. */
  readonly size: number;
  /** Speaks what the file does not hold yet, one process a core at a time. */
  fill(
    utterances: readonly Utterance[],
    options?: { readonly onClip?: (done: number, missing: number) => void },
  ): Promise<void>;
  /** @throws if the clip is not there. */
  read(utterance: Utterance): Audio;
  close(): void;
}

/**
 * Opens a file of clips, or begins one. One process at a time may fill it.
 *
 * @example
 * const pool = openSpeechPool("speech.bin");
 * await pool.fill([{ text: "stop", kind: "command", voice: "en-us", speed: 160, pitch: 50, amplitude: 100 }]);
 * pool.close();
 */
export function openSpeechPool(path: string): SpeechPool {
  const file = openSync(path, "a+");
  const clips = new Map<string, { readonly at: number; readonly samples: number }>();
  let end = 0;
  const size = fstatSync(file).size;
  const header = Buffer.alloc(HEADER_BYTES);
  while (end + HEADER_BYTES <= size) {
    readSync(file, header, 0, HEADER_BYTES, end);
    const samples = header.readUInt32LE(HASH_BYTES);
    if (end + HEADER_BYTES + 2 * samples > size) break;
    clips.set(header.toString("hex", 0, HASH_BYTES), { at: end + HEADER_BYTES, samples });
    end += HEADER_BYTES + 2 * samples;
  }
  if (end < size) ftruncateSync(file, end);

  const append = (hash: string, { samples }: Audio) => {
    const record = Buffer.alloc(HEADER_BYTES + 2 * samples.length);
    record.write(hash, "hex");
    record.writeUInt32LE(samples.length, HASH_BYTES);
    for (let i = 0; i < samples.length; i++) {
      const value = Math.round(samples[i] * 32767);
      record.writeInt16LE(Math.max(-32768, Math.min(32767, value)), HEADER_BYTES + 2 * i);
    }
    writeSync(file, record);
    clips.set(hash, { at: end + HEADER_BYTES, samples: samples.length });
    end += record.length;
  };

  return {
    get size() {
      return clips.size;
    },
    async fill(utterances, { onClip } = {}) {
      const wanted = new Map(utterances.map((utterance) => [hashOf(utterance), utterance]));
      const missing = [...wanted].filter(([hash]) => !clips.has(hash));
      let [next, done] = [0, 0];
      const lane = async () => {
        while (next < missing.length) {
          const [hash, utterance] = missing[next++];
          append(hash, await synthesizeSpeech(utterance.text, utterance));
          onClip?.(++done, missing.length);
        }
      };
      await Promise.all(Array.from({ length: availableParallelism() }, lane));
    },
    read(utterance) {
      const clip = clips.get(hashOf(utterance));
      if (!clip) {
        const { text, voice } = utterance;
        throw new Error(`${path}: no clip of "${text}" by ${voice}; expected it to be filled in`);
      }
      const bytes = Buffer.alloc(2 * clip.samples);
      readSync(file, bytes, 0, bytes.length, clip.at);
      const samples = new Float32Array(clip.samples);
      for (let i = 0; i < samples.length; i++) samples[i] = bytes.readInt16LE(2 * i) / 32767;
      return { sampleRate: SPEECH_RATE, samples };
    },
    close: () => closeSync(file),
  };
}

/** How a clip sounds, and nothing else, names it. */
function hashOf({ text, voice, speed, pitch, amplitude }: Utterance): string {
  const name = JSON.stringify([SPEECH_RATE, text, voice, speed, pitch, amplitude]);
  return createHash("sha256")
    .update(name)
    .digest("hex")
    .slice(0, 2 * HASH_BYTES);
}
