/** Likelihoods of given texts from completions that repeat the prompt (`echo` with `logprobs`). */

import { isObject } from "../../checkpoint/json.ts";
import { stripEnd } from "../strip.ts";
import type { LogLikelihood, LogLikelihoodRequest } from "../types.ts";

/** The body's fields, as lm-evaluation-harness's `local-completions` asks. */
export const echoFields = ({ context, continuation }: LogLikelihoodRequest) => ({
  prompt: context + continuation,
  max_tokens: 1, // servers differ in whether none may be asked for; it is not read
  temperature: 0,
  logprobs: 1,
  echo: true,
});

/** The server passes over what was asked for. */
export class NoEchoError extends Error {}

/**
 * Sums the tokens that reach into the continuation, by `text_offset`; blanks at the context's end
 * count as the continuation's.
 *
 * @throws Error naming what the answer lacks
 */
export function readEchoed(
  answer: unknown,
  model: string,
  { context, continuation }: LogLikelihoodRequest,
): LogLikelihood {
  const choice: unknown =
    isObject(answer) && Array.isArray(answer.choices) ? answer.choices[0] : undefined;
  const logprobs = isObject(choice) && isObject(choice.logprobs) ? choice.logprobs : {};
  const { token_logprobs: values, top_logprobs: tops, text_offset: offsets } = logprobs;
  if (!isList(values) || !isList(tops) || !isList(offsets) || offsets[0] !== 0) {
    throw new NoEchoError(
      `${model} returns no log-probabilities of a prompt (completions with echo, logprobs and ` +
        "text_offset), which this task needs; use a local model",
    );
  }
  const [border, end] = [stripEnd(context), context + continuation].map((text) => [...text].length);
  const starts = offsets.map(Number);
  const scored = starts.flatMap((start, i) =>
    start < end! && (starts[i + 1] ?? end!) > border! ? [i] : [],
  );
  if (continuation === "" || scored.length === 0) {
    throw new Error(
      `the continuation ${JSON.stringify(continuation)} has no tokens of its own to score`,
    );
  }
  let [logLikelihood, isGreedy] = [0, true];
  for (const i of scored) {
    const value = values[i];
    if (typeof value !== "number") {
      throw new Error(`${model} gives no likelihood of a text's first token: the context is empty`);
    }
    logLikelihood += value;
    const best = isObject(tops[i]) ? Math.max(...Object.values(tops[i]).map(Number)) : Infinity;
    isGreedy &&= value >= best;
  }
  const isJoined = starts[scored[0]!]! < border!;
  const tokens = scored.length;
  return { logLikelihood, isGreedy, tokens, ...(isJoined ? { isJoined } : {}) };
}

const isList = (value: unknown): value is unknown[] => Array.isArray(value);
