/** A training step over an image, text and a text target: gradients equal central differences. */

import { expect, it } from "vitest";
import { crossEntropy, input, reshape, sum } from "../../../src/graph/index.ts";
import { fromValues, type NDArray } from "../../../src/graph/ndarray.ts";
import { isRunningStatistic, ofaBody, ofaImage } from "../../../src/models/ofa/index.ts";
import type { Scope } from "../../../src/nn/index.ts";
import type { TracedLoss } from "../../../src/train/gradient.ts";
import { expectGradients } from "../directional-gradients.ts";
import { LINE, noise, smallConfig } from "./support.ts";

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
  const inputs = {
    pixels: noise([batch, 3, 8, 12], 41),
    valid: fromValues("bool", [batch, seq], [1, 1, 1, 1, 1, 1, 1, 1, 0, 0]),
    ids: tokens(7),
    labels: tokens(11),
  };
  const trains = ({ name }: { readonly name: string }) => !isRunningStatistic(name);
  const { names, checked } = await expectGradients(loss, inputs, { trains });
  expect(names.length).toBeGreaterThan(100);
  expect(checked).toBeGreaterThan(0.8 * names.length);
});
