/** Audio files to samples. What a file is, its content says. */

import { open } from "node:fs/promises";
import type { Audio } from "../types.ts";
import { codecOf, flacInfo } from "./codec.ts";
import type { DecoderThread } from "./decoder-thread.ts";
import { checkBytes, checkSeconds, MAX_SECONDS, tooLong } from "./limits.ts";
import { MAX_SAMPLE_RATE, resample } from "./resample.ts";
import { decodeWav, isWav } from "./wav.ts";

export interface DecodeAudioOptions {
  /** Resamples to so many samples a second. */
  readonly sampleRate?: number;
  /** Named in errors (default the path, or "the audio data"). */
  readonly name?: string;
  /** Larger files are refused before they are read (default 1 GiB). */
  readonly maxBytes?: number;
  /** Longer audio is refused (default 3600). */
  readonly maxSeconds?: number;
}

/**
 * Decodes WAV, FLAC, MP3, Ogg Vorbis, Opus, AAC (ADTS) and M4A; channels are averaged. MP3, Ogg and
 * AAC do not say how long they are: of a file that was cut off, what is there is decoded.
 *
 * @param source path or content of a file
 * @throws Error naming the file where it is missing, damaged, empty, too long or of another kind
 * @example
 * const audio = await decodeAudio("seven.mp3", { sampleRate: 16_000 });
 */
export async function decodeAudio(
  source: string | Uint8Array,
  options: DecodeAudioOptions = {},
): Promise<Audio> {
  const { maxBytes, maxSeconds = MAX_SECONDS, sampleRate } = options;
  const name = options.name ?? (typeof source === "string" ? source : "the audio data");
  const bytes = typeof source === "string" ? await readAll(source, name, maxBytes) : source;
  checkBytes(name, bytes.length, maxBytes);
  const audio = isWav(bytes)
    ? decodeWav(bytes, { name, maxSeconds })
    : await decodeCompressed(bytes, name, maxSeconds);
  return sampleRate === undefined ? audio : resample(audio, sampleRate);
}

async function readAll(path: string, name: string, maxBytes?: number): Promise<Uint8Array> {
  const cannotRead = (reason: string, cause?: unknown): Error =>
    new Error(`${name}: cannot read it: ${reason}`, { cause });
  await using file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw cannotRead(error.code === "ENOENT" ? "there is no such file" : error.message, error);
  });
  const stats = await file.stat();
  if (!stats.isFile()) throw cannotRead("it is no regular file, expected audio");
  checkBytes(name, stats.size, maxBytes);
  return await file.readFile();
}

let thread: DecoderThread | undefined;

async function decodeCompressed(
  bytes: Uint8Array,
  name: string,
  maxSeconds: number,
): Promise<Audio> {
  const codec = codecOf(bytes);
  if (!codec) {
    throw new Error(
      `${name}: its first bytes are of no known audio format, expected WAV, FLAC, MP3, Ogg Vorbis, ` +
        "Opus, AAC or M4A",
    );
  }
  const announced = flacInfo(bytes);
  if (announced) checkSeconds(name, announced.samples / announced.sampleRate, maxSeconds);
  const { createDecoderThread } = await import("./decoder-thread.ts");
  thread ??= createDecoderThread();
  const decoded = await thread.decode({ codec, bytes, maxSeconds }).catch((error: unknown) => {
    const reason = String(error instanceof Error ? error.message : error);
    throw new Error(`${name}: it cannot be decoded as ${names[codec]}: ${oneLine(reason)}`, {
      cause: error,
    });
  });
  if (decoded === "tooLong") throw tooLong(name, maxSeconds);
  const { sampleRate, samples } = decoded;
  if (samples.length === 0) {
    throw new Error(`${name}: no ${names[codec]} audio is in it; the file is damaged or cut off`);
  }
  if (announced && samples.length < announced.samples) {
    throw new Error(
      `${name}: it holds ${samples.length} of the ${announced.samples} samples it announces; the ` +
        "file is damaged or cut off, copy it anew",
    );
  }
  if (!Number.isInteger(sampleRate) || sampleRate < 1 || sampleRate > MAX_SAMPLE_RATE) {
    throw new Error(
      `${name}: its sample rate is ${sampleRate} Hz, expected 1 to ${MAX_SAMPLE_RATE}`,
    );
  }
  return { sampleRate, samples };
}

const names = {
  mp3: "MP3",
  flac: "FLAC",
  oga: "Ogg Vorbis",
  opus: "Opus",
  aac: "AAC",
  m4a: "M4A",
} as const;

/** A decoder's words, fit for a sentence. */
const oneLine = (text: string): string =>
  text.replace(/[^\p{L}\p{N}\p{P}\p{S}]+/gu, " ").slice(0, 200);
