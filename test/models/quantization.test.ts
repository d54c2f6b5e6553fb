/** Which weights get which format, and what "auto" chooses. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBlocks, dequantizeBlocks, quantizeBlocks } from "../../src/checkpoint/quantize.ts";
import type { DType } from "../../src/graph/index.ts";
import { planFormats, quantizationSettings } from "../../src/models/quantization.ts";
import { chooseQuantization } from "../../src/models/quantization-auto.ts";

/** A decoder's weights in the shape of Qwen3-0.6B. */
const shapes = new Map<string, readonly number[]>([
  ["model.embed_tokens.weight", [151_936, 1024]],
  ...Array.from({ length: 28 }, (_, i) => [
    [`model.layers.${i}.input_layernorm.weight`, [1024]] as const,
    [`model.layers.${i}.self_attn.q_proj.weight`, [2048, 1024]] as const,
    [`model.layers.${i}.mlp.up_proj.weight`, [3072, 1024]] as const,
    [`model.layers.${i}.mlp.down_proj.weight`, [1024, 3072]] as const,
  ]).flat(),
]);

const checkpoint = {
  names: [...shapes.keys()],
  info: (name: string) => ({
    dtype: "bf16" as DType,
    shape: shapes.get(name)!,
    file: "model.safetensors",
    offset: 0,
    byteLength: 0,
  }),
};

describe("chooseQuantization", () => {
  const choose = (gib: number) => chooseQuantization(checkpoint, gib * 2 ** 30);

  it("takes both forms where they fit, int8 or int4 where only that does, and says so", () => {
    expect(choose(16)).toMatchObject({ kind: "mixed" });
    expect(choose(16).why).toMatch(
      /^auto: mixed, .*GiB of 16\.0 GiB free memory for 390 M weights$/,
    );
    expect(choose(1.5)).toMatchObject({ kind: "int8" });
    expect(choose(1)).toMatchObject({ kind: "int4" });
    expect(choose(0.1)).toMatchObject({ kind: "int4" });
    expect(choose(0.1).why).toContain("a tight fit");
  });

  it("leaves small models as they are", () => {
    const small = { ...checkpoint, names: checkpoint.names.slice(1, 5) };
    expect(chooseQuantization(small, 2 ** 30)).toMatchObject({ kind: undefined });
    expect(chooseQuantization(small, 2 ** 20).kind).toBe("int4");
  });

  it("never takes weights of more memory where there is less", () => {
    const order = [undefined, "mixed", "int8", "int4"];
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 64, noNaN: true }), (gib) => {
        const less = order.indexOf(choose(gib / 2).kind);
        expect(less).toBeGreaterThanOrEqual(order.indexOf(choose(gib).kind));
      }),
    );
  });
});

describe("planFormats", () => {
  it("gives the weights of --int8 8 bits in int4", () => {
    const int8 = ["*.layers.0.mlp.down_proj.weight", "*.embed_tokens.*"];
    const formats = planFormats(shapes, quantizationSettings({ kind: "int4", int8 }));
    const wide = [...formats].filter(([, f]) => f.kind === "blocks" && f.bits === 8);
    expect(wide.map(([name]) => name)).toEqual([
      "model.embed_tokens.weight",
      "model.layers.0.mlp.down_proj.weight",
    ]);
    const missing = quantizationSettings({ kind: "int4", int8: ["*.layers.99.*"] });
    expect(() => planFormats(shapes, missing)).toThrow('no weight is called "*.layers.99.*"');
  });
});

describe("quantizeBlocks", () => {
  it("puts the error where it counts least", () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
        const inputs = 64;
        const layout = { bits: 4, block: 32 } as const;
        const number = (i: number): number => Math.sin((seed + 1) * (i + 1) * 12.9898) ** 3;
        const rows = Float32Array.from({ length: 4 * inputs }, (_, i) => number(i));
        const counts = Float32Array.from({ length: inputs }, (_, i) => number(i + 7) ** 4 + 1e-3);
        const errorWith = (importance?: Float32Array): number => {
          const target = createBlocks(4, inputs, layout, false);
          quantizeBlocks(rows, inputs, target, 0, layout, importance);
          const { data } = dequantizeBlocks(target, inputs, layout);
          return rows.reduce((sum, v, i) => {
            return sum + counts[i % inputs]! * (v - Number(data[i])) ** 2;
          }, 0);
        };
        expect(errorWith(counts)).toBeLessThan(1.02 * errorWith());
      }),
    ));
});
