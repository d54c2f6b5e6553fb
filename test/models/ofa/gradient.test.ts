/** A training step over an image, text and a text target: gradients equal central differences. */

import { expect, it } from "vitest";
import { crossEntropy, input, reshape, sum } from "../../../src/graph/index.ts";
import { fromValues, type NDArray, ndarray } from "../../../src/graph/ndarray.ts";
import { isRunningStatistic, ofaBody, ofaImage } from "../../../src/models/ofa/index.ts";
import type { Scope } from "../../../src/nn/index.ts";
import { createSession } from "../../../src/runtime/index.ts";
import { gradientOf, gradientProgram, type TracedLoss } from "../../../src/train/gradient.ts";
import { freshWeights, LINE, noise, smallConfig } from "./support.ts";

const config = smallConfig({ modal_ffn: ["image"] });
const body = ofaBody(config);
const [batch, seq] = [2, 5];

const pixels = input("pixels", "f32", [batch, 3, 8, 12]);
const valid = input("valid", "bool", [batch, seq]);
const ids = input("ids", "i64", [batch, seq]);
const labels = input("labels", "i64", [batch, seq]);

function loss(p: Scope): TracedLoss {
  const text = (side: "source" | "target") =>
    ({ modality: "text", embed: body.embedTokens(p, ids, side), layout: LINE, valid }) as const;
  const hidden = body.forward(p, [ofaImage(p, config, pixels), text("source")], text("target"));
  const logits = reshape(body.head(p, hidden), [batch * seq, config.vocabSize]);
  const total = sum(crossEntropy(logits, reshape(labels, [batch * seq])));
  return { inputs: [pixels, valid, ids, labels], total };
}

const tokens = (seed: number): NDArray =>
  fromValues(
    "i64",
    [batch, seq],
    Array.from({ length: batch * seq }, (_, i) => (i * seed + 3) % config.vocabSize),
  );

it("gives gradients by every parameter that equal central differences", async () => {
  const { program, lossProgram, parameters } = gradientProgram(loss, {
    trains: ({ name }) => !isRunningStatistic(name),
  });
  const weights = freshWeights(parameters);
  const inputs = {
    pixels: noise([batch, 3, 8, 12], 41),
    valid: fromValues("bool", [batch, seq], [1, 1, 1, 1, 1, 1, 1, 1, 0, 0]),
    ids: tokens(7),
    labels: tokens(11),
    weight: fromValues("f32", [], [1]),
  };
  const none = () => {
    throw new Error("all parameters are inputs");
  };
  using gradients = await createSession(program, { weights: none });
  using losses = await createSession(lossProgram, { weights: none });
  const found = await gradients.run({ ...inputs, ...Object.fromEntries(weights) });
  const lossAt = async (name: string, array: NDArray): Promise<number> => {
    const all = { ...inputs, ...Object.fromEntries(weights), [name]: array };
    return (await losses.run(all)).loss.data[0] as number;
  };
  const step = 1e-2;
  expect(parameters.length).toBeGreaterThan(100);
  let moved = 0;
  for (const { name, shape } of parameters) {
    // The slope along the gradient itself is its norm, which a wrong gradient would not give.
    const gradient = found[gradientOf(name)].data as Float32Array;
    const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
    if (norm < 1e-4) continue; // a key's bias shifts all scores of a query alike
    moved++;
    const from = weights.get(name)!.data as Float32Array;
    const along = (by: number): NDArray =>
      ndarray(
        "f32",
        shape,
        from.map((w, i) => w + (by * gradient[i]) / norm),
      );
    const slope =
      ((await lossAt(name, along(step))) - (await lossAt(name, along(-step)))) / (2 * step);
    expect(
      Math.abs(slope - norm) / (norm + 0.05),
      `${name}: ${slope} against ${norm}`,
    ).toBeLessThan(0.02);
  }
  expect(moved).toBeGreaterThan(0.8 * parameters.length);
});
