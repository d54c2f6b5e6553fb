import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { createTokenScorer, logSumExp, type TokenScores } from "../../../src/generate/index.ts";
import { fromValues } from "../../../src/graph/index.ts";
import { forwardProgram, loadModel, type Model } from "../../../src/models/index.ts";
import { createSession } from "../../../src/runtime/index.ts";

const root = join(import.meta.dirname, "../../fixtures/qwen");
const pattern = (n: number, step = 7): number[] =>
  Array.from({ length: n }, (_, i) => (i * step + step) % 96);

/** Scores from the logits of the whole text in one run. */
async function expectedScores(
  model: Model,
  context: readonly number[],
  continuation: readonly number[],
): Promise<{ logprobs: number[]; isBest: boolean[] }> {
  const { config, weights } = model;
  using session = await createSession(forwardProgram(config), { weights, prepack: false });
  const all = [...context, ...continuation.slice(0, -1)];
  const tokens = fromValues("i64", [1, all.length], all.map(BigInt));
  const { logits } = await session.run({ tokens });
  const rows = logits!.data as Float32Array;
  const { vocabSize } = config;
  const at = continuation.map((_, i) => {
    const row = (context.length - 1 + i) * vocabSize;
    return rows.subarray(row, row + vocabSize);
  });
  return {
    logprobs: continuation.map((id, i) => at[i]![id]! - logSumExp(at[i]!)),
    isBest: continuation.map((id, i) => at[i]!.every((x) => x <= at[i]![id]!)),
  };
}

function expectClose(found: TokenScores, expected: { logprobs: number[]; isBest: boolean[] }) {
  expect(found.isBest).toEqual(expected.isBest);
  for (const [i, logprob] of expected.logprobs.entries()) {
    expect(found.logprobs[i]).toBeCloseTo(logprob, 4);
  }
}

describe.each(["qwen3-tied", "qwen2-sliding", "qwen2-rope-dynamic", "qwen3-5-full", "qwen2-moe"])(
  "%s",
  (name) => {
    it("scores choices of shared contexts as whole texts one by one", async () => {
      using model = await loadModel(join(root, name));
      using scorer = await createTokenScorer(model);
      const contexts = [pattern(30), [...pattern(20), 3, 5, 8], pattern(30), [1]];
      const endings = [[7], [7, 9, 11, 2, 4], pattern(13, 5)];
      for (const context of contexts) {
        const requests = endings.map((continuation) => ({ context, continuation }));
        const scores = await scorer.score(requests);
        for (const [i, { continuation }] of requests.entries()) {
          expectClose(scores[i]!, await expectedScores(model, context, continuation));
        }
      }
    });
  },
);

test("texts of several runs are scored at every token", async () => {
  using model = await loadModel("models/onefold-mini");
  using scorer = await createTokenScorer(model);
  const context = [5];
  const continuation = pattern(700);
  const [found] = await scorer.score([{ context, continuation }]);
  expectClose(found!, await expectedScores(model, context, continuation));
});

test("what cannot be scored is refused, and the scorer goes on", async () => {
  using model = await loadModel(join(root, "qwen3-tied"));
  using scorer = await createTokenScorer(model);
  const fine = { context: [1, 2], continuation: [3] };
  const [before] = await scorer.score([fine]);
  await expect(scorer.score([{ context: [1], continuation: [] }])).rejects.toThrow("a token of");
  await expect(scorer.score([{ context: [], continuation: [1] }])).rejects.toThrow("a token of");
  await expect(scorer.score([{ context: [1], continuation: [96] }])).rejects.toThrow("0 to 95");
  const long = { context: [1], continuation: pattern(scorer.contextLimit + 1) };
  await expect(scorer.score([long])).rejects.toThrow("do not fit");
  const [after] = await scorer.score([fine]);
  expectClose(after!, { logprobs: [...before!.logprobs], isBest: [...before!.isBest] });
});

test("what a text shares its runs with moves its scores by rounding alone", async () => {
  using model = await loadModel("models/onefold-mini");
  using together = await createTokenScorer(model, { parallel: true, engine: { threads: 2 } });
  using alone = await createTokenScorer(model, { engine: { threads: 1 } });
  const examples = pattern(300, 11);
  // Items of 1 to 5 options behind common examples, beside options behind one token.
  const items = Array.from({ length: 14 }, (_, i) => {
    const context = [...examples.slice(0, i % 5 === 4 ? 7 : 300), ...pattern(3 + 5 * i, 3 + i)];
    const options = Array.from({ length: 1 + (i % 5) }, (_, o) =>
      pattern(1 + ((i * o) % 17), o + 2),
    );
    const behind = (context: readonly number[]) =>
      options.map((continuation) => ({ context, continuation }));
    return [...behind(context), ...behind([1])];
  });
  const found = await Promise.all(items.map((requests) => together.score(requests)));
  let furthest = 0;
  for (const [i, requests] of items.entries()) {
    for (const [j, request] of requests.entries()) {
      const [single] = await alone.score([request]);
      const [a, b] = [single!.logprobs, found[i]![j]!.logprobs];
      expect(b.length).toBe(request.continuation.length);
      for (const [k, logprob] of a.entries())
        furthest = Math.max(furthest, Math.abs(logprob - b[k]!));
      expect(found[i]![j]!.isBest).toEqual(single!.isBest);
    }
  }
  expect(furthest).toBeLessThan(5e-5);
});

test("an aborted call leaves the others alone", async () => {
  using model = await loadModel(join(root, "qwen3-tied"));
  using scorer = await createTokenScorer(model, { parallel: true, engine: { threads: 2 } });
  const request = { context: pattern(30), continuation: [7, 9] };
  const [expected] = await scorer.score([request]);
  const stop = new AbortController();
  const calls = [
    scorer.score([request]),
    scorer.score([request, { context: pattern(12), continuation: [1] }], stop.signal),
    scorer.score([request]),
  ];
  stop.abort(new Error("enough"));
  const [first, stopped, last] = await Promise.allSettled(calls);
  expect(stopped).toEqual({ status: "rejected", reason: new Error("enough") });
  for (const result of [first, last]) {
    if (result?.status !== "fulfilled") throw new Error("another call was ended too");
    expectClose(result.value[0]!, {
      logprobs: [...expected!.logprobs],
      isBest: [...expected!.isBest],
    });
  }
  await expect(scorer.score([request], AbortSignal.abort(new Error("late")))).rejects.toThrow(
    "late",
  );
});
