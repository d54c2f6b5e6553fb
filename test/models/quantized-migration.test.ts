/** Scale moved out of outlier channels: the same model in floats, a better one in 8 bits. */

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCheckpoint, saveSharded } from "../../src/checkpoint/index.ts";
import { fromValues, type NDArray } from "../../src/graph/index.ts";
import {
  forwardProgram,
  loadModel,
  type Model,
  type Quantization,
} from "../../src/models/index.ts";
import { createSession } from "../../src/runtime/index.ts";

const mini = join(import.meta.dirname, "../../models/onefold-mini");
const TIMEOUT = 120_000;
/** A power of two: scaling by it is exact. */
const OUTLIER = 32;
const CHANNELS = [5, 70, 101];
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "onefold-outliers-"));
  cpSync(mini, join(folder, "model"), { recursive: true });
  rmSync(join(folder, "model/model.safetensors"));
  await saveSharded(join(folder, "model"), await withOutliers());
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The mini's weights, with some channels of the norms 32 times as large and what reads them less. */
async function withOutliers() {
  using checkpoint = await openCheckpoint(mini);
  const norm = /\.(input|post_attention)_layernorm\.weight$/;
  const reader = /\.(q|k|v|gate|up)_proj\.weight$/;
  return checkpoint.names.map((name) => {
    const stored = checkpoint.readAs(name, "f32");
    const array = fromValues("f32", stored.shape, Array.from(stored.data, Number));
    const width = array.shape[array.shape.length - 1]!;
    array.data.forEach((v, i) => {
      if (!CHANNELS.includes(i % width)) return;
      if (norm.test(name)) array.data[i] = Number(v) * OUTLIER;
      if (reader.test(name)) array.data[i] = Number(v) / OUTLIER;
    });
    return { name, array };
  });
}

const ids = Array.from({ length: 60 }, (_, i) => (i * 37) % 2000);

async function logitsOf(model: Model): Promise<NDArray> {
  using session = await createSession(forwardProgram(model.config), { weights: model.weights });
  const { logits } = await session.run({ tokens: fromValues("i64", [1, ids.length], ids) });
  return logits!;
}

/** |quantised - floats| over |floats|. */
async function errorOf(dir: string, quant: Quantization): Promise<number> {
  using model = await loadModel(dir, { quant, quantCacheDir: join(folder, "cache") });
  using floats = await loadModel(dir);
  const [found, expected] = [await logitsOf(model), await logitsOf(floats)];
  let [error, norm] = [0, 0];
  expected.data.forEach((v, i) => {
    error += (Number(found.data[i]) - Number(v)) ** 2;
    norm += Number(v) ** 2;
  });
  return Math.sqrt(error / norm);
}

describe("a model with outlier channels", () => {
  it(
    "loses in 8 bits without migration, and gets nearly all of it back",
    async () => {
      const outliers = join(folder, "model");
      const plain = await errorOf(mini, "int8");
      const without = await errorOf(outliers, { kind: "int8", calibration: false });
      const migrated = await errorOf(outliers, "int8");
      expect(without).toBeGreaterThan(4 * plain); // the outliers do hurt
      expect(migrated).toBeLessThan(without / 4);
      expect(migrated).toBeLessThan(2.5 * plain);
    },
    TIMEOUT,
  );

  it(
    "is moved by what its own text shows, and the cache tells texts apart",
    async () => {
      const kind = "int8";
      const quantCacheDir = join(folder, "texts");
      const norms = new Set<string>();
      for (const calibration of ["one two three four", "四 3 2 1", false] as const) {
        using model = await loadModel(mini, { quant: { kind, calibration }, quantCacheDir });
        const name = "model.layers.0.input_layernorm.weight";
        norms.add(model.checkpoint.readAs(name, "f32").data.join());
      }
      expect(norms.size).toBe(3);
    },
    TIMEOUT,
  );

  it("asks for a text of two tokens", async () => {
    const quant = { kind: "int8", calibration: "a" } as const;
    await expect(loadModel(mini, { quant, quantCacheDir: join(folder, "short") })).rejects.toThrow(
      "the calibration text has fewer than 2 tokens",
    );
  });
});
