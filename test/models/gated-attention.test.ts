/** Every point of the gates' grid: PyTorch's logits, the same cached, and a config that survives. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/index.ts";
import { fromValues, type NDArray, zeros } from "../../src/graph/ndarray.ts";
import type { WeightSource } from "../../src/graph/program.ts";
import { decoderSpecs } from "../../src/models/decoder-parameters.ts";
import {
  configJson,
  type DecoderConfig,
  decoderState,
  exportGguf,
  forwardProgram,
  loadModel,
  readModelConfig,
  stateShape,
  stepProgram,
  writeModelFiles,
} from "../../src/models/index.ts";
import type { AttentionGate } from "../../src/nn/attention-gate.ts";
import { createRandom } from "../../src/nn/random.ts";
import { createSession } from "../../src/runtime/native/session.ts";

const TIMEOUT = 120_000;
const fixtures = join(import.meta.dirname, "../fixtures");
const grid = await openCheckpoint(join(fixtures, "gates/grid.safetensors"));
const cases = grid.names.filter((n) => n.endsWith(".logits")).map((n) => n.replace(".logits", ""));

const plain: DecoderConfig = readModelConfig("config.json", {
  model_type: "onefold",
  vocab_size: 96,
  hidden_size: 32,
  intermediate_size: 40,
  num_hidden_layers: 1,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 16,
  rope_theta: 1e4,
  max_position_embeddings: 128,
  tie_word_embeddings: true,
});

function gateOf(name: string): AttentionGate {
  const [position, granularity, shared, combine, activation] = name.split(" ");
  return {
    ...({ position, granularity, combine, activation } as AttentionGate), // the fixture's own words
    isShared: shared === "shared",
    layout: "separate",
  };
}

function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]));
  return worst;
}

const whole = async (config: DecoderConfig, weights: WeightSource, tokens: NDArray) => {
  using session = await createSession(forwardProgram(config), { weights });
  return (await session.run({ tokens })).logits.data as Float32Array;
};

/** Logits of each token behind a cache. */
async function stepwise(config: DecoderConfig, weights: WeightSource, ids: readonly number[]) {
  using session = await createSession(stepProgram(config), { weights });
  const cache = Object.fromEntries(
    [...decoderState(config)].map(([key, array]) => [key, zeros("f32", stateShape(array, 1, 32))]),
  );
  const present = Object.fromEntries(Object.entries(cache).map(([k, a]) => [`present_${k}`, a]));
  const rows: number[] = [];
  for (const [t, id] of ids.entries()) {
    const logits = zeros("f32", [1, config.vocabSize]);
    const feeds = { tokens: fromValues("i64", [1, 1], [id]), past: fromValues("i32", [1], [t]) };
    await session.run({ ...feeds, ...cache }, { outputs: { logits, ...present } });
    rows.push(...(logits.data as Float32Array));
  }
  return rows;
}

it.each(cases)("%s: PyTorch's logits, whole and cached", { timeout: TIMEOUT }, async (name) => {
  const config = { ...plain, gate: gateOf(name) };
  const weights: WeightSource = (port) =>
    grid.readAs(
      port.name.includes("gate_proj.weight") && port.name.includes("self_attn")
        ? `${name}.weight`
        : port.name,
      "f32",
    );
  const tokens = grid.read("tokens");
  const expected = grid.read(`${name}.logits`).data as Float32Array;
  const ids = Array.from(tokens.data as BigInt64Array, Number);
  expect(maxDifference(await whole(config, weights, tokens), expected)).toBeLessThan(1e-4);
  expect(maxDifference(await stepwise(config, weights, ids), expected)).toBeLessThan(1e-4);
});

/** Values that differ by name, so that no weight is taken for another. */
const random: WeightSource = ({ name, shape }) => {
  const array = zeros("f32", shape.map(Number));
  const source = createRandom(5, name);
  const data = array.data as Float32Array;
  for (let i = 0; i < data.length; i++) data[i] = 0.4 * source.normal();
  return array;
};

