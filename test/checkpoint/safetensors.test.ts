import { constants } from "node:buffer";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openCheckpoint, saveSafetensors } from "../../src/checkpoint/index.ts";
import type { DType } from "../../src/graph/dtype.ts";
import { fromValues, ndarray, toValues, zeros } from "../../src/graph/ndarray.ts";
import { fixtures, temporaryFolder, writeRaw } from "./support.ts";

/** Values that Python read from the same file, as text: NaN, infinities and 64 bits survive. */
const expected: Record<string, { shape: number[]; values: string[]; as_f32: string[] }> =
  JSON.parse(readFileSync(join(fixtures, "dtypes.json"), "utf8"));

const pythonNumber = (text: string): number =>
  text === "True" ? 1 : text === "False" ? 0 : Number(text.replace("inf", "Infinity"));

const dtypesOfFile = join(fixtures, "dtypes.safetensors");

describe.each([true, false])("reading with mapping %s", (mapping) => {
  it.each(Object.keys(expected))("%s has the values that Python reads", async (name) => {
    using checkpoint = await openCheckpoint(dtypesOfFile, { mapping });
    const array = checkpoint.read(name);
    expect(array.shape).toEqual(expected[name].shape);
    if (array.dtype === "i64" || array.dtype === "u64") {
      expect(Array.from(array.data, String)).toEqual(expected[name].values);
    } else {
      expect(toValues(array)).toEqual(expected[name].values.map(pythonNumber));
    }
  });

  it.each(["f64", "f16", "bf16", "u8", "u16", "bool"])("%s converts to f32", async (name) => {
    using checkpoint = await openCheckpoint(dtypesOfFile, { mapping });
    const array = checkpoint.readAs(name, "f32");
    expect(array.dtype).toBe("f32");
    expect(toValues(array)).toEqual(expected[name].as_f32.map(pythonNumber));
  });

  it("reads the same bytes while they are prefetched, also closed at once", async () => {
    using checkpoint = await openCheckpoint(dtypesOfFile, { mapping });
    checkpoint.prefetch();
    expect(toValues(checkpoint.read("i32"))).toEqual([-(2 ** 31), 0, 1, 2 ** 31 - 1]);
    const other = await openCheckpoint(dtypesOfFile, { mapping });
    other.prefetch();
    other[Symbol.dispose]();
    other.prefetch();
  });

  it("finds the same bytes after release", async () => {
    using checkpoint = await openCheckpoint(dtypesOfFile, { mapping });
    const array = checkpoint.read("i32");
    checkpoint.release("i32");
    expect(toValues(array)).toEqual([-(2 ** 31), 0, 1, 2 ** 31 - 1]);
  });
});

it("rounds to half precision and bfloat16 as torch does", async () => {
  using checkpoint = await openCheckpoint(join(fixtures, "narrow.safetensors"));
  expect(checkpoint.readAs("x", "bf16").data).toEqual(checkpoint.read("bf16").data);
  expect(checkpoint.readAs("x", "f16").data).toEqual(checkpoint.read("f16").data);
  expect(checkpoint.readAs("f64", "f32").data).toEqual(checkpoint.read("third").data);
});

it("converts tensors longer than one chunk, and odd lengths", async () => {
  const file = join(temporaryFolder(), "x.safetensors");
  const length = 300_001;
  const bits = Uint16Array.from({ length }, (_, i) => i);
  await saveSafetensors(file, [{ name: "x", array: ndarray("bf16", [length], bits) }]);
  using checkpoint = await openCheckpoint(file);
  const out = checkpoint.readAs("x", "f32").data as Float32Array;
  const outBits = new Uint32Array(out.buffer, out.byteOffset, length);
  expect(outBits.every((value, i) => value === (i & 0xffff) * 65536)).toBe(true);
  const into = new Float32Array(length);
  expect(checkpoint.readAs("x", "f32", into).data).toBe(into);
  expect(Buffer.from(into.buffer).equals(Buffer.from(out.buffer, 0, out.byteLength))).toBe(true);
  expect(() => checkpoint.readAs("x", "f32", new Float32Array(3))).toThrow(/must hold 300001/);
});

it.each<[DType, number | bigint, DType, boolean]>([
  ["i64", 2n ** 53n, "f64", true],
  ["i64", 2n ** 53n + 1n, "f64", false],
  ["i32", 2 ** 24 + 1, "f32", false],
  ["i32", -128, "i8", true],
  ["i32", -129, "i8", false],
  ["i32", -1, "u64", false],
  ["f32", 3, "i64", true],
  ["f32", 0.5, "i64", false],
  ["f32", Number.NaN, "i32", false],
  ["u8", 2, "bool", false],
  ["bool", 1, "f16", true],
  ["i32", 2049, "f16", false],
  ["f32", 1e30, "f16", true], // floats round: to infinity here
])("%s %s as %s is exact: %s", async (from, value, to, allowed) => {
  const file = join(temporaryFolder(), "x.safetensors");
  await saveSafetensors(file, [{ name: "layers.0.w", array: fromValues(from, [2], [0, value]) }]);
  using checkpoint = await openCheckpoint(file);
  const convert = () => checkpoint.readAs("layers.0.w", to);
  if (allowed) expect(convert().data.length).toBe(2);
  else expect(convert).toThrow(/x\.safetensors: tensor "layers\.0\.w" does not fit .*element 1 is/);
});

