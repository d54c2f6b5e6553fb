/** What holds of OFA's network whatever its weights: steps are the forward pass, padding is nothing. */

import { describe, expect, it } from "vitest";
import { input } from "../../../src/graph/index.ts";
import { ofaBody, ofaImage } from "../../../src/models/ofa/index.ts";
import type { Embedded } from "../../../src/models/sequence-body.ts";
import type { Scope } from "../../../src/nn/index.ts";
import { LINE, maxDifference, noise, part, smallConfig, wholeAndStepwise } from "./support.ts";

const config = smallConfig();
const body = ofaBody(config);

function imageAndText(batch: number) {
  const pixels = input("pixels", "f32", [batch, 3, 8, 12]);
  const text = input("text", "f32", [batch, 5, config.width]);
  return {
    segments: (p: Scope): Embedded[] => [
      ofaImage(p, config, pixels),
      { modality: "text", embed: text, layout: LINE },
    ],
    inputs: [pixels, text],
    values: { pixels: noise([batch, 3, 8, 12], 1), text: noise([batch, 5, config.width], 2) },
    length: 11,
  };
}

describe("steps", () => {
  it.each([
    { name: "text one by one", layout: LINE, sizes: [1, 1, 1, 1, 1, 1, 1], batch: 2 },
    { name: "a prompt, then one by one", layout: LINE, sizes: [4, 1, 1, 1], batch: 3 },
    { name: "several at a time", layout: LINE, sizes: [2, 3, 2], batch: 1 },
    {
      name: "image codes",
      layout: { kind: "grid", rows: 2, columns: 3 } as const,
      sizes: [1, 1, 1, 1, 1, 1, 1],
      batch: 2,
    },
    {
      name: "image codes, several at a time",
      layout: { kind: "grid", rows: 2, columns: 3 } as const,
      sizes: [3, 4],
      batch: 1,
    },
  ])("give the forward pass: $name", async ({ layout, sizes, batch }) => {
    const embed = noise([batch, 7, config.width], 3);
    const { whole, steps } = await wholeAndStepwise(
      body,
      batch,
      { embed, layout },
      imageAndText(batch),
      sizes,
    );
    let at = 0;
    sizes.forEach((size, i) => {
      const expected = part(
        { dtype: "f32", shape: [batch, 7, config.width], data: whole },
        at,
        size,
      );
      expect(maxDifference(steps[i], expected.data as Float32Array)).toBeLessThan(1e-5);
      at += size;
    });
  });
});
