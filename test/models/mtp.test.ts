/** Guesses of multi-token prediction against reference/mtp.py. */

import { join } from "node:path";
import { expect, test } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { fromValues, type NDArray, zeros } from "../../src/graph/ndarray.ts";
import {
  decoderState,
  hasMtp,
  loadModel,
  mtpProgram,
  stateShape,
  stepProgram,
} from "../../src/models/index.ts";
import { createSession } from "../../src/runtime/index.ts";

const TOLERANCE = 1e-4;

const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
};

test.each(["qwen3-next-mtp", "qwen3-5-mtp"])("%s guesses what the reference does", async (name) => {
  const dir = join(import.meta.dirname, "../fixtures/mtp", name);
  using model = await loadModel(dir);
  expect(hasMtp(model)).toBe(true);
  const { config: c, weights } = model;
  using expected = await openCheckpoint(join(dir, "expected.safetensors"));
  const read = (key: string): Float32Array => expected.read(key).data as Float32Array;
  const tokens = Array.from(expected.read("tokens").data as Int32Array);
  const n = tokens.length;

  // The decoder's hidden states, as the head is given them.
  using step = await createSession(stepProgram(c, { withHidden: true }), { weights });
  const state: Record<string, NDArray> = {};
  for (const [key, array] of decoderState(c)) state[key] = zeros("f32", stateShape(array, 1, n));
  const past = fromValues("i32", [1], [0]);
  const ids = (values: readonly number[]): NDArray => fromValues("i64", [1, values.length], values);
  const { hidden } = await step.run({ tokens: ids(tokens), past, ...state });
  expect(hidden!.shape).toEqual([1, n, c.hiddenSize]);
  const states = hidden!.data as Float32Array;
  expect(worst(states, read("hidden"))).toBeLessThan(TOLERANCE);

  using mtp = await createSession(mtpProgram(model), { weights });
  const cacheShape = [1, c.kvHeads, n + 4, c.headDim];
  const [key, value] = [zeros("f32", cacheShape), zeros("f32", cacheShape)];
  const outputs = { "present_key.0": key, "present_value.0": value };
  const guess = async (given: readonly number[], at: number, rows: Float32Array) => {
    const arrays = {
      tokens: ids(given),
      hidden: fromValues("f32", [1, given.length, c.hiddenSize], rows),
      past: fromValues("i32", [1], [at]),
      "key.0": key,
      "value.0": value,
    };
    const fetch = ["logits", "next", ...Object.keys(outputs)];
    const { logits, next } = await mtp.run(arrays, { outputs, fetch });
    return { logits: logits!.data as Float32Array, next: next!.data as Float32Array };
  };
  // In pieces of three places, as prompts come in chunks.
  const h = c.hiddenSize;
  for (let at = 0; at < n - 1; at += 3) {
    const end = Math.min(at + 3, n - 1);
    const rows = states.subarray(at * h, end * h);
    const { logits } = await guess(tokens.slice(at + 1, end + 1), at, rows);
    const wanted = read("logits").subarray((end - 1) * c.vocabSize, end * c.vocabSize);
    expect(worst(logits, wanted)).toBeLessThan(TOLERANCE);
  }
  // Guesses on guesses, from the last place again.
  let token = tokens[n - 1]!;
  let rows = states.slice((n - 2) * h, (n - 1) * h);
  const drafts = expected.read("drafts").data;
  for (let i = 0; i < drafts.length; i++) {
    const { logits, next } = await guess([token], n - 2 + i, rows);
    const wanted = read("draft_logits").subarray(i * c.vocabSize, (i + 1) * c.vocabSize);
    expect(worst(logits, wanted)).toBeLessThan(TOLERANCE);
    token = logits.indexOf(Math.max(...logits));
    expect(token).toBe(Number(drafts[i]));
    rows = next.slice();
  }
});

test("a checkpoint without these weights says so", async () => {
  using model = await loadModel(join(import.meta.dirname, "../fixtures/qwen/qwen3-next-dense"));
  expect(hasMtp(model)).toBe(false);
});
