import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DType, dtypes } from "../../src/graph/dtype.ts";
import { fromValues, ndarray, toValues, zeros } from "../../src/graph/ndarray.ts";
import { dim, dimAdd } from "../../src/graph/shape.ts";
import { createSession, engineInfo } from "../../src/runtime/index.ts";
import { port, programOf } from "./onnx-model.ts";
import { attentionStep, doubled, linear } from "./programs.ts";

const w32 = fromValues("f32", [3, 2], [1, 2, 3, 4, 5, 6]);
const x23 = fromValues("f32", [2, 3], [1, 0, 0, 0, 1, 0]);

describe("run", () => {
  test("multiplies by a weight", async () => {
    using session = await createSession(linear(3, 2), { weights: () => w32 });
    const { y } = await session.run({ x: x23 });
    expect(y.shape).toEqual([2, 2]);
    expect(toValues(y)).toEqual([1, 2, 3, 4]);
    expect(session.runSync({ x: x23 }).y.data).toEqual(y.data);
  });

  test("computes what is fetched and nothing else", async () => {
    using session = await createSession(doubled());
    const x = fromValues("f32", [1, 2], [3, 4]);
    expect(Object.keys(await session.run({ x }))).toEqual(["y", "z"]);
    const fetched = await session.run({ x }, { fetch: ["z"] });
    expect(Object.keys(fetched)).toEqual(["z"]);
    expect(toValues(fetched.z)).toEqual([9, 16]);
  });

  test("writes into memory that the caller gives", async () => {
    using session = await createSession(doubled());
    const pool = new Float32Array(8);
    const y = ndarray("f32", [1, 2], pool.subarray(4, 6));
    const result = await session.run({ x: fromValues("f32", [1, 2], [3, 4]) }, { outputs: { y } });
    expect(result).toEqual({ y });
    expect(result.y).toBe(y);
    expect([...pool]).toEqual([0, 0, 0, 0, 6, 8, 0, 0]);
  });

  test("reads arrays of every length in place, also those V8 keeps on its heap", async () => {
    using session = await createSession(doubled());
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -99, max: 99 }), { maxLength: 40 }),
        async (v) => {
          const shape = [v.length, 2];
          const data = new Float32Array(v.flatMap((n) => [n, n + 1]));
          const { y } = await session.run({ x: ndarray("f32", shape, data) });
          expect(y.shape).toEqual(shape);
          expect(toValues(y)).toEqual(v.flatMap((n) => [2 * n, 2 * n + 2]));
        },
      ),
      { numRuns: 50 },
    );
  });

  test("copies outputs whose shape depends on data", async () => {
    const program = programOf({
      nodes: [{ op: "NonZero", inputs: ["x"], outputs: ["at"] }],
      inputs: [port("x", "f32", [dim("n")])],
      outputs: [port("at", "i64", [1, dim("found")])],
    });
    using session = await createSession(program);
    const { at } = await session.run({ x: fromValues("f32", [4], [0, 7, 0, 7]) });
    expect(at).toEqual({ dtype: "i64", shape: [1, 2], data: BigInt64Array.of(1n, 3n) });
    const none = await session.run({ x: zeros("f32", [4]) });
    expect(none.at.shape).toEqual([1, 0]);
  });

  test("takes and gives scalars", async () => {
    const program = programOf({
      nodes: [{ op: "Neg", inputs: ["x"], outputs: ["y"] }],
      inputs: [port("x", "f64", [])],
      outputs: [port("y", "f64", [])],
    });
    using session = await createSession(program);
    const { y } = await session.run({ x: fromValues("f64", [], [2.5]) });
    expect(y).toEqual({ dtype: "f64", shape: [], data: Float64Array.of(-2.5) });
  });

  test.each(Object.keys(dtypes) as DType[])("passes %s through unchanged", async (dtype) => {
    // A bit pattern per byte, so that a wrong element type or size would show.
    const bytes = Uint8Array.from({ length: 48 }, (_, i) => (dtype === "bool" ? i % 2 : i + 1));
    const n = bytes.length / dtypes[dtype].bytes;
    const x = ndarray(dtype, [n], new dtypes[dtype].array(bytes.buffer));
    const program = programOf({
      nodes: [
        { op: "Identity", inputs: ["x"], outputs: ["y"] },
        { op: "Concat", inputs: ["w", "w"], outputs: ["ww"], attributes: { axis: 0 } },
      ],
      inputs: [port("x", dtype, [n])],
      outputs: [port("y", dtype, [n]), port("ww", dtype, [2 * n])],
      weights: [port("w", dtype, [n])],
    });
    // The CPU provider concatenates few types unfused; weights of any type fold into a constant.
    using session = await createSession(program, { weights: () => x });
    const { y, ww } = await session.run({ x });
    expect(y).toEqual(x);
    expect(new Uint8Array(ww.data.buffer, 0, 96)).toEqual(Uint8Array.of(...bytes, ...bytes));
  });

  test("updates a cache in place that is input and output at once", async () => {
    const [heads, width, capacity] = [2, 8, 64];
    using session = await createSession(attentionStep(heads, width, capacity));
    const keys = zeros("f32", [1, heads, capacity, width]);
    const values = zeros("f32", [1, heads, capacity, width]);
    const row = [1, 1, heads * width];
    const past = 5;
    const { out } = await session.run(
      {
        q: zeros("f32", row),
        k: fromValues("f32", row, Array(heads * width).fill(3)),
        v: fromValues("f32", row, Array(heads * width).fill(6)),
        past_k: keys,
        past_v: values,
        seqlens: fromValues("i32", [1], [past]),
        total: fromValues("i32", [], [past + 1]),
      },
      { outputs: { present_k: keys, present_v: values }, fetch: ["out", "present_k", "present_v"] },
    );
    // A zero query attends evenly to five rows of zeros and the new row of sixes.
    for (const v of toValues(out)) expect(v).toBeCloseTo(1, 6);
    const slots = Array.from({ length: capacity }, (_, slot) => keys.data[slot * width]);
    expect(slots).toEqual(slots.map((_, slot) => (slot === past ? 3 : 0)));
    expect(values.data[(capacity + past) * width]).toBe(6);
  });
});

