/** What is spoken, and by whom: digits, strings of digits, and short commands. */

import type { Random } from "../../nn/random.ts";
import { between, drawInSplit, integer, pick, type Split } from "./world.ts";

export const DIGIT_WORDS = [
  ...["zero", "one", "two", "three", "four"],
  ...["five", "six", "seven", "eight", "nine"],
] as const;

export const COMMAND_WORDS = [
  ...["go", "stop", "left", "right", "up", "down", "yes", "no", "on", "off"],
] as const;

/** Sentences: each list's words in turn, every choice. */
const SENTENCES: readonly string[] = [
  [["turn"], ["left", "right"]],
  [["turn on", "turn off"], ["the"], ["light", "radio", "fan", "heater", "car", "music"]],
  [["open", "close"], ["the"], ["door", "window", "gate", "car"]],
  [["start", "stop"], ["the"], ["music", "car", "timer", "radio", "fan"]],
  [
    ["go", "look"],
    ["left", "right", "up", "down"],
  ],
  [["play", "pause"], ["the"], ["music", "radio"]],
].flatMap((lists) =>
  lists.reduce<string[]>(
    (heads, words) => heads.flatMap((head) => words.map((word) => `${head} ${word}`.trim())),
    [""],
  ),
);

/** espeak-ng's accents and speakers that training hears, and others that only the held-out split has. */
export const VOICES = {
  train: [
    ...["en-us", "en-us+m1", "en-us+m2", "en-us+m3", "en-us+m4", "en-us+f1", "en-us+f2"],
    ...["en-us+f3", "en-us+klatt", "en-gb", "en-gb+m5", "en-gb+m7", "en-gb+f4"],
    ...["en-gb-x-rp+m1", "en-gb-x-rp+f2", "en-gb-scotland", "en-us+klatt2"],
  ],
  heldout: ["en-us+m6", "en-us+f5", "en-gb-x-rp", "en-gb+f3", "en-gb-scotland+f1"],
} as const satisfies Record<Split, readonly string[]>;

export interface VoiceOptions {
  /** As espeak-ng names it (default "en-us"). */
  readonly voice?: string;
  /** Words a minute (default 160). */
  readonly speed?: number;
  /** 0 to 99 (default 50). */
  readonly pitch?: number;
  /** 0 to 200 (default 100). */
  readonly amplitude?: number;
}

export interface Utterance extends Required<VoiceOptions> {
  readonly text: string;
  readonly kind: "digit" | "digits" | "command" | "sentence";
}

const KINDS = [
  ...["digit", "digits", "digits", "digits"],
  ...["command", "command", "sentence", "sentence", "sentence"],
] as Utterance["kind"][];

/**
 * Something to say. Held-out utterances have a voice that training never hears; if they are longer
 * than a word, a text that training never hears, too.
 */
export function drawUtterance(random: Random, split: Split): Utterance {
  const kind = pick(random, KINDS);
  return {
    text: drawText(random, split, kind),
    kind,
    voice: pick(random, VOICES[split]),
    speed: integer(random, 120, 210),
    pitch: integer(random, 30, 75),
    amplitude: Math.round(between(random, 60, 140)),
  };
}

function drawText(random: Random, split: Split, kind: Utterance["kind"]): string {
  if (kind === "digit") return pick(random, DIGIT_WORDS);
  if (kind === "command") return pick(random, COMMAND_WORDS);
  if (kind === "sentence") {
    return drawInSplit("sentences", split, () => pick(random, SENTENCES), String);
  }
  return drawDigits(random, split, 2, 3);
}

/** A string of digits, as words, of the split: "four two nine". */
export function drawDigits(random: Random, split: Split, least: number, most: number): string {
  const draw = () =>
    Array.from({ length: integer(random, least, most) }, () => pick(random, DIGIT_WORDS)).join(" ");
  return drawInSplit("digits", split, draw, String);
}
