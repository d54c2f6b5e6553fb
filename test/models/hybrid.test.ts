/** Qwen3-Next and Qwen3.5 beyond parity.test.ts: published head sizes, rows that wait, refusals. */

import { expect, it } from "vitest";
import { fromValues, type NDArray, zeros } from "../../src/graph/ndarray.ts";
import type { WeightSource } from "../../src/graph/program.ts";
import {
  decoderState,
  forwardProgram,
  isRecurrent,
  readModelConfig,
  stateShape,
  stepProgram,
} from "../../src/models/index.ts";
import { createRandom } from "../../src/nn/random.ts";
import { createSession } from "../../src/runtime/native/session.ts";

const TIMEOUT = 60_000;

/** One delta net and one attention layer with the published heads, everything else small. */
const published = {
  model_type: "qwen3_next",
  vocab_size: 40,
  hidden_size: 48,
  intermediate_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 1,
  head_dim: 256,
  full_attention_interval: 2,
  linear_num_key_heads: 2,
  linear_num_value_heads: 4,
  mlp_only_layers: [0, 1],
  partial_rotary_factor: 0.25,
  rope_theta: 1e7,
  max_position_embeddings: 256,
};
const read = (changes: object = {}) => readModelConfig("config.json", { ...published, ...changes });

const weights: WeightSource = ({ name, shape: dims }) => {
  const random = createRandom(3, name);
  const array = zeros("f32", dims.map(Number));
  const data = array.data as Float32Array;
  const scale = dims.length > 1 ? 1 / Math.sqrt(Number(dims[dims.length - 1])) : 0.3;
  for (let i = 0; i < data.length; i++) data[i] = scale * random.normal();
  return array;
};

const tokens = (count: number): NDArray =>
  fromValues(
    "i64",
    [1, count],
    Array.from({ length: count }, (_, i) => (i * 7) % 40),
  );

function maxDifference(a: NDArray, b: NDArray): number {
  expect(a.shape).toEqual(b.shape);
  const [x, y] = [a.data as Float32Array, b.data as Float32Array];
  return x.reduce((worst, value, i) => Math.max(worst, Math.abs(value - y[i])), 0);
}

it("gives the same fused and decomposed with the published heads", {
  timeout: TIMEOUT,
}, async () => {
  const config = read();
  expect(config.deltaNet).toMatchObject({ keyDim: 128, valueDim: 128, layers: [true, false] });
  const [fused, plain] = await Promise.all(
    [true, false].map(async (fuse) => {
      using session = await createSession(forwardProgram(config, { fuse }), { weights });
      return (await session.run({ tokens: tokens(70) })).logits;
    }),
  );
  expect(maxDifference(fused, plain)).toBeLessThan(1e-4);
});

it.each([true, false])(
  "leaves the state of rows of -1 alone (fused: %s)",
  {
    timeout: TIMEOUT,
  },
  async (fuse) => {
    const config = read();
    using session = await createSession(stepProgram(config, { fuse }), { weights });
    const inputs: Record<string, NDArray> = {};
    const random = createRandom(4);
    for (const [name, array] of decoderState(config)) {
      inputs[name] = zeros("f32", stateShape(array, 2, 8));
      const data = inputs[name].data as Float32Array;
      if (array.kind === "recurrent")
        for (let i = 0; i < data.length; i++) data[i] = random.normal();
    }
    const before = Object.entries(inputs).map(([name, { data }]) => [name, data.slice()] as const);
    const present = Object.entries(inputs).map(([name, array]) => [`present_${name}`, array]);
    const feeds = {
      tokens: fromValues("i64", [2, 1], [-1, 3]),
      past: fromValues("i32", [2], [2, 2]),
    };
    const logits = zeros("f32", [2, config.vocabSize]);
    await session.run(
      { ...feeds, ...inputs },
      { outputs: { logits, ...Object.fromEntries(present) } },
    );
    for (const [name, old] of before) {
      if (decoderState(config).get(name)?.kind !== "recurrent") continue;
      const now = inputs[name].data;
      const half = old.length / 2;
      expect(now.slice(0, half)).toEqual(old.slice(0, half));
      expect(now.slice(half)).not.toEqual(old.slice(half));
    }
  },
);

it.each([
  [{ linear_num_value_heads: 3 }, /linear_num_value_heads" must be a multiple of .* 2, found 3/],
  [{ linear_conv_kernel_dim: 1 }, /linear_conv_kernel_dim" must be at least 2, found 1/],
  [{ layer_types: ["linear_attention"] }, /layer_types" must be a list of 2 entries, found 1/],
  [{ layer_types: ["mamba", "full_attention"] }, /"layer_types" must be "linear_attention" or/],
])("refuses %j", (changes, message) => {
  expect(() => read(changes)).toThrow(message);
});

it("has nothing recurrent where every layer attends", () => {
  const config = read({ layer_types: ["full_attention", "full_attention"] });
  expect(isRecurrent(config)).toBe(false);
  expect([...decoderState(config).keys()]).toEqual(["key.0", "value.0", "key.1", "value.1"]);
});
