/** Files of torch.save: what is read of them, and that hostile ones get a sentence and nothing else. */

import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/index.ts";
import { createRandom } from "../../../src/nn/random.ts";

const real = join(import.meta.dirname, "../../fixtures/ofa/hf/pytorch_model.bin");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onefold-torch-"));
});
afterAll(() => rm(folder, { recursive: true }));

const ascii = (text: string): number[] => [...Buffer.from(text)];
/** X and a length: text. */
const text = (value: string): number[] => [0x58, value.length, 0, 0, 0, ...ascii(value)];
const global = (module: string, name: string): number[] => ascii(`c${module}\n${name}\n`);
const int = (value: number): number[] => [0x4a, ...new Uint8Array(new Int32Array([value]).buffer)];
const tuple = (...items: number[][]): number[] => [0x28, ...items.flat(), 0x74];

interface TensorParts {
  readonly storage?: string;
  readonly key?: string;
  readonly length?: number;
  readonly offset?: number;
  readonly shape?: readonly number[];
  readonly strides?: readonly number[];
}

function tensor(parts: TensorParts = {}): number[] {
  const { storage = "FloatStorage", key = "0", length = 6, offset = 0 } = parts;
  const { shape = [2, 3], strides = [3, 1] } = parts;
  const id = tuple(text("storage"), global("torch", storage), text(key), text("cpu"), int(length));
  const hooks = [...global("collections", "OrderedDict"), ...tuple(), 0x52];
  return [
    ...global("torch._utils", "_rebuild_tensor_v2"),
    ...tuple(
      [...id, 0x51],
      int(offset),
      tuple(...shape.map(int)),
      tuple(...strides.map(int)),
      [0x89],
      hooks,
    ),
    0x52,
  ];
}

/** A pickle of a dict. */
const pickle = (entries: Readonly<Record<string, number[]>>): number[] => [
  ...[0x80, 2, 0x7d, 0x28],
  ...Object.entries(entries).flatMap(([key, value]) => [...text(key), ...value]),
  ...[0x75, 0x2e],
];

interface ZipOptions {
  readonly compress?: boolean;
  readonly byteOrder?: string;
}

/** A zip archive with a pickle and one storage of 0 to 5. */
function archive(
  data: readonly number[],
  { compress = false, byteOrder }: ZipOptions = {},
): Buffer {
  const files: [string, Buffer][] = [
    ["m/data.pkl", Buffer.from(data)],
    ["m/data/0", Buffer.from(new Float32Array([0, 1, 2, 3, 4, 5]).buffer)],
  ];
  if (byteOrder) files.push(["m/byteorder", Buffer.from(byteOrder)]);
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, content] of files) {
    const stored = compress ? deflateRawSync(content) : content;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(compress ? 8 : 0, 10);
    central.writeUInt32LE(stored.length, 20);
    central.writeUInt32LE(content.length, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(at, 42);
    directory.push(central, Buffer.from(name));
    parts.push(local, Buffer.from(name), stored);
    at += 30 + name.length + stored.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, listed, end]);
}

let count = 0;
async function open(bytes: Uint8Array) {
  const file = join(folder, `${count++}.bin`);
  await writeFile(file, bytes);
  return openCheckpoint(file);
}

it("reads tensors as views of the file", async () => {
  const second = tensor({ offset: 2, shape: [1, 4], strides: [9, 1] });
  using checkpoint = await open(archive(pickle({ a: tensor(), b: second })));
  expect(checkpoint.names).toEqual(["a", "b"]);
  expect(checkpoint.read("a").shape).toEqual([2, 3]);
  expect(Array.from(checkpoint.readAs("b", "f32").data, Number)).toEqual([2, 3, 4, 5]);
});

it("reads what torch wrote, tied tensors from one place", async () => {
  using checkpoint = await openCheckpoint(real);
  const table = checkpoint.info("encoder.embed_tokens.weight");
  expect(table.shape).toEqual([24, 16]);
  expect(checkpoint.info("decoder.output_projection.weight").offset).toBe(table.offset);
  expect(checkpoint.info("encoder.token_rp_bucket").dtype).toBe("i64");
});

