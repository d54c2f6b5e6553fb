/** Questions of onefold-mini's skills, for learning and for measuring. */

import type { Tokenizer } from "../../src/media/text/index.ts";
import type { PolicyPrompt, Sequence } from "../../src/train/index.ts";
import { generate } from "../onefold-mini/data.ts";
import type { Render } from "../onefold-mini/render.ts";
import type { Example, Mode } from "../onefold-mini/types.ts";
import { lengthen } from "./long-thinking.ts";

/** Skills whose answers have to be worked out, with their shares: the weaker, the larger. */
export const REASONING: Readonly<Record<string, number>> = {
  arithmetic: 2,
  "sorting and counting": 1.5,
  "dates and calendars": 1.5,
  "unit conversion": 1.5,
  tables: 2.5,
  "string edits": 1,
};

/** All skills. */
export const GENERAL: Readonly<Record<string, number>> = {
  ...REASONING,
  comparison: 1,
  "number words": 0.7,
  json: 0.8,
  "format instructions": 1,
  "two-turn memory": 1,
  "honest refusal": 1,
  "small talk": 0.5,
};

export interface Drawing {
  /** The same stream gives the same questions. */
  readonly stream: string;
  readonly count: number;
  readonly shares: Readonly<Record<string, number>>;
  /** Default: onefold-mini's own mixture of thinking and direct. */
  readonly mode?: Mode;
}

/** Share of questions behind others in one conversation, as onefold-mini had. */
const FOLLOW_UPS = 0.2;

/** About `count` questions of the training split, their thinking long. */
export function draw({ stream, count, shares, mode }: Drawing): Example[] {
  const all = Object.values(shares).reduce((sum, share) => sum + share, 0);
  return Object.entries(shares).flatMap(([skill, share]) =>
    generate({
      seed: `post-training ${stream}`,
      split: "train",
      n: Math.max(1, Math.round((count * share) / all)),
      skill,
      mode,
      followUps: FOLLOW_UPS,
    }).map(lengthen),
  );
}

/** How conversations become tokens. */
export interface Words {
  readonly tokenizer: Tokenizer;
  readonly render: Render;
}

export function promptTokens({ messages, enableThinking }: Example, words: Words): number[] {
  const text = words.render(messages.slice(0, -1), { addGenerationPrompt: true, enableThinking });
  return [...words.tokenizer.encode(text)];
}

/** A question for reinforcement learning: its row is what rewards look at. */
export const toPrompt = (example: Example, words: Words): PolicyPrompt => ({
  tokens: promptTokens(example, words),
  row: { question: example.key, mode: example.mode, expect: example.expect },
});

/** A sampled answer as a sample of supervised learning. */
export function answered(prompt: ArrayLike<number>, answer: readonly number[]): Sequence {
  const tokens = [...Array.from(prompt), ...answer];
  return { tokens, learned: tokens.map((_, i) => (i < prompt.length ? 0 : 1)) };
}
