/** Speech by espeak-ng, a program of its own (Debian's package espeak-ng). */

import { execFile } from "node:child_process";
import { decodeWav, resample } from "../../media/audio/index.ts";
import type { Audio } from "../../media/types.ts";
import type { VoiceOptions } from "./utterances.ts";

/** Samples a second of all speech here. */
export const SPEECH_RATE = 16_000;

/**
 * Speaks a text: one child process, about ten milliseconds.
 *
 * @returns 16 kHz, without the silence before and after
 * @throws if espeak-ng is not installed or does not know the voice
 * @example
 * const audio = await synthesizeSpeech("turn left", { voice: "en-gb+f2", speed: 140 });
 */
export async function synthesizeSpeech(text: string, options: VoiceOptions = {}): Promise<Audio> {
  const { voice = "en-us", speed = 160, pitch = 50, amplitude = 100 } = options;
  const settings = ["-v", voice, "-s", `${speed}`, "-p", `${pitch}`, "-a", `${amplitude}`];
  const wav = await runEspeak([...settings, "--stdout", "--", text]);
  // Written into a pipe, the header claims two gigabytes of samples: all that follow are meant.
  wav.writeUInt32LE(0xffff_ffff, 40);
  const { samples, sampleRate } = decodeWav(wav, { name: "espeak-ng's output" });
  return resample({ sampleRate, samples: trim(samples) }, SPEECH_RATE);
}

/** The phones of a text in the International Phonetic Alphabet, as espeak-ng speaks it. */
export async function transcribePhones(text: string, voice = "en-us"): Promise<string[]> {
  const out = await runEspeak(["-q", "--ipa", "--sep= ", "-v", voice, "--", text]);
  return out
    .toString("utf8")
    .split(/\s+/)
    .filter((phone) => phone !== "");
}

function runEspeak(args: readonly string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { encoding: "buffer", maxBuffer: 2 ** 28 } as const;
    execFile("espeak-ng", args, options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const why =
        "code" in error && error.code === "ENOENT"
          ? "it is not installed; expected espeak-ng on the PATH (Debian: apt install espeak-ng)"
          : stderr.toString("utf8").trim() || error.message;
      reject(new Error(`espeak-ng: ${why}`, { cause: error }));
    });
  });
}

function trim(samples: Float32Array): Float32Array {
  const isLoud = (value: number) => Math.abs(value) > 0.004;
  const start = samples.findIndex(isLoud);
  return start < 0
    ? samples.subarray(0, 0)
    : samples.subarray(start, samples.findLastIndex(isLoud) + 1);
}