describe("mistakes are found before the engine is asked", () => {
  const program = programOf({
    nodes: [{ op: "Add", inputs: ["a", "b"], outputs: ["c"] }],
    inputs: [port("a", "f32", [dim("n"), 3]), port("b", "f32", [dim("n"), 3])],
    outputs: [port("c", "f32", [dim("n"), 3])],
  });
  const a = zeros("f32", [2, 3]);
  const cases = {
    'input "b" (f32 [n, 3]) is missing; given: a': { a },
    'input "d" is unknown to the program; its inputs: a, b': { a, b: a, d: a },
    'input "b" is i32 [2, 3], expected f32 [n, 3]': { a, b: zeros("i32", [2, 3]) },
    'input "b" has shape [6] of rank 1, expected [n, 3] of rank 2': { a, b: zeros("f32", [6]) },
    'input "b" has shape [2, 4], expected [n, 3]': { a, b: zeros("f32", [2, 4]) },
    'input "b" has shape [4, 3], expected [n, 3] with n = 2 as in input "a"': {
      a,
      b: zeros("f32", [4, 3]),
    },
    'input "b" has shape [2, 3] (24 bytes of f32) over 20 bytes of memory': {
      a,
      b: { ...a, data: new Float32Array(5) },
    },
  };
  test.each(Object.entries(cases))("%s", async (message, inputs) => {
    using session = await createSession(program);
    await expect(session.run(inputs)).rejects.toThrow(message);
    expect(() => session.runSync(inputs)).toThrow(message);
    expect(() => session.bind({ inputs, outputs: {} })).toThrow(message);
  });

  test("outputs", async () => {
    using session = await createSession(program);
    const inputs = { a, b: a };
    await expect(session.run(inputs, { fetch: ["q"] })).rejects.toThrow(
      'output "q" is unknown to the program; its outputs: c',
    );
    await expect(session.run(inputs, { outputs: { c: zeros("f32", [5, 3]) } })).rejects.toThrow(
      'output "c" has shape [5, 3], expected [n, 3], where n = 2',
    );
    await expect(session.run(inputs, { outputs: { c: zeros("f64", [2, 3]) } })).rejects.toThrow(
      'output "c" is f64 [2, 3], expected f32 [n, 3]',
    );
  });

  test("dimensions that are sums follow from their symbols", async () => {
    const total = dimAdd(dim("past"), dim("seq"));
    const concat = programOf({
      nodes: [{ op: "Concat", inputs: ["p", "s"], outputs: ["t"], attributes: { axis: 0 } }],
      inputs: [
        port("p", "f32", [dim("past")]),
        port("s", "f32", [dim("seq")]),
        port("mask", "f32", [total]),
      ],
      outputs: [port("t", "f32", [total])],
    });
    using session = await createSession(concat);
    const [p, s] = [fromValues("f32", [2], [1, 2]), fromValues("f32", [1], [3])];
    expect(toValues((await session.run({ p, s, mask: zeros("f32", [3]) })).t)).toEqual([1, 2, 3]);
    await expect(session.run({ p, s, mask: zeros("f32", [4]) })).rejects.toThrow(
      'input "mask" has shape [4], expected [past + seq], where past + seq = 3',
    );
  });
});

