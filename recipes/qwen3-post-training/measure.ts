/** What is measured of a model after each stage, on held-out questions. */

import { heldoutExamples } from "../onefold-mini/data.ts";
import type { Example, Mode } from "../onefold-mini/types.ts";
import { ask, type Reply } from "./ask.ts";
import { REASONING, type Words } from "./questions.ts";
import { isRight, obeys } from "./rewards.ts";

export interface Measuring {
  /** Held-out questions of each skill for accuracy, each asked with thinking and without. */
  readonly perSkill: number;
  /** Of each skill for the switches, each asked with "/think" and with "/no_think". */
  readonly switches: number;
  /** Of each reasoning skill at each thinking budget. */
  readonly budgeted: number;
  /** Most tokens of thinking. */
  readonly budgets: readonly number[];
  /** Of each reasoning skill, for the share with a right answer among several samples. */
  readonly sampled: number;
  readonly samples: number;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const accuracy = (examples: readonly Example[], replies: readonly (readonly Reply[])[]): number =>
  mean(examples.map(({ expect }, i) => (isRight(expect, replies[i]![0]!.text) ? 1 : 0)));

/** Questions that no training shows, other ones for every seed and the same for all models. */
const questions = (seed: number, perSkill: number, mode: Mode): Example[] =>
  heldoutExamples(`post-training ${seed}`, perSkill, mode);

const needsReasoning = ({ skill }: Example): boolean => skill in REASONING;

/** Accuracy and tokens an answer in both modes, and whether "/think" and "/no_think" are obeyed. */
export async function measure(
  model: string,
  words: Words,
  seed: number,
  { perSkill, switches }: Measuring,
): Promise<Record<string, number>> {
  const asked = async (count: number, mode: Mode) => {
    const examples = questions(seed, count, mode);
    return { examples, replies: await ask(model, examples, words) };
  };
  const thinking = await asked(perSkill, "default");
  const direct = await asked(perSkill, "disabled");
  const length = (replies: readonly (readonly Reply[])[]): number =>
    mean(replies.map(([reply]) => reply!.tokens.length));
  const obedience = await Promise.all(
    (["/think", "/no_think"] as const).map(async (mode) => {
      const { examples, replies } = await asked(switches, mode);
      return mean(examples.map((_, i) => (obeys(mode, replies[i]![0]!.text) ? 1 : 0)));
    }),
  );
  const worked = thinking.examples.map(needsReasoning);
  const those = <T>(items: readonly T[]): T[] => items.filter((_, i) => worked[i]);
  return {
    thinking: accuracy(thinking.examples, thinking.replies),
    reasoning: accuracy(those(thinking.examples), those(thinking.replies)),
    direct: accuracy(direct.examples, direct.replies),
    thinkingTokens: length(thinking.replies),
    directTokens: length(direct.replies),
    obeyed: mean(obedience),
  };
}

/** Accuracy on reasoning skills by most tokens of thinking. */
export async function budgetCurve(
  model: string,
  words: Words,
  seed: number,
  { budgeted, budgets }: Measuring,
): Promise<[budget: number, accuracy: number][]> {
  const examples = questions(seed, budgeted, "default").filter(needsReasoning);
  const curve: [number, number][] = [];
  for (const thinkingBudget of budgets) {
    const replies = await ask(model, examples, words, { thinkingBudget });
    curve.push([thinkingBudget, accuracy(examples, replies)]);
  }
  return curve;
}

/** Share of reasoning questions with a right answer among several samples (pass@k). */
export async function passAtK(
  model: string,
  words: Words,
  seed: number,
  { sampled, samples }: Measuring,
): Promise<number> {
  const examples = questions(seed, sampled, "default").filter(needsReasoning);
  const replies = await ask(model, examples, words, { answers: samples, temperature: 1, seed });
  return mean(
    examples.map(({ expect }, i) =>
      replies[i]!.some(({ text }) => isRight(expect, text)) ? 1 : 0,
    ),
  );
}
