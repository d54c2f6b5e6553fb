/** A decoder as a task's body: what holds of it whatever its weights. */

import { describe, expect, it } from "vitest";
import { input, type NDArray, type Tensor } from "../../src/graph/index.ts";
import { fromValues } from "../../src/graph/ndarray.ts";
import { constant } from "../../src/graph/ops/leaf.ts";
import { type DecoderConfig, decoder, lmHead } from "../../src/models/decoder.ts";
import { decoderBody } from "../../src/models/decoder-body.ts";
import type { Embedded } from "../../src/models/sequence-body.ts";
import { tiny } from "../train/sequences.ts";
import { LINE, maxDifference, noise, part, runOnce, wholeAndStepwise } from "./ofa/support.ts";

const body = decoderBody(tiny);
const { hiddenSize: width, vocabSize } = tiny;

const text = (embed: Tensor, valid?: Tensor): Embedded => ({
  modality: "text",
  layout: LINE,
  embed,
  ...(valid && { valid }),
});

const idsOf = (...rows: readonly (readonly number[])[]): NDArray =>
  fromValues("i64", [rows.length, rows[0]!.length], rows.flat());

const maskOf = (...rows: readonly (readonly number[])[]): NDArray =>
  fromValues("bool", [rows.length, rows[0]!.length], rows.flat());

/** Logits of a target behind a source, both tokens. */
async function logitsOf(
  source: { readonly ids: NDArray; readonly valid?: NDArray },
  target: { readonly ids: NDArray; readonly valid?: NDArray },
  { full = false, of = body } = {},
): Promise<Float32Array> {
  const values: Record<string, NDArray> = {};
  const inputs: Tensor[] = [];
  const leaf = (name: string, array: NDArray): Tensor => {
    values[name] = array;
    inputs.push(input(name, array.dtype, array.shape));
    return inputs[inputs.length - 1]!;
  };
  const segment = (name: string, { ids, valid }: typeof source) => {
    const tokens = leaf(name, ids);
    const counts = valid && leaf(`${name} valid`, valid);
    return { tokens, counts };
  };
  const [from, to] = [segment("source", source), segment("target", target)];
  const { logits } = await runOnce(
    (p) => {
      const before = text(of.embedTokens(p, from.tokens, "source"), from.counts);
      const after = text(of.embedTokens(p, to.tokens, "target"), to.counts);
      return { logits: of.head(p, of.forward(p, [before], after, { full })) };
    },
    inputs,
    values,
  );
  return logits.data as Float32Array;
}

/** Logits of the decoder itself, of all positions; `hidden` says which keys a query cannot see. */
async function plainLogits(
  ids: NDArray,
  hides?: (query: number, key: number) => boolean,
): Promise<Float32Array> {
  const length = ids.shape[1] as number;
  const tokens = input("tokens", "i64", ids.shape);
  const mask = Array.from({ length: length * length }, (_, i) =>
    hides?.(Math.floor(i / length), i % length) ? -1e9 : 0,
  );
  const bias = hides && constant(fromValues("f32", [1, 1, length, length], mask));
  const { logits } = await runOnce(
    (p) => ({ logits: lmHead(p, tiny, decoder(p, tiny, { tokens, causal: !hides, bias }).hidden) }),
    [tokens],
    { tokens: ids },
  );
  return logits.data as Float32Array;
}

const rowsFrom = (logits: Float32Array, first: number): Float32Array =>
  logits.subarray(first * vocabSize);

const SOURCE = [3, 17, 5, 9, 22];
const TARGET = [1, 8, 8, 20];

describe("forward", () => {
  it("gives the plain decoder's logits", async () => {
    const own = await logitsOf({ ids: idsOf(SOURCE) }, { ids: idsOf(TARGET) });
    const plain = await plainLogits(idsOf([...SOURCE, ...TARGET]));
    expect(own.length).toBe(TARGET.length * vocabSize);
    expect(maxDifference(own, rowsFrom(plain, SOURCE.length))).toBeLessThan(1e-5);
  });

  it("takes no notice of padding between source and target", async () => {
    const short = SOURCE.slice(0, 2);
    const source = {
      ids: idsOf(SOURCE, [...short, 13, 0, 7]),
      valid: maskOf([1, 1, 1, 1, 1], [1, 1, 0, 0, 0]),
    };
    const both = await logitsOf(source, { ids: idsOf(TARGET, TARGET) });
    const rows = [SOURCE, short].map((ids) =>
      logitsOf({ ids: idsOf(ids) }, { ids: idsOf(TARGET) }),
    );
    const expected = (await Promise.all(rows)).flatMap((row) => [...row]);
    expect(maxDifference(both, expected)).toBeLessThan(1e-5);
    const seen = await logitsOf({ ids: source.ids }, { ids: idsOf(TARGET, TARGET) });
    expect(maxDifference(seen, expected)).toBeGreaterThan(1e-2);
  });

  it("with `full`, targets see each other and sources see what stands before", async () => {
    const own = await logitsOf({ ids: idsOf(SOURCE) }, { ids: idsOf(TARGET) }, { full: true });
    const hides = (query: number, key: number): boolean => query < SOURCE.length && key > query;
    const plain = await plainLogits(idsOf([...SOURCE, ...TARGET]), hides);
    expect(maxDifference(own, rowsFrom(plain, SOURCE.length))).toBeLessThan(1e-5);
    const causal = await plainLogits(idsOf([...SOURCE, ...TARGET]));
    expect(maxDifference(own, rowsFrom(causal, SOURCE.length))).toBeGreaterThan(1e-2);
  });

  it("with `full`, takes no notice of padding of source and target", async () => {
    const short = SOURCE.slice(0, 3);
    const padded = await logitsOf(
      { ids: idsOf([...short, 11, 2]), valid: maskOf([1, 1, 1, 0, 0]) },
      { ids: idsOf([...TARGET, 6, 6]), valid: maskOf([1, 1, 1, 1, 0, 0]) },
      { full: true },
    );
    const alone = await logitsOf({ ids: idsOf(short) }, { ids: idsOf(TARGET) }, { full: true });
    expect(maxDifference(padded.subarray(0, alone.length), alone)).toBeLessThan(1e-5);
  });
});