it("gives the same for one gate in each of its layouts", { timeout: TIMEOUT }, async () => {
  const gate = gateOf("attention element own multiply sigmoid");
  const q = "model.layers.0.self_attn.q_proj.weight";
  const own = random({ name: q, dtype: "f32", shape: [64, 32] }).data as Float32Array;
  const gates = random({ name: "gate", dtype: "f32", shape: [64, 32] }).data as Float32Array;
  /** Rows of both, `unit` of the one and then `unit` of the other. */
  const interleaved = (unit: number): NDArray => {
    const rows: number[] = [];
    for (let i = 0; i < 64; i += unit) {
      for (const part of [own, gates]) rows.push(...part.subarray(i * 32, (i + unit) * 32));
    }
    return fromValues("f32", [128, 32], rows);
  };
  const ids = [3, 14, 15, 92, 65, 35];
  const tokens = fromValues("i64", [1, ids.length], ids);
  const run = (layout: AttentionGate["layout"], change: Record<string, NDArray>) =>
    whole(
      { ...plain, gate: { ...gate, layout } },
      (port) => change[port.name] ?? random(port),
      tokens,
    );
  const separate = await run("separate", {
    "model.layers.0.self_attn.gate_proj.weight": fromValues("f32", [64, 32], gates),
  });
  expect(maxDifference(await run("by-head", { [q]: interleaved(16) }), separate)).toBeLessThan(
    1e-5,
  );
  expect(maxDifference(await run("by-group", { [q]: interleaved(32) }), separate)).toBeLessThan(
    1e-5,
  );
  // And they do differ from each other.
  expect(maxDifference(await run("by-head", { [q]: interleaved(32) }), separate)).toBeGreaterThan(
    0.01,
  );
});

it("writes and reads gates and norms under keys of its own", { timeout: TIMEOUT }, async () => {
  const config: DecoderConfig = {
    ...plain,
    gate: { ...gateOf("value head shared add silu"), layout: "constant" },
    norm: { kind: "gated", rank: 4, scale: 2 },
  };
  const dir = mkdtempSync(join(tmpdir(), "onefold-gate-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const specs = [...decoderSpecs(config).values()];
  const weights = new Map(
    specs.map(({ name, shape }) => [name, random({ name, dtype: "f32", shape })]),
  );
  await writeModelFiles(dir, config, weights);
  expect(JSON.parse(readFileSync(join(dir, "config.json"), "utf8")).model_type).toBe("onefold");
  using model = await loadModel(dir);
  expect(model.config).toEqual(config);
  const tokens = fromValues("i64", [1, 5], [1, 2, 3, 4, 5]);
  const before = await whole(config, random, tokens);
  expect(maxDifference(await whole(model.config, model.weights, tokens), before)).toBe(0);
  await expect(exportGguf(dir, join(dir, "x.gguf"))).rejects.toThrow(/GGUF cannot say/);
});

it("refuses what a config.json cannot mean or say", async () => {
  const read = (gate: object) => () =>
    readModelConfig("config.json", { ...configJson(plain, "f32"), attention_gate: gate });
  expect(read({ position: "attn" })).toThrow(
    'config.json, attention_gate: "position" must be one of "attention", "value", "key", "query", "output", found "attn"',
  );
  expect(read({ position: "output", granularity: "head" })).toThrow(/o_proj has no heads/);
  expect(read({ position: "value", layout: "by-head" })).toThrow(
    /only gates of attention's result/,
  );
  const gate = gateOf("value head own multiply sigmoid");
  expect(() => configJson({ ...plain, modelType: "qwen3", gate }, "f32")).toThrow(
    /a qwen3 decoder cannot be saved with the gate .*give it the modelType "onefold"/,
  );
  const gated = join(fixtures, "qwen/qwen3-gate-headwise");
  await expect(exportGguf(gated, join(tmpdir(), "x.gguf"))).rejects.toThrow("gates of attention");
});
