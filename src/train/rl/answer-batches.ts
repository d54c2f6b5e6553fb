/** Sampled answers as micro-batches of the policy loss. */

import { type NDArray, zeros } from "../../graph/ndarray.ts";
import type { MicroBatch } from "../trainer.ts";
import type { RolledAnswer } from "./roll-out.ts";

/** An answer with what the loss needs to know of it. */
export interface ScoredAnswer {
  readonly answer: RolledAnswer;
  readonly advantage: number;
  /** Log-probabilities of its tokens when it was sampled, under the sampling temperature. */
  readonly old: Float32Array;
  /** The same under the reference model, where the loss measures the divergence from one. */
  readonly reference?: Float32Array;
}

/** Answers of like length, of at most `tokens` tokens with padding (at least one answer). */
export function cutByLength<T extends { readonly answer: RolledAnswer }>(
  answers: readonly T[],
  tokens: number,
): T[][] {
  const length = ({ answer }: T): number => answer.prompt.length + answer.tokens.length;
  const sorted = [...answers].sort((a, b) => length(a) - length(b));
  const groups: T[][] = [];
  for (const each of sorted) {
    const group = groups[groups.length - 1];
    if (group && (group.length + 1) * length(each) <= tokens) group.push(each);
    else groups.push([each]);
  }
  return groups;
}

/** Tokens, and the rows that predict the answers': the inputs of `scoreInputs`. */
export function scoreArrays(answers: readonly RolledAnswer[]): Record<string, NDArray> {
  const seq = Math.max(...answers.map((a) => a.prompt.length + a.tokens.length));
  const count = answers.reduce((n, a) => n + a.tokens.length, 0);
  const tokens = zeros("i64", [answers.length, seq]);
  const [rows, labels, owners] = Array.from({ length: 3 }, () => zeros("i64", [count]));
  const ids = tokens.data as BigInt64Array;
  const [row, label, owner] = [rows, labels, owners].map((a) => a!.data as BigInt64Array);
  let at = 0;
  answers.forEach(({ prompt, tokens: answer }, b) => {
    const start = b * seq;
    for (let t = 0; t < prompt.length; t++) ids[start + t] = BigInt(prompt[t]!);
    answer.forEach((token, t) => {
      const place = start + prompt.length + t;
      ids[place] = BigInt(token);
      row![at] = BigInt(place - 1);
      label![at] = BigInt(token);
      owner![at] = BigInt(b);
      at++;
    });
  });
  return { tokens, rows: rows!, labels: labels!, answers: owners! };
}

/** One value a row, from one array an answer. */
function joined(parts: readonly ArrayLike<number>[]): NDArray {
  const array = zeros("f32", [parts.reduce((n, part) => n + part.length, 0)]);
  let at = 0;
  for (const part of parts) {
    (array.data as Float32Array).set(part, at);
    at += part.length;
  }
  return array;
}

/**
 * A micro-batch of the policy loss.
 *
 * @param perToken advantages of tokens ("sequence-token") instead of answers
 * @param supervised what the loss is divided by, over all micro-batches of a step together
 */
export function policyBatch(
  answers: readonly ScoredAnswer[],
  { perToken, supervised }: { readonly perToken: boolean; readonly supervised: number },
): MicroBatch {
  const arrays = scoreArrays(answers.map(({ answer }) => answer));
  const advantages = perToken
    ? answers.map(({ answer, advantage }) => answer.tokens.map(() => advantage))
    : [answers.map(({ advantage }) => advantage)];
  const inputs: Record<string, NDArray> = {
    ...arrays,
    old: joined(answers.map(({ old }) => old)),
    advantages: joined(advantages),
    sizes: joined([answers.map(({ answer }) => answer.tokens.length)]),
  };
  const references = answers.flatMap(({ reference }) => (reference ? [reference] : []));
  if (references.length > 0) inputs.reference = joined(references);
  return { inputs, supervised, tokens: arrays.tokens!.data.length };
}
