import { expect, test } from "vitest";
import { createCache } from "../../src/generate/cache.ts";
import { createDecoderSession } from "../../src/generate/index.ts";
import { createStepSession } from "../../src/generate/step-session.ts";
import { fromValues, type NDArray, zeros } from "../../src/graph/ndarray.ts";
import type { Port } from "../../src/graph/program.ts";
import { forwardProgram, readModelConfig } from "../../src/models/index.ts";
import { createRandom } from "../../src/nn/random.ts";
import { createSession } from "../../src/runtime/index.ts";

const LENGTH = 150;

/** A model with some weights of 2^20 numbers (its MLP), so that the layout for few rows counts. */
function createLargeModel() {
  const config = readModelConfig("config.json", {
    architectures: ["Qwen3ForCausalLM"],
    model_type: "qwen3",
    hidden_size: 256,
    intermediate_size: 4096,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 32,
    vocab_size: 96,
    max_position_embeddings: 512,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    tie_word_embeddings: true,
  });
  const random = createRandom(5);
  const arrays = new Map<string, NDArray>();
  const asked: string[] = [];
  const weights = ({ name, shape }: Port): NDArray => {
    asked.push(name);
    const size = (shape as number[]).reduce((a, b) => a * b, 1);
    const isNorm = shape.length === 1;
    const values = new Float32Array(size).map(() => (isNorm ? 1 : 0) + 0.05 * random.normal());
    const array = arrays.get(name) ?? fromValues("f32", shape as number[], values);
    arrays.set(name, array);
    return array;
  };
  return { config, weights, asked };
}

const tokens = Array.from({ length: LENGTH }, (_, i) => (i * 7) % 96);
const { config, weights, asked } = createLargeModel();

/** f32 [vocab] after each token, whole sequence at once. */
async function expectedLogits(): Promise<(index: number) => Float32Array> {
  using session = await createSession(forwardProgram(config), { weights });
  const { logits } = await session.run({ tokens: fromValues("i64", [1, LENGTH], tokens) });
  const data = logits!.data as Float32Array;
  return (index) => data.subarray(index * config.vocabSize, (index + 1) * config.vocabSize);
}

function expectNear(found: ArrayLike<number>, expected: Float32Array): void {
  const size = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - found[i]!)));
  expect(worst / size).toBeLessThan(1e-5);
}

test("steps, short and long runs share one cache and give the same logits", {
  timeout: 60_000,
}, async () => {
  const expected = await expectedLogits();
  using session = await createDecoderSession({ config, weights }, { capacity: 64 });
  const feed = async (count: number) => {
    const held = session.tokens().length;
    if (count === 1) await session.step(tokens[held]!);
    else await session.prefill(tokens.slice(held, held + count));
    expectNear(session.logits, expected(held + count - 1));
  };
  for (const count of [9, 1, 130, 1, 5]) await feed(count); // few, one, many, one, few
  session.truncate(3);
  for (const count of [140, 1, 2]) await feed(count);
});

test("several sequences step together as they do alone", { timeout: 60_000 }, async () => {
  const expected = await expectedLogits();
  using session = await createDecoderSession({ config, weights }, { batch: 3, capacity: 64 });
  const lengths = [4, 1, 20];
  for (const [row, length] of lengths.entries()) {
    await session.prefill(tokens.slice(0, length), { row });
  }
  await session.step(lengths.map((length) => tokens[length]!));
  for (const [row, length] of lengths.entries()) {
    expectNear(session.logitsOf(row), expected(length));
  }
});

test("loads the second layout with the first long run, and asks for each weight once", async () => {
  asked.length = 0;
  using session = await createStepSession({ config, weights }, { everyLogit: true });
  const run = async (count: number) => {
    const cache = createCache(config, 1, LENGTH);
    const { logits } = await session.run(
      {
        tokens: fromValues("i64", [1, count], tokens.slice(0, count)),
        past: fromValues("i32", [1], [0]),
        ...cache.inputs,
      },
      { fetch: ["logits"] },
    );
    return logits!.data as Float32Array;
  };
  const [short, long] = [await run(128), await run(129)];
  expectNear(short.subarray(0, 96), long.slice(0, 96));
  expect(new Set(asked).size).toBe(asked.length);
});

test("a model in two forms steps few rows with the one for steps, more with the other", async () => {
  // Logits are linear in the last norm's weight: the form for steps doubles them.
  const doubled = (port: Port): NDArray => {
    const array = weights(port);
    if (port.name !== "model.norm.weight") return array;
    const values = Array.from(array.data as Float32Array, (x) => 2 * x);
    return fromValues("f32", array.shape, values);
  };
  const steps = { config, weights: doubled };
  using session = await createStepSession({ config, weights, steps });
  const expected = (await expectedLogits())(0);
  for (const [rows, factor] of [
    [1, 2],
    [4, 2],
    [5, 1],
  ] as const) {
    const cache = createCache(config, rows, 4);
    const inputs = {
      tokens: fromValues("i64", [rows, 1], Array<number>(rows).fill(tokens[0]!)),
      past: zeros("i32", [rows]),
      ...cache.inputs,
    };
    const logits = zeros("f32", [rows, config.vocabSize]);
    const outputs = { logits, ...cache.outputs };
    using bound = session.bind({ inputs, outputs });
    const isExpected = (): void => {
      const last = (logits.data as Float32Array).slice(-config.vocabSize);
      expectNear(
        last,
        expected.map((x) => factor * x),
      );
      (logits.data as Float32Array).fill(0);
    };
    await bound.run();
    isExpected();
    await session.run(inputs, { outputs });
    isExpected();
  }
});

test("disposing while the second layout loads disposes of that too", async () => {
  const session = await createStepSession({ config, weights });
  const cache = createCache(config, 1, LENGTH);
  const running = session.run({
    tokens: fromValues("i64", [1, LENGTH], tokens),
    past: fromValues("i32", [1], [0]),
    ...cache.inputs,
  });
  session.dispose();
  await expect(running).rejects.toThrow("disposed");
});
