/** Likelihoods of a given text: behind a question, or of a whole document. */

import type { EvalItem, ItemContext, ItemOutcome, MetricValue } from "../types.ts";
import type { Question } from "./define-task.ts";

export async function askLikelihood(
  question: Question,
  { doc }: EvalItem,
  { model, signal }: ItemContext,
): Promise<ItemOutcome> {
  const { spec } = question;
  if (!model.logLikelihoods) {
    throw new Error(`${model.name} gives no likelihoods of given texts, which ${spec.name} needs`);
  }
  const target = String(spec.target(doc));
  const isRolling = spec.kind === "loglikelihood_rolling";
  const text = isRolling ? "" : String(spec.text(doc));
  const prefix = spec.prefix?.(doc);
  const context = isRolling ? "" : question.text({ question: text, prefix }, model);
  const mode = isRolling ? ("rolling" as const) : ("continuation" as const);
  const request = { context, continuation: target, mode };
  const [score] = await model.logLikelihoods([request], { signal });
  const { logLikelihood, isGreedy, tokens, isJoined } = score!;
  const all: Record<string, MetricValue> = isRolling
    ? {
        word_perplexity: [logLikelihood, target.split(/\s+/).length],
        byte_perplexity: [logLikelihood, Buffer.byteLength(target)],
        bits_per_byte: [logLikelihood, Buffer.byteLength(target)],
      }
    : { perplexity: logLikelihood, acc: isGreedy ? 1 : 0 };
  const wanted = (spec.metrics ?? []).map(({ name }) => name);
  return {
    values: Object.fromEntries(Object.entries(all).filter(([name]) => wanted.includes(name))),
    target,
    answer: null,
    asked: [{ context, argument: target, response: [logLikelihood, isGreedy] }],
    counts: { "tokens scored": tokens, ...(isJoined ? { "tokens across the border": 1 } : {}) },
  };
}
