/** Images as codes: what codes stand for, what is learned, and how gradients pass the rounding. */

import { expect, it } from "vitest";
import { input, sum } from "../../src/graph/index.ts";
import { fromValues } from "../../src/graph/ndarray.ts";
import {
  codeCount,
  codesPerImage,
  decodeImageCodes,
  encodeImageCodes,
  type ImageCodes,
  imageCodesLoss,
} from "../../src/models/image-codes.ts";
import { createParameters } from "../../src/nn/index.ts";
import { expectGradients } from "./directional-gradients.ts";
import { freshWeights, noise, runOnce } from "./ofa/support.ts";

const c: ImageCodes = { size: 8, patch: 4, levels: [5, 4], width: 32, layers: 1 };
const images = 24;
const x = input("pixels", "f32", [images, 3, 8, 8]);
const pixels = noise([images, 3, 8, 8], 3);

const { root, specs } = createParameters();
imageCodesLoss(root, c, x);
const weights = freshWeights(specs.values());

it("codes are whole numbers in row order, and every image has as many as patches", async () => {
  const { codes } = await runOnce(
    (p) => ({ codes: encodeImageCodes(p, c, x) }),
    [x],
    { pixels },
    weights,
  );
  expect(codes.shape).toEqual([images, codesPerImage(c)]);
  const ids = Array.from(codes.data, Number);
  expect(Math.min(...ids)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...ids)).toBeLessThan(codeCount(c));
  expect(codeCount(c)).toBe(20);
  // Odd and even numbers of levels alike are used up to their ends.
  expect(new Set(ids.map((id) => id % 5)).size).toBeGreaterThan(2);
  expect(new Set(ids.map((id) => Math.floor(id / 5))).size).toBeGreaterThan(2);
});

it("what training minimises is the distance of the pixels that codes are drawn as", async () => {
  const { codes, loss } = await runOnce(
    (p) => ({ codes: encodeImageCodes(p, c, x), loss: imageCodesLoss(p, c, x) }),
    [x],
    { pixels },
    weights,
  );
  const ids = input("codes", "i64", [images, 4]);
  const { drawn } = await runOnce(
    (p) => ({ drawn: decodeImageCodes(p, c, ids) }),
    [ids],
    { codes },
    weights,
  );
  expect(drawn.shape).toEqual([images, 3, 8, 8]);
  const [found, wanted] = [drawn, pixels].map(({ data }) => data as Float32Array);
  for (let image = 0; image < images; image++) {
    let distance = 0;
    for (let i = 192 * image; i < 192 * (image + 1); i++)
      distance += Math.abs(found[i] - wanted[i]);
    expect(loss.data[image]).toBeCloseTo(distance / 192, 4);
  }
});

it("each code is drawn by its numbers: the first one changes fastest", async () => {
  const ids = input("codes", "i64", [3, 4]);
  const codes = fromValues("i64", [3, 4], [0, 0, 0, 0, 1, 1, 1, 1, 5, 5, 5, 5]);
  const one: ImageCodes = { ...c, layers: 0 };
  const drawn = async (values: typeof weights) =>
    (await runOnce((p) => ({ y: decodeImageCodes(p, one, ids) }), [ids], { codes }, values)).y
      .data as Float32Array;
  const row = (data: Float32Array, i: number) => data.slice(192 * i, 192 * (i + 1));
  // Without the weights of the second number, codes 0 and 5 are the same picture, 0 and 1 are not.
  const name = "decoder.in.weight"; // [width, numbers]
  const blind = new Map(weights);
  const { shape, dtype, data } = weights.get(name)!;
  const kept = (data as Float32Array).map((value, i) => (i % 2 === 1 ? 0 : value));
  blind.set(name, fromValues(dtype as "f32", shape, Array.from(kept)));
  const [seen, unseen] = [await drawn(weights), await drawn(blind)];
  expect(row(unseen, 2)).toEqual(row(unseen, 0));
  expect(row(seen, 2)).not.toEqual(row(seen, 0));
  expect(row(unseen, 1)).not.toEqual(row(unseen, 0));
});

it("gradients equal central differences: exactly behind the rounding, through it for fine levels", async () => {
  const small = input("pixels", "f32", [4, 3, 8, 8]);
  const values = { pixels: noise([4, 3, 8, 8], 5) };
  const loss = (codes: ImageCodes) => (p: typeof root) => ({
    inputs: [small],
    total: sum(imageCodesLoss(p, codes, small)),
  });
  const behind = await expectGradients(loss(c), values, {
    trains: ({ name }) => name.startsWith("decoder."),
  });
  expect(behind.checked).toBeGreaterThan(10);
  // 4001 levels are nearly continuous, where the gradient that skips the rounding is the true one.
  const through = await expectGradients(loss({ ...c, levels: [4001, 4000] }), values, {
    trains: ({ name }) => name.startsWith("encoder."),
    step: 0.02,
    tolerance: 0.05,
  });
  expect(through.checked).toBeGreaterThan(10);
});