describe("errors of the engine", () => {
  const reshape = programOf({
    nodes: [{ op: "Reshape", inputs: ["x", "to"], outputs: ["y"], name: "layers.3/split" }],
    inputs: [port("x", "f32", [dim("n")]), port("to", "i64", [1])],
    outputs: [port("y", "f32", [dim("m")])],
  });

  test("name the op of our graph and leave the session usable", async () => {
    using session = await createSession(reshape);
    const inputs = { x: zeros("f32", [4]), to: fromValues("i64", [1], [3]) };
    const error = await session.run(inputs).catch((e) => e);
    expect(error.name).toBe("EngineError");
    expect(error.message).toContain('at Reshape "layers.3/split"');
    expect(error.node).toBe("layers.3/split");
    expect(error.code).toBe("FAIL");
    const { y } = await session.run({ ...inputs, to: fromValues("i64", [1], [4]) });
    expect(y.shape).toEqual([4]);
  });

  test("a model that is none", async () => {
    const broken = { ...reshape, model: Uint8Array.of(1, 2, 3) };
    await expect(createSession(broken)).rejects.toMatchObject({ code: "INVALID_PROTOBUF" });
  });

  test("an op that does not exist", async () => {
    const program = programOf({
      nodes: [{ op: "Frobnicate", inputs: ["x"], outputs: ["y"], name: "layers.0/frob" }],
      inputs: [port("x", "f32", [1])],
      outputs: [port("y", "f32", [1])],
    });
    await expect(createSession(program)).rejects.toThrow(/loading the program.*Frobnicate/);
  });

  test("a config entry that is too long is told by name", async () => {
    const configEntries = { ["k".repeat(5000)]: "1" };
    await expect(createSession(reshape, { configEntries })).rejects.toThrow(/session option kkk/);
  });

  test("thread counts", async () => {
    await expect(createSession(reshape, { threads: 0 })).rejects.toThrow(
      "session option threads is 0, expected an integer above 0",
    );
  });
});

test("engineInfo tells library, version, providers and threads", async () => {
  const info = await engineInfo();
  expect(info.library).toContain("onnxruntime");
  expect(info.version).toMatch(/^1\.\d+\.\d+/);
  expect(info.providers).toContain("CPUExecutionProvider");
  expect(info.threads).toBeGreaterThan(0);
});
