import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { createTokenScorer, logSumExp, type TokenScores } from "../../src/generate/index.ts";
import { fromValues } from "../../src/graph/index.ts";
import { forwardProgram, loadModel, type Model } from "../../src/models/index.ts";
import { createSession } from "../../src/runtime/index.ts";

const root = join(import.meta.dirname, "../fixtures/qwen");
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
