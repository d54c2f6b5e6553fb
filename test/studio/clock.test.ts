import { expect, it } from "vitest";
import { createClock } from "../../studio/src/clock.ts";

/** A clock that was given pieces at these milliseconds after the request. */
function clockOf(pieces: readonly (readonly [at: number, kind: "content" | "reasoning"])[]) {
  let time = 1000;
  const clock = createClock(() => time);
  for (const [at, kind] of pieces) {
    time = 1000 + at;
    clock.take({ [kind]: "x" });
  }
  clock.take({ usage: { prompt_tokens: 5, completion_tokens: 21 } });
  return clock;
}

it("counts the speed after the first token, and how long the model thought", () => {
  const clock = clockOf([
    [400, "reasoning"],
    [900, "content"],
    [1400, "content"],
  ]);
  expect(clock.summary("")).toBe("5 + 21 tokens · first after 0.40 s · 20.0 tokens/s");
  expect(clock.thinkingSeconds()).toBe(0.5);
});

it("takes an answer that arrives at once by the whole time, not by its arrival", () => {
  const clock = clockOf([
    [100, "reasoning"],
    [102, "content"],
  ]);
  expect(clock.summary("note")).toBe("5 + 21 tokens · first after 0.10 s · 205.9 tokens/s · note");
  expect(clock.thinkingSeconds()).toBeUndefined();
});
