/** Audio files to samples in a browser. */

import type { Audio } from "../types.ts";
import type { DecodeAudioOptions } from "./decode.ts";
import { checkBytes, checkSeconds } from "./limits.ts";
import { resample } from "./resample.ts";
import { decodeWav, isWav } from "./wav.ts";

/** The part of the platform used here: this project's types are Node's. */
interface DecodedBuffer {
  readonly sampleRate: number;
  readonly length: number;
  readonly numberOfChannels: number;
  getChannelData(channel: number): Float32Array;
}
declare const OfflineAudioContext: new (
  channels: number,
  length: number,
  sampleRate: number,
) => { decodeAudioData(data: ArrayBuffer): Promise<DecodedBuffer> };

/** A file does not say its rate before it is decoded, and the browser asks for one. */
const DEFAULT_RATE = 48_000;

/**
 * What `decodeAudio` of onefold/media does, with the browser's decoders for compressed files. These
 * resample by themselves: to `sampleRate`, or 48,000 samples a second where it is not given.
 *
 * @param source a dropped, recorded or fetched file, or its bytes
 * @throws Error naming the file where it is damaged, empty, too long or not read by this browser
 * @example
 * const audio = await decodeAudio(input.files[0], { sampleRate: 16_000 });
 */
export async function decodeAudio(
  source: Blob | Uint8Array<ArrayBuffer>,
  options: DecodeAudioOptions = {},
): Promise<Audio> {
  const { maxBytes, maxSeconds, sampleRate } = options;
  const blob = source instanceof Blob ? source : new Blob([source]);
  const name = options.name ?? ("name" in blob ? String(blob.name) : "the audio data");
  checkBytes(name, blob.size, maxBytes);
  const bytes = await blob.arrayBuffer();
  if (isWav(new Uint8Array(bytes))) {
    const audio = decodeWav(new Uint8Array(bytes), { name, maxSeconds });
    return sampleRate === undefined ? audio : resample(audio, sampleRate);
  }
  const context = new OfflineAudioContext(1, 1, sampleRate ?? DEFAULT_RATE);
  const buffer = await context.decodeAudioData(bytes).catch((cause: unknown) => {
    throw new Error(`${name}: damaged, incomplete, or not read by this browser`, { cause });
  });
  const { length, numberOfChannels } = buffer;
  if (length === 0) throw new Error(`${name}: it holds no samples, expected at least 1`);
  checkSeconds(name, length / buffer.sampleRate, maxSeconds);
  const samples = new Float32Array(length);
  for (let c = 0; c < numberOfChannels; c++) {
    const channel = buffer.getChannelData(c);
    for (let n = 0; n < length; n++) samples[n]! += channel[n]! / numberOfChannels;
  }
  return { sampleRate: buffer.sampleRate, samples };
}
