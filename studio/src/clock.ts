/** Times of an answer, from the request on. */

import type { AnswerPiece } from "./stream.ts";

/** Milliseconds between pieces that tell a speed: what comes at once was computed before. */
const SURE = 250;
/** Milliseconds that thinking has to be seen for. */
const SEEN = 50;

/** @param now milliseconds, of any clock */
export function createClock(now = () => performance.now()) {
  const started = now();
  let first: number | undefined;
  let answered: number | undefined;
  let last = started;
  let count = 0;
  let isThinking = false;
  let usage: AnswerPiece["usage"];
  const speed = (tokens: number): string => {
    const span = last - (first ?? last);
    const rate = span < SURE ? tokens / (last - started) : (tokens - 1) / span;
    return tokens > 1 && last > started ? `${(1000 * rate).toFixed(1)} tokens/s` : "";
  };
  return {
    take(piece: AnswerPiece): void {
      usage = piece.usage ?? usage;
      if (!piece.content && !piece.reasoning && !piece.toolCalls) return;
      count++;
      last = now();
      first ??= last;
      isThinking ||= piece.reasoning !== undefined;
      if (!piece.reasoning) answered ??= last;
    },
    rate: () => speed(usage?.completion_tokens ?? count),
    thinkingSeconds(): number | undefined {
      if (!isThinking || first === undefined) return undefined;
      const time = (answered ?? last) - first;
      return time < SEEN ? undefined : time / 1000;
    },
    summary(note: string): string {
      const wait = ((first ?? last) - started) / 1000;
      const tokens = usage && `${usage.prompt_tokens} + ${usage.completion_tokens} tokens`;
      const speeds = [`first after ${wait.toFixed(2)} s`, speed(usage?.completion_tokens ?? count)];
      return [tokens, ...speeds, note].filter(Boolean).join(" · ");
    },
  };
}