it("passes over what stands beside the model, and calls none of it", async () => {
  const model = pickle({ a: tensor() }).slice(2, -1);
  const settings = [...global("os", "system"), ...tuple(text("false")), 0x52, 0x7d, 0x62];
  using checkpoint = await open(archive(pickle({ cfg: settings, model })));
  expect(checkpoint.names).toEqual(["a"]);
});

const system = [...global("os", "system"), ...tuple(text("false")), 0x52];
it.each<[string, Buffer, RegExp]>([
  ["a call", archive(pickle({ a: system })), /tensor "a" is an object of "os\.system"/],
  ["nothing but a call", archive([0x80, 2, ...system, 0x2e]), /holds an object of "os\.system"/],
  ["a number", archive(pickle({ a: int(3) })), /tensor "a" is 3, which is not read/],
  [
    "an unknown storage",
    archive(pickle({ a: tensor({ storage: "QInt8Storage" }) })),
    /QInt8Storage/,
  ],
  ["a missing storage", archive(pickle({ a: tensor({ key: "7" }) })), /storage "7"/],
  [
    "a storage too short",
    archive(pickle({ a: tensor({ length: 8 }) })),
    /does not fit its storage/,
  ],
  ["an offset outside", archive(pickle({ a: tensor({ offset: 1 }) })), /does not fit its storage/],
  ["a negative size", archive(pickle({ a: tensor({ shape: [-2, 3] }) })), /no counts/],
  ["a huge size", archive(pickle({ a: tensor({ shape: [2 ** 30, 2 ** 30] }) })), /does not fit/],
  ["transposed", archive(pickle({ a: tensor({ strides: [1, 2] }) })), /contiguous\(\)/],
  ["compression", archive(pickle({ a: tensor() }), { compress: true }), /is compressed/],
  ["big endian", archive(pickle({ a: tensor() }), { byteOrder: "big" }), /byte order "big"/],
  ["an unknown opcode", archive([0x80, 2, 0xff]), /opcode 0xff at byte 2/],
  ["a pickle cut off", archive(pickle({ a: tensor() }).slice(0, -3)), /ends within/],
  ["the old format", Buffer.from([0x80, 2, 0x8a, 10, 0x6c, 0xfc]), /before 1\.6.*convert it/],
  ["another kind of file", Buffer.from("hello"), /found another kind of file/],
  ["no directory", Buffer.from("PK\u0003\u0004 and no more than that"), /no directory/],
  ["an empty file", Buffer.alloc(0), /another kind of file/],
])("refuses %s in one sentence", async (_, bytes, message) => {
  await expect(open(bytes)).rejects.toThrow(message);
});

it("survives cut and changed files: each opens or is refused by name", async () => {
  const whole = readFileSync(real);
  const small = archive(
    pickle({ a: tensor(), b: tensor({ offset: 2, shape: [4], strides: [1] }) }),
  );
  const random = createRandom(1, "mutations");
  let refused = 0;
  const attempt = async (bytes: Uint8Array): Promise<void> => {
    const file = join(folder, "mutated.bin");
    await writeFile(file, bytes);
    try {
      using checkpoint = await openCheckpoint(file);
      for (const name of checkpoint.names) checkpoint.read(name);
    } catch (error) {
      refused++;
      expect((error as Error).message.startsWith(file), (error as Error).stack).toBe(true);
    }
  };
  for (let length = 0; length < small.length; length += 3) await attempt(small.subarray(0, length));
  for (let i = 0; i < 600; i++) {
    const bytes = Buffer.from(i % 30 === 0 ? whole : small);
    const changes = 1 + Math.floor(random.uniform() * 4);
    for (let c = 0; c < changes; c++) {
      bytes[Math.floor(random.uniform() * bytes.length)] = Math.floor(random.uniform() * 256);
    }
    await attempt(bytes);
  }
  expect(refused).toBeGreaterThan(300);
});
