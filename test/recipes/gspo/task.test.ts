import * as fc from "fast-check";
import { expect, it } from "vitest";
import {
  drawSums,
  openTokenizer,
  rightAnswer,
  sumOf,
  toPrompt,
  toSequence,
  VOCABULARY,
} from "../../../recipes/gspo/task.ts";

it("writes every carry", () => {
  expect(sumOf(7, 85)).toEqual({ question: "07+85=", trace: "7+5=12,0+8+1=9", answer: "92" });
  expect(sumOf(99, 99)).toEqual({ question: "99+99=", trace: "9+9=18,9+9+1=19", answer: "198" });
});

it("learns the answer and its end, within the tokens that a round allows", async () => {
  const tokenizer = await openTokenizer();
  expect(tokenizer.vocabSize).toBe(VOCABULARY);
  const number = fc.integer({ min: 0, max: 99 });
  fc.assert(
    fc.property(number, number, (a, b) => {
      const sum = sumOf(a, b);
      const { tokens, learned } = toSequence(sum, tokenizer);
      const prompt = Array.from(toPrompt(sum, tokenizer).tokens);
      expect(Array.from(tokens).slice(0, prompt.length)).toEqual(prompt);
      const answer = Array.from(tokens).filter((_, i) => learned![i] === 1);
      expect(answer.pop()).toBe(tokenizer.eosId);
      expect(answer.length).toBeLessThan(48);
      const text = tokenizer.decode(answer);
      const row = { question: sum.question, answer: String(a + b) };
      expect(rightAnswer.of({ text, row } as never)).toBe(1);
      expect(rightAnswer.of({ text: `${text}0`, row } as never)).toBe(0);
    }),
  );
});

it("draws the same sums from the same stream, and others from another", () => {
  expect(drawSums(20, 1, "a")).toEqual(drawSums(20, 1, "a"));
  expect(drawSums(20, 1, "a")).not.toEqual(drawSums(20, 1, "b"));
  expect(drawSums(20, 1, "a")).not.toEqual(drawSums(20, 2, "a"));
});
