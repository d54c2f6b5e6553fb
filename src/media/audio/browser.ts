/** Audio in a page: compressed files through the browser's own decoders. */

import type { Audio } from "../types.ts";
import { checkSeconds } from "./limits.ts";
import { resample } from "./resample.ts";
import { decodeWav, isWav, type WavOptions } from "./wav.ts";

/** What is needed of an AudioContext or OfflineAudioContext. */
export interface BrowserAudioContext {
  decodeAudioData(data: ArrayBuffer): Promise<{
    readonly sampleRate: number;
    readonly length: number;
    readonly numberOfChannels: number;
    getChannelData(channel: number): Float32Array;
  }>;
}

export interface DecodeInBrowserOptions extends WavOptions {
  /** Resamples to so many samples a second. */
  readonly sampleRate?: number;
}

/**
 * `decodeAudio` for pages. The browser resamples compressed audio to the context's rate itself:
 * give it the rate that you want.
 *
 * @throws Error naming the audio where it cannot be decoded, is empty or too long
 * @example
 * const context = new OfflineAudioContext(1, 1, 16_000);
 * const audio = await decodeAudioInBrowser(new Uint8Array(await file.arrayBuffer()), context);
 */
export async function decodeAudioInBrowser(
  bytes: Uint8Array,
  context: BrowserAudioContext,
  options: DecodeInBrowserOptions = {},
): Promise<Audio> {
  const { name = "the audio data", maxSeconds, sampleRate } = options;
  const audio = isWav(bytes)
    ? decodeWav(bytes, { name, maxSeconds })
    : await decodeByContext(bytes, context, name, maxSeconds);
  return sampleRate === undefined ? audio : resample(audio, sampleRate);
}

async function decodeByContext(
  bytes: Uint8Array,
  context: BrowserAudioContext,
  name: string,
  maxSeconds?: number,
): Promise<Audio> {
  // A copy: decodeAudioData takes the buffer away from its owner.
  const buffer = await context.decodeAudioData(new Uint8Array(bytes).buffer).catch((cause) => {
    throw new Error(`${name}: the browser cannot decode it as audio`, { cause });
  });
  const { sampleRate, length, numberOfChannels } = buffer;
  if (length === 0) throw new Error(`${name}: it holds no samples, expected at least 1`);
  checkSeconds(name, length / sampleRate, maxSeconds);
  const samples = new Float32Array(length);
  for (let c = 0; c < numberOfChannels; c++) {
    const channel = buffer.getChannelData(c);
    for (let n = 0; n < length; n++) samples[n]! += channel[n]! / numberOfChannels;
  }
  return { sampleRate, samples };
}