/** A source of two segments of embeddings. */
function sourceOf(batch: number) {
  const [first, second] = ["first", "second"].map((name, i) =>
    input(name, "f32", [batch, 2 + i, width]),
  ) as [Tensor, Tensor];
  return {
    segments: () => [text(first), { ...text(second), modality: "image" }],
    inputs: [first, second],
    values: { first: noise([batch, 2, width], 1), second: noise([batch, 3, width], 2) },
    length: 5,
  };
}

describe("begin and step", () => {
  it.each([
    { name: "one by one", batch: 1, sizes: [1, 1, 1, 1, 1, 1] },
    { name: "one by one, in rows", batch: 3, sizes: [1, 1, 1, 1, 1, 1] },
    { name: "a prefix, then one by one", batch: 1, sizes: [3, 1, 1, 1] },
    { name: "several at a time", batch: 1, sizes: [2, 4] },
  ])("are the forward pass: $name", async ({ batch, sizes }) => {
    const embed = noise([batch, 6, width], 3);
    const { whole, steps } = await wholeAndStepwise(body, batch, { embed }, sourceOf(batch), sizes);
    let at = 0;
    for (const [i, size] of sizes.entries()) {
      const all: NDArray = { dtype: "f32", shape: embed.shape, data: whole };
      expect(maxDifference(steps[i]!, part(all, at, size).data as Float32Array)).toBeLessThan(1e-5);
      at += size;
    }
  });

  it("are the forward pass with `full`", async () => {
    const embed = noise([1, 6, width], 4);
    const target = { embed, modality: "motion" };
    const full = { full: true, capacity: 6 };
    const { whole, steps } = await wholeAndStepwise(body, 1, target, sourceOf(1), [6], full);
    expect(maxDifference(steps[0]!, whole)).toBeLessThan(1e-5);
  });
});

describe("with a full source", () => {
  const whole = decoderBody(tiny, { fullSource: true });

  it("the source sees itself whole, the target what stands before", async () => {
    const own = await logitsOf({ ids: idsOf(SOURCE) }, { ids: idsOf(TARGET) }, { of: whole });
    const hides = (query: number, key: number): boolean => key > query && key >= SOURCE.length;
    const plain = await plainLogits(idsOf([...SOURCE, ...TARGET]), hides);
    expect(maxDifference(own, rowsFrom(plain, SOURCE.length))).toBeLessThan(1e-5);
    const causal = await plainLogits(idsOf([...SOURCE, ...TARGET]));
    expect(maxDifference(own, rowsFrom(causal, SOURCE.length))).toBeGreaterThan(1e-3);
  });

  it("takes no notice of padding", async () => {
    const padded = { ids: idsOf([...SOURCE, 11, 2]), valid: maskOf([1, 1, 1, 1, 1, 0, 0]) };
    const target = { ids: idsOf(TARGET) };
    const alone = await logitsOf({ ids: idsOf(SOURCE) }, target, { of: whole });
    expect(maxDifference(await logitsOf(padded, target, { of: whole }), alone)).toBeLessThan(1e-5);
  });

  it.each([
    { name: "one by one", sizes: [1, 1, 1, 1, 1, 1], full: false },
    { name: "several at a time", sizes: [2, 4], full: false },
    { name: "the whole target", sizes: [6], full: true },
  ])("begin and step are the forward pass: $name", async ({ sizes, full }) => {
    const embed = noise([1, 6, width], 3);
    const options = { full, ...(full && { capacity: 6 }) };
    const ran = await wholeAndStepwise(whole, 1, { embed }, sourceOf(1), sizes, options);
    const steps = ran.steps.flatMap((step) => [...step]);
    expect(maxDifference(steps, ran.whole)).toBeLessThan(1e-5);
  });
});

it("refuses recurrent state, which beams cannot share", () => {
  const net = {
    projections: "separate" as const,
    kernel: 4,
    keyHeads: 1,
    valueHeads: 1,
    keyDim: 8,
    valueDim: 8,
  };
  const hybrid: DecoderConfig = { ...tiny, deltaNet: { ...net, layers: [true, false] } };
  expect(() => decoderBody(hybrid)).toThrow(
    "decoderBody: a qwen3 model has recurrent state; expected attention",
  );
});
