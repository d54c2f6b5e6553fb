/** The steps of answers as they come, noted in the call. */

import type { AnswerEnd, AnswerStep, PlannedAnswer } from "../generate/engine-answer.ts";
import type { Call } from "./call.ts";
import { type Merged, merge } from "./merge.ts";

/**
 * @param isSharedPrompt the answers belong to one prompt, which counts once
 * @throws HttpError where the call was ended before the answers
 */
export async function* readAnswers(
  call: Call,
  answers: readonly PlannedAnswer[],
  isSharedPrompt = true,
): AsyncGenerator<Merged<AnswerStep, AnswerEnd>, void> {
  const { notes } = call;
  for await (const each of merge(answers, () => call.abort(call.reason))) {
    notes.firstTokenMs ??= Math.round(performance.now() - call.started);
    if (each.end) {
      if (each.end.finishReason === "cancelled") throw call.reason;
      const before = isSharedPrompt ? 0 : (notes.promptTokens ?? 0);
      notes.promptTokens = before + each.end.promptTokens;
      notes.completionTokens = (notes.completionTokens ?? 0) + each.end.completionTokens;
    }
    yield each;
  }
}