it("writes the bytes that Python writes", async () => {
  using checkpoint = await openCheckpoint(dtypesOfFile);
  const file = join(temporaryFolder(), "again.safetensors");
  const tensors = [...checkpoint.names].reverse();
  await saveSafetensors(
    file,
    tensors.map((name) => ({ name, array: checkpoint.read(name) })),
  );
  expect(readFileSync(file).equals(readFileSync(dtypesOfFile))).toBe(true);
});

it("reads without a copy, and a write to the view stays out of the file", async () => {
  const file = join(temporaryFolder(), "x.safetensors");
  await saveSafetensors(file, [{ name: "x", array: fromValues("f32", [2], [1, 2]) }]);
  using checkpoint = await openCheckpoint(file);
  const view = checkpoint.read("x");
  view.data[0] = 9;
  // The same memory seen again, so it was not copied; the file keeps its value.
  expect(toValues(checkpoint.read("x"))).toEqual([9, 2]);
  using again = await openCheckpoint(file);
  expect(toValues(again.read("x"))).toEqual([1, 2]);
});

it("keeps views valid after the checkpoint is closed", async () => {
  const checkpoint = await openCheckpoint(dtypesOfFile);
  const array = checkpoint.read("i32");
  checkpoint[Symbol.dispose]();
  checkpoint[Symbol.dispose]();
  expect(toValues(array)[3]).toBe(2 ** 31 - 1);
  expect(() => checkpoint.read("i32")).toThrow(/was closed/);
});

it("copies a tensor whose file position does not suit its type", async () => {
  const header = '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32",'
    .concat('"shape":[1],"data_offsets":[1,5]}}')
    .padEnd(112);
  const data = Buffer.alloc(5);
  data.writeFloatLE(1.25, 1);
  using checkpoint = await openCheckpoint(writeRaw(header, data));
  expect(checkpoint.info("b").offset % 4).toBe(1);
  expect(toValues(checkpoint.read("b"))).toEqual([1.25]);
});

it("recognises dtypes that it cannot read", async () => {
  using checkpoint = await openCheckpoint(join(fixtures, "float8.safetensors"));
  expect(toValues(checkpoint.read("scale"))).toEqual([1]);
  expect(checkpoint.info("w")).toMatchObject({ dtype: "f32", encoding: "F8_E4M3" });
  const header = '{"w":{"dtype":"F8_E5M2","shape":[1],"data_offsets":[0,1]}}';
  using other = await openCheckpoint(writeRaw(header, Buffer.alloc(1)));
  expect(() => other.read("w")).toThrow(/tensor "w" has dtype F8_E5M2, which is not supported/);
});

it("names the closest tensors when one is missing", async () => {
  const file = join(temporaryFolder(), "x.safetensors");
  const names = ["model.layers.0.self_attn.q_proj.weight", "model.layers.0.mlp.up_proj.weight"];
  await saveSafetensors(
    file,
    names.map((name) => ({ name, array: zeros("f32", [1]) })),
  );
  using checkpoint = await openCheckpoint(file);
  expect(() => checkpoint.read("layers.0.self_attn.q_proj.weight")).toThrow(
    `${file}: no tensor "layers.0.self_attn.q_proj.weight" among 2; ` +
      "the closest names are model.layers.0.self_attn.q_proj.weight",
  );
});

it("refuses to read a file that shrank, instead of crashing", async () => {
  const file = join(temporaryFolder(), "x.safetensors");
  await saveSafetensors(file, [{ name: "x", array: zeros("f32", [100_000]) }]);
  using checkpoint = await openCheckpoint(file);
  truncateSync(file, 100);
  expect(() => checkpoint.read("x")).toThrow(/became shorter/);
  expect(() => checkpoint.readAs("x", "f64")).toThrow(/became shorter/);
});

it("survives a tensor larger than an array can be", async () => {
  // A sparse file: 6 GB that take no space.
  const size = 6e9;
  const header = JSON.stringify({
    big: { dtype: "U8", shape: [size], data_offsets: [0, size] },
    small: { dtype: "F32", shape: [2], data_offsets: [size, size + 8] },
  }).padEnd(160);
  const file = writeRaw(header);
  truncateSync(file, 168 + size + 8);
  using checkpoint = await openCheckpoint(file);
  expect(toValues(checkpoint.read("small"))).toEqual([0, 0]);
  const read = () => checkpoint.read("big").data.length;
  if (constants.MAX_LENGTH < size) expect(read).toThrow(/"big" takes 6000000000 bytes/);
  else expect(read()).toBe(size);
});

it("says what a folder without safetensors holds", async () => {
  const folder = temporaryFolder();
  await expect(openCheckpoint(folder)).rejects.toThrow(/holds no safetensors weights/);
  writeFileSync(join(folder, "pytorch_model.bin"), "");
  await expect(openCheckpoint(folder)).rejects.toThrow(/pytorch_model\.bin/);
  await expect(openCheckpoint(join(folder, "none"))).rejects.toThrow(/no such file or folder/);
});
