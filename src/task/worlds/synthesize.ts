/** Speech by espeak-ng, a program of its own (Debian's package espeak-ng). */

import { execFile } from "node:child_process";
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
  const { samples, sampleRate } = readWav(wav);
  return { sampleRate: SPEECH_RATE, samples: resample(trim(samples), sampleRate, SPEECH_RATE) };
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

/** espeak-ng's own WAV: 16-bit, one channel, a header of 44 bytes that claims endless data. */
function readWav(wav: Buffer): Audio {
  const header = wav.subarray(0, 44);
  if (header.length < 44 || header.toString("latin1", 0, 4) !== "RIFF" || header[22] !== 1) {
    throw new Error(
      "espeak-ng: its output is no WAV of one channel; expected espeak-ng 1.50 or later",
    );
  }
  const samples = new Float32Array((wav.length - 44) >> 1);
  for (let i = 0; i < samples.length; i++) samples[i] = wav.readInt16LE(44 + 2 * i) / 32768;
  return { sampleRate: wav.readUInt32LE(24), samples };
}

function trim(samples: Float32Array): Float32Array {
  const isLoud = (value: number) => Math.abs(value) > 0.004;
  const start = samples.findIndex(isLoud);
  return start < 0
    ? samples.subarray(0, 0)
    : samples.subarray(start, samples.findLastIndex(isLoud) + 1);
}

/**
 * Windowed-sinc interpolation: a Hann window over six zero crossings a side. Output samples that
 * lie alike between input samples share their weights.
 */
function resample(samples: Float32Array, from: number, to: number): Float32Array {
  const divisor = greatestCommonDivisor(from, to);
  const [step, phases] = [from / divisor, to / divisor];
  const cutoff = 0.97 * Math.min(1, to / from);
  const reach = Math.ceil(6 / cutoff);
  const taps = 2 * reach + 1;
  const weights = Float32Array.from({ length: phases * taps }, (_, i) => {
    const x = (i % taps) - reach - (((Math.floor(i / taps) * step) / phases) % 1);
    if (Math.abs(x) >= reach) return 0;
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * cutoff * x) / (Math.PI * cutoff * x);
    return cutoff * sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / reach));
  });
  const out = new Float32Array(Math.floor((samples.length * to) / from));
  for (let i = 0; i < out.length; i++) {
    const first = Math.floor((i * step) / phases) - reach;
    const row = (i % phases) * taps;
    let sum = 0;
    for (let tap = Math.max(0, -first); tap < taps && first + tap < samples.length; tap++) {
      sum += samples[first + tap] * weights[row + tap];
    }
    out[i] = sum;
  }
  return out;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
