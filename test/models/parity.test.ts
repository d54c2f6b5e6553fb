/**
 * Logits and greedy tokens equal Hugging Face transformers' over the option matrix of
 * `reference/qwen.py` (tiny random checkpoints), whole sequence and cached step by step.
 */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/index.ts";
import { fromValues, type NDArray, ndarray, zeros } from "../../src/graph/ndarray.ts";
import {
  decoderState,
  forwardProgram,
  loadModel,
  stateShape,
  stepProgram,
} from "../../src/models/index.ts";
import { createSession } from "../../src/runtime/native/session.ts";

const root = join(import.meta.dirname, "../fixtures/qwen");
const cases = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

/** Issue's tolerance for f32. */
const TOLERANCE = 1e-4;

function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]));
  return worst;
}

const argmax = (row: ArrayLike<number>): number => {
  let best = 0;
  for (let i = 1; i < row.length; i++) if (row[i] > row[best]) best = i;
  return best;
};

describe.each(cases)("%s", (name) => {
  const load = async () => {
    const model = await loadModel(join(root, name));
    const expected = await openCheckpoint(join(root, name, "expected.safetensors"));
    return { model, expected };
  };

  it.each([true, false])("gives the reference's logits (fused: %s)", async (fuse) => {
    const { model, expected } = await load();
    using session = await createSession(forwardProgram(model.config, { fuse }), model);
    const { logits } = await session.run({ tokens: expected.read("tokens") });
    const reference = expected.read("logits").data as Float32Array;
    expect(maxDifference(logits.data as Float32Array, reference)).toBeLessThan(TOLERANCE);
  });

  it("gives the same cached, step by step, and the reference's 64 greedy tokens", async () => {
    const { model, expected } = await load();
    const { config } = model;
    const reference = expected.read("logits");
    const [, seq, vocab] = reference.shape;
    const tokens = expected.read("tokens").data as BigInt64Array;
    using session = await createSession(stepProgram(config), model);

    const capacity = 128;
    const cache: Record<string, NDArray> = {};
    for (const [key, array] of decoderState(config)) {
      cache[key] = zeros("f32", stateShape(array, 1, capacity));
    }
    const present = Object.fromEntries(
      Object.entries(cache).map(([key, array]) => [`present_${key}`, array]),
    );
    const step = async (ids: BigInt64Array, past: number): Promise<Float32Array> => {
      const logits = zeros("f32", [1, vocab]);
      await session.run(
        {
          tokens: ndarray("i64", [1, ids.length], ids),
          past: fromValues("i32", [1], [past]),
          ...cache,
        },
        { outputs: { logits, ...present } },
      );
      return logits.data as Float32Array;
    };

    // Dynamic RoPE: cached keys keep the rotation of their own step, in the reference too.
    const stepwise = expected.has("step_logits") ? expected.read("step_logits") : reference;
    const rows = stepwise.data as Float32Array;
    for (let t = 0; t < seq; t++) {
      const logits = await step(tokens.slice(t, t + 1), t);
      expect(maxDifference(logits, rows.subarray(t * vocab, (t + 1) * vocab))).toBeLessThan(
        TOLERANCE,
      );
    }
    for (const [key, { kind }] of decoderState(config)) {
      if (kind === "recurrent") (cache[key].data as Float32Array).fill(0); // before any token
    }
    const produced: number[] = [];
    let next = argmax(await step(tokens.slice(0, 8), 0));
    for (let t = 0; t < 64; t++) {
      produced.push(next);
      next = argmax(await step(BigInt64Array.of(BigInt(next)), 8 + t));
    }
    expect(produced).toEqual(Array.from(expected.read("greedy").data as BigInt64Array, Number));
  });
});
