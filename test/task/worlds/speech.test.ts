import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { createRandom } from "../../../src/nn/random.ts";
import {
  createSpeechWorld,
  DIGIT_WORDS,
  drawUtterance,
  openSpeechPool,
  PHONE_SYMBOLS,
  spellPhones,
  streamWorld,
  synthesizeSpeech,
  toneSpeech,
  transcribePhones,
} from "../../../src/task/worlds/index.ts";
import { take } from "./take.ts";

const folder = mkdtempSync(join(tmpdir(), "onefold-speech-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("held-out utterances have voices, and texts of more than a word, that training lacks", () => {
  const draw = (split: "train" | "heldout") => {
    const random = createRandom(1, split);
    return Array.from({ length: 3000 }, () => drawUtterance(random, split));
  };
  const [train, heldout] = [draw("train"), draw("heldout")];
  const voices = new Set(train.map((u) => u.voice));
  const texts = new Set(train.map((u) => u.text));
  expect(voices.size).toBeGreaterThanOrEqual(12);
  expect(heldout.some((u) => voices.has(u.voice))).toBe(false);
  expect(heldout.some((u) => u.text.includes(" ") && texts.has(u.text))).toBe(false);
  expect(
    new Set(heldout.filter((u) => u.kind === "sentence").map((u) => u.text)).size,
  ).toBeGreaterThan(3);
  for (const { text } of [...train, ...heldout]) {
    expect(
      spellPhones(text)
        .split(" ")
        .every((phone) => PHONE_SYMBOLS.includes(phone)),
    ).toBe(true);
  }
});

test("tones spell their digits: the pitch of each is 300 Hz times a quarter octave a digit", () => {
  for (const { audio, text } of take(streamWorld(toneSpeech, 2, "train"), 40)) {
    expect(hearDigits(audio.samples, audio.sampleRate)).toBe(text);
  }
});

/** Counts the waves of each stretch of sound, which lie between stretches of silence. */
function hearDigits(samples: Float32Array, rate: number): string {
  const frame = rate / 100;
  const words: string[] = [];
  let stretch: number[] = [];
  for (let at = 0; at < samples.length; at += frame) {
    const part = samples.subarray(at, at + frame);
    if (Math.max(...part) > 0.05) stretch.push(...part);
    else if (stretch.length > 0) {
      // Waves between the first and the last rise through zero, where the tone is loud.
      const loud = stretch.slice(stretch.length >> 2, -(stretch.length >> 2));
      const rises = loud.flatMap((value, i) => (i > 0 && loud[i - 1] < 0 && value >= 0 ? [i] : []));
      const pitch = ((rises.length - 1) * rate) / (rises[rises.length - 1] - rises[0]);
      words.push(DIGIT_WORDS[Math.round(4 * Math.log2(pitch / 300))]);
      stretch = [];
    }
  }
  return words.join(" ");
}

test("a machine without espeak-ng is told what to install", async () => {
  vi.stubEnv("PATH", folder);
  await expect(synthesizeSpeech("stop")).rejects.toThrow(
    "espeak-ng: it is not installed; expected espeak-ng on the PATH (Debian: apt install espeak-ng)",
  );
  vi.unstubAllEnvs();
});

const hasEspeak = spawnSync("espeak-ng", ["--version"]).status === 0;

describe.skipIf(!hasEspeak)("with espeak-ng (skipped where it is not installed)", () => {
  test("speaks at 16 kHz, trimmed, slower at a lower speed", async () => {
    const [slow, fast] = await Promise.all(
      [120, 210].map((speed) => synthesizeSpeech("turn left", { speed })),
    );
    expect(slow.sampleRate).toBe(16_000);
    expect(slow.samples.length).toBeGreaterThan(1.4 * fast.samples.length);
    expect(fast.samples.length / 16_000).toBeGreaterThan(0.3);
    expect(Math.max(...fast.samples.map(Math.abs))).toBeGreaterThan(0.1);
  });

  test("a text that looks like an option is text", async () => {
    const { samples } = await synthesizeSpeech("--version");
    expect(samples.length).toBeGreaterThan(1000);
  });

  test("refuses a voice that does not exist", async () => {
    await expect(synthesizeSpeech("stop", { voice: "nobody" })).rejects.toThrow(
      /espeak-ng: .*voice/,
    );
  });

  test("the table of phones is what espeak-ng says", async () => {
    for (const word of ["seven", "heater"]) {
      expect((await transcribePhones(word)).join(" ")).toBe(spellPhones(word));
    }
  });

  test("a pool keeps its clips, goes on after a stop, and speaks nothing twice", async () => {
    const path = join(folder, "pool.bin");
    const random = createRandom(3);
    const utterances = Array.from({ length: 6 }, () => drawUtterance(random, "train"));
    const pool = openSpeechPool(path);
    await pool.fill(utterances);
    const first = utterances.map((utterance) => pool.read(utterance));
    pool.close();

    truncateSync(path, statSync(path).size - 100);
    const again = openSpeechPool(path);
    expect(again.size).toBe(5);
    const spoken: number[] = [];
    await again.fill(utterances, { onClip: (done) => spoken.push(done) });
    expect(spoken).toEqual([1]);
    expect(utterances.map((utterance) => again.read(utterance))).toEqual(first);
    again.close();
  });

  test("samples of a world differ from their clip in silence, loudness and noise", async () => {
    const pool = openSpeechPool(join(folder, "world.bin"));
    const world = await createSpeechWorld(pool, { clips: { train: 1, heldout: 1 } });
    const [a, b] = take(streamWorld(world, 4, "train"), 2);
    expect(a.text).toBe(b.text);
    expect(a.audio.samples).not.toEqual(b.audio.samples);
    expect(() => pool.read({ ...a, text: "nothing" })).toThrow(/no clip of "nothing"/);
    pool.close();
  });
});
