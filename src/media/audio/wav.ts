/**
 * RIFF/WAVE files: PCM and float samples, plain or WAVE_FORMAT_EXTENSIBLE.
 * Source: Microsoft's "Multimedia Programming Interface and Data Specifications" and mmreg.h.
 */

import type { Audio } from "../types.ts";
import { checkSeconds } from "./limits.ts";
import { MAX_SAMPLE_RATE } from "./resample.ts";

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** The rest of an extended format's GUID, behind its first two bytes. */
const GUID_TAIL = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
/** What programs that write into a pipe give as the size: all that follows. */
const UNKNOWN_SIZE = 0xffff_ffff;

const otherFormats: Readonly<Record<number, string>> = {
  2: "ADPCM",
  6: "A-law",
  7: "µ-law",
  17: "IMA ADPCM",
  49: "GSM",
  85: "MP3",
};

export const isWav = (bytes: Uint8Array): boolean =>
  bytes.length >= 12 && ascii(bytes, 0) === "RIFF" && ascii(bytes, 8) === "WAVE";

const ascii = (bytes: Uint8Array, at: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + 4));

export interface WavOptions {
  /** Named in errors (default "the WAV data"). */
  readonly name?: string;
  /** Longer audio is refused before memory is taken for it (default 3600). */
  readonly maxSeconds?: number;
}

/**
 * The samples of a WAV file, channels averaged. Float files keep values beyond -1 to 1.
 *
 * @throws Error naming the file where it is damaged, cut off, empty, too long or of another format
 * @example
 * const audio = decodeWav(new Uint8Array(await response.arrayBuffer()));
 */
export function decodeWav(bytes: Uint8Array, options: WavOptions = {}): Audio {
  const { name = "the WAV data" } = options;
  const fail = (text: string): Error => new Error(`${name}: ${text}`);
  if (!isWav(bytes)) throw fail('not a WAV file: expected "RIFF" and "WAVE" in its first 12 bytes');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const id = ascii(bytes, at);
    const start = at + 8;
    const left = bytes.length - start;
    const declared = view.getUint32(at + 4, true);
    const size = id === "data" && declared === UNKNOWN_SIZE ? left : declared;
    if (size > left) {
      throw fail(
        `its chunk ${JSON.stringify(id)} claims ${size} bytes where ${left} are left; the file ` +
          "is damaged or cut off, copy it anew",
      );
    }
    if (id === "fmt ") format = readFormat(view, start, size, fail);
    if (id === "data") {
      if (!format) throw fail('its "data" chunk comes before any "fmt " chunk, expected after it');
      return readSamples(view, start, size, format, fail, name, options.maxSeconds);
    }
    at = start + size + (size % 2);
  }
  throw fail(`it has no ${format ? '"data"' : '"fmt "'} chunk; the file is damaged or cut off`);
}

interface Format {
  readonly channels: number;
  readonly sampleRate: number;
  readonly isFloat: boolean;
  /** Bytes of one sample. */
  readonly width: number;
}

function readFormat(
  view: DataView,
  at: number,
  size: number,
  fail: (text: string) => Error,
): Format {
  if (size < 16) throw fail(`its "fmt " chunk has ${size} bytes, expected at least 16`);
  let tag = view.getUint16(at, true);
  const channels = view.getUint16(at + 2, true);
  const sampleRate = view.getUint32(at + 4, true);
  const frameBytes = view.getUint16(at + 12, true);
  const bits = view.getUint16(at + 14, true);
  if (tag === EXTENSIBLE) {
    if (size < 40) throw fail(`its extended "fmt " chunk has ${size} bytes, expected 40`);
    tag = view.getUint16(at + 24, true);
    if (!GUID_TAIL.every((byte, i) => view.getUint8(at + 26 + i) === byte)) tag = EXTENSIBLE;
  }
  const widths = tag === PCM ? [8, 16, 24, 32] : tag === FLOAT ? [32, 64] : [];
  if (widths.length === 0) {
    const known = otherFormats[tag] ?? `format ${tag}`;
    throw fail(`its samples are ${known}, expected PCM or float; convert it to 16-bit PCM`);
  }
  if (!widths.includes(bits)) {
    const kind = tag === PCM ? "PCM" : "float";
    throw fail(`its ${kind} samples have ${bits} bits, expected ${widths.join(", ")}`);
  }
  if (channels === 0) throw fail("it has no channels, expected at least 1");
  if (frameBytes !== (channels * bits) / 8) {
    throw fail(
      `its frames claim ${frameBytes} bytes, expected ${(channels * bits) / 8} for ${channels} ` +
        `channels of ${bits} bits`,
    );
  }
  if (sampleRate < 1 || sampleRate > MAX_SAMPLE_RATE) {
    throw fail(`its sample rate is ${sampleRate} Hz, expected 1 to ${MAX_SAMPLE_RATE}`);
  }
  return { channels, sampleRate, isFloat: tag === FLOAT, width: bits / 8 };
}

