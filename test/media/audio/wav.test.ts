/** WAV files of every sample format, made byte by byte here; and damaged ones. */

import { expect, it } from "vitest";
import { decodeWav, encodeWav } from "../../../src/media/index.ts";

interface Parts {
  tag?: number;
  channels?: number;
  sampleRate?: number;
  bits?: number;
  frameBytes?: number;
  extensible?: boolean;
  size?: number;
  data: number[];
}

function wav(parts: Parts): Uint8Array {
  const { tag = 1, channels = 1, sampleRate = 8000, bits = 16, extensible, data } = parts;
  const { frameBytes = (channels * bits) / 8, size = data.length } = parts;
  const u16 = (x: number) => [x & 255, x >> 8];
  const u32 = (x: number) => [x & 255, (x >>> 8) & 255, (x >>> 16) & 255, x >>> 24];
  const text = (x: string) => Array.from(x, (c) => c.charCodeAt(0));
  const format = [
    ...u16(extensible ? 0xfffe : tag),
    ...u16(channels),
    ...u32(sampleRate),
    ...u32(sampleRate * frameBytes),
    ...u16(frameBytes),
    ...u16(bits),
  ];
  if (extensible) {
    format.push(...u16(22), ...u16(bits), ...u32(0), ...u16(tag));
    format.push(0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71);
  }
  const chunks = [
    ...text("LIST"), // skipped, with the byte that pads an odd size
    ...u32(3),
    ...[1, 2, 3, 0],
    ...text("fmt "),
    ...u32(format.length),
    ...format,
    ...text("data"),
    ...u32(size),
    ...data,
  ];
  return Uint8Array.from([...text("RIFF"), ...u32(chunks.length + 4), ...text("WAVE"), ...chunks]);
}

const floats = (bits: 32 | 64, ...values: number[]): number[] => {
  const array = bits === 32 ? Float32Array.from(values) : Float64Array.from(values);
  return Array.from(new Uint8Array(array.buffer));
};

const cases: [string, Parts, number[]][] = [
  ["8-bit", { bits: 8, data: [0, 128, 192, 255] }, [-1, 0, 0.5, 127 / 128]],
  ["16-bit", { data: [0, 0x80, 0, 0, 0, 0x40, 0xff, 0x7f] }, [-1, 0, 0.5, 32_767 / 32_768]],
  ["24-bit", { bits: 24, data: [0, 0, 0x80, 1, 0, 0, 0, 0, 0x40] }, [-1, 2 ** -23, 0.5]],
  ["32-bit", { bits: 32, data: [0, 0, 0, 0x80, 0, 0, 0, 0xc0] }, [-1, -0.5]],
  ["float", { tag: 3, bits: 32, data: floats(32, 0.25, -1.5) }, [0.25, -1.5]],
  ["double", { tag: 3, bits: 64, data: floats(64, 0.25, -0.125) }, [0.25, -0.125]],
  ["stereo", { channels: 2, data: [0, 0x40, 0, 0, 0, 0x80, 0, 0x40] }, [0.25, -0.25]],
  ["six channels", { channels: 6, bits: 8, data: [128, 128, 128, 128, 128, 224] }, [0.125]],
  ["extensible", { extensible: true, data: [0, 0x40] }, [0.5]],
  ["extensible float", { extensible: true, tag: 3, bits: 32, data: floats(32, 0.5) }, [0.5]],
  ["of a pipe", { size: 0xffff_ffff, data: [0, 0x40] }, [0.5]],
];

it.each(cases)("%s", (_, parts, expected) => {
  const audio = decodeWav(wav(parts));
  expect(audio.sampleRate).toBe(8000);
  const found = Array.from(audio.samples);
  expect(found.length).toBe(expected.length);
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 7);
  });
});

const data = [0, 0x40, 0, 0];
const refused: [string, Uint8Array, RegExp][] = [
  ["nothing", new Uint8Array(0), /^a.wav: not a WAV file: expected "RIFF" and "WAVE"/],
  ["no channels", wav({ channels: 0, frameBytes: 0, data }), /no channels, expected at least 1/],
  ["no samples", wav({ data: [] }), /holds no samples, expected at least 1/],
  ["a cut-off end", wav({ data }).slice(0, -1), /"data" claims 4 bytes where 3 are left/],
  ["a size beyond", wav({ size: 4_000_000_000, data }), /claims 4000000000 bytes where 4 are left/],
  ["half a frame", wav({ data: [1, 2, 3] }), /3 bytes of samples are no whole number of 2-byte/],
  ["12 bits", wav({ bits: 12, data }), /PCM samples have 12 bits, expected 8, 16, 24, 32/],
  ["µ-law", wav({ tag: 7, bits: 8, data }), /samples are µ-law, expected PCM or float; convert/],
  ["a rate of 0", wav({ sampleRate: 0, data }), /sample rate is 0 Hz, expected 1 to 768000/],
  ["frames that lie", wav({ frameBytes: 4, data }), /frames claim 4 bytes, expected 2/],
  ["NaN", wav({ tag: 3, bits: 32, data: floats(32, Number.NaN) }), /sample 0 is NaN, expected/],
  ["no data chunk", wav({ data }).slice(0, 48), /has no "data" chunk/],
];

it.each(refused)("%s is refused in a sentence", (_, bytes, message) => {
  expect(() => decodeWav(bytes, { name: "a.wav" })).toThrow(message);
});

it("what is too long is refused before it is read", () => {
  const bytes = wav({ sampleRate: 1, bits: 8, data: new Array<number>(12).fill(128) });
  expect(() => decodeWav(bytes, { maxSeconds: 11 })).toThrow(/longer than 11 s; cut it, or raise/);
  expect(decodeWav(bytes, { maxSeconds: 12 }).samples.length).toBe(12);
});

it("writes what it reads", () => {
  const samples = Float32Array.from([0, 0.5, -0.25, -1, 32_767 / 32_768]);
  const audio = { sampleRate: 22_050, samples };
  expect(decodeWav(encodeWav(audio))).toEqual(audio);
  expect(decodeWav(encodeWav(audio, "float32"))).toEqual(audio);
  const loud = decodeWav(encodeWav({ sampleRate: 8000, samples: Float32Array.of(2, -2) }));
  expect(Array.from(loud.samples)).toEqual([32_767 / 32_768, -1].map(Math.fround));
  const broken = { sampleRate: 8000, samples: Float32Array.of(Number.NaN) };
  expect(() => encodeWav(broken)).toThrow(/sample 0 is NaN, expected a finite number/);
});
