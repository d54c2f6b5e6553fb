/** A verifier that answers without seeing the claimed label. */

import { createRandom, shuffleBy } from "../../nn/random.ts";
import { seedOf } from "../seed.ts";
import type { AskOptions, EvalModel } from "../types.ts";
import { asText } from "./ask.ts";
import { sigmoid } from "./calibrate.ts";
import type { BlindNotation, ChoiceContent, Notation } from "./types.ts";

export interface BlindOptions {
  readonly model: EvalModel;
  readonly notation: Notation;
  /** Shuffles of the choices. */
  readonly rounds: number;
  readonly seed?: number;
}

/**
 * `label`: how often the model's own answer, over shuffles of the choices, is the claimed one.
 * `unique`: 1 - how acceptable the most acceptable other choice is, asked one by one.
 */
export async function checkBlind(
  options: BlindOptions,
  variant: ChoiceContent,
  ask: AskOptions,
): Promise<{ label: number; unique: number }> {
  const { rounds, seed = 0 } = options;
  const { question, choices, label } = variant;
  const random = createRandom(seed, `blind ${question}`);
  let agreed = 0;
  for (let i = 0; i < rounds; i++) {
    const order = choices.map((_, k) => k);
    shuffleBy(order, random.below);
    const asked = { question, choices: order.map((k) => choices[k]!) };
    const answer = await answerOf(options, asked, i, ask);
    if (answer !== undefined && order[answer] === label) agreed++;
  }
  const others = choices.filter((_, i) => i !== label);
  const accepted = await Promise.all(
    others.map((choice) => acceptance(options, question, choice, ask)),
  );
  return { label: agreed / rounds, unique: 1 - Math.max(0, ...accepted) };
}

type Asked = Omit<ChoiceContent, "label">;

/** Index of the choice that the model takes; undefined where its answer is none of them. */
async function answerOf(
  options: BlindOptions,
  { question, choices }: Asked,
  round: number,
  ask: AskOptions,
): Promise<number | undefined> {
  const { model, seed = 0 } = options;
  const notation = blindOf(options);
  const prompt = notation.answer(question, choices);
  if (!model.logLikelihoods) {
    const request = {
      prompt,
      maxTokens: 64,
      seed: seedOf(seed, `blind ${round}`),
      thinking: false,
    };
    const [answer] = await model.generate([request], ask);
    return notation.readAnswer(answer!.text, choices);
  }
  const context = asText(model, prompt);
  const requests = notation.answers(choices).map((continuation) => ({ context, continuation }));
  const scores = await model.logLikelihoods(requests, ask);
  const best = Math.max(...scores.map(({ logLikelihood }) => logLikelihood));
  return scores.findIndex(({ logLikelihood }) => logLikelihood === best);
}

/** Probability that the model calls the choice a right answer. */
async function acceptance(
  options: BlindOptions,
  question: string,
  choice: string,
  ask: AskOptions,
): Promise<number> {
  const { model, notation } = options;
  const prompt = blindOf(options).accept(question, choice);
  if (!model.logLikelihoods) {
    const [answer] = await model.generate([{ prompt, maxTokens: 8, thinking: false }], ask);
    return answer!.text.trim().startsWith(notation.digits[1].trim()) ? 1 : 0;
  }
  const context = asText(model, prompt);
  const requests = notation.digits.map((continuation) => ({ context, continuation }));
  const [no, yes] = await model.logLikelihoods(requests, ask);
  return sigmoid(yes!.logLikelihood - no!.logLikelihood);
}

/** `createVariantQual` has seen to it that there is one. */
const blindOf = ({ notation }: BlindOptions): BlindNotation => notation.blind!;