function readSamples(
  view: DataView,
  at: number,
  size: number,
  { channels, sampleRate, isFloat, width }: Format,
  fail: (text: string) => Error,
  name: string,
  maxSeconds?: number,
): Audio {
  const frameBytes = channels * width;
  const length = Math.floor(size / frameBytes);
  if (length === 0) throw fail("it holds no samples, expected at least 1");
  if (size % frameBytes !== 0) {
    throw fail(`its ${size} bytes of samples are no whole number of ${frameBytes}-byte frames`);
  }
  checkSeconds(name, length / sampleRate, maxSeconds);
  const read = readers[`${isFloat ? "f" : "i"}${width}`]!;
  const samples = new Float32Array(length);
  for (let n = 0, offset = at; n < length; n++) {
    let sum = 0;
    for (let c = 0; c < channels; c++, offset += width) sum += read(view, offset);
    const mean = sum / channels;
    if (!Number.isFinite(Math.fround(mean)))
      throw fail(`sample ${n} is ${mean}, expected a finite number`);
    samples[n] = mean;
  }
  return { sampleRate, samples };
}

const readers: Readonly<Record<string, (view: DataView, at: number) => number>> = {
  i1: (view, at) => (view.getUint8(at) - 128) / 128, // the one width that is unsigned
  i2: (view, at) => view.getInt16(at, true) / 2 ** 15,
  i3: (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23,
  i4: (view, at) => view.getInt32(at, true) / 2 ** 31,
  f4: (view, at) => view.getFloat32(at, true),
  f8: (view, at) => view.getFloat64(at, true),
};

/**
 * A WAV file of one channel: 16-bit PCM, which cuts off what lies beyond -1 to 1, or 32-bit float.
 *
 * @throws Error where a sample is not a finite number, or the file would exceed 4 GiB
 * @example
 * await writeFile("answer.wav", encodeWav(audio));
 */
export function encodeWav(audio: Audio, format: "pcm16" | "float32" = "pcm16"): Uint8Array {
  const { sampleRate, samples } = audio;
  const width = format === "pcm16" ? 2 : 4;
  const size = samples.length * width;
  if (size > UNKNOWN_SIZE - 64) throw new Error(`a WAV file cannot hold ${size} bytes of samples`);
  const bytes = new Uint8Array(44 + size);
  const view = new DataView(bytes.buffer);
  const tag = (text: string, at: number): void => {
    for (let i = 0; i < 4; i++) bytes[at + i] = text.charCodeAt(i);
  };
  tag("RIFF", 0);
  view.setUint32(4, bytes.length - 8, true);
  tag("WAVE", 8);
  tag("fmt ", 12);
  view.setUint32(16, 16, true);
  view.setUint16(20, format === "pcm16" ? PCM : FLOAT, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * width, true);
  view.setUint16(32, width, true);
  view.setUint16(34, width * 8, true);
  tag("data", 36);
  view.setUint32(40, size, true);
  for (let n = 0, at = 44; n < samples.length; n++, at += width) {
    const value = samples[n]!;
    if (!Number.isFinite(value)) {
      throw new Error(`cannot write audio: sample ${n} is ${value}, expected a finite number`);
    }
    if (format === "float32") view.setFloat32(at, value, true);
    else view.setInt16(at, Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768))), true);
  }
  return bytes;
}
