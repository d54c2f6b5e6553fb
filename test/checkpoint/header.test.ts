import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/index.ts";
import { temporaryFolder, writeRaw } from "./support.ts";

const tensor = (fields: string): string => `{"t":{"dtype":"F32",${fields}}}`;
const four = new Uint8Array(4);

it.each<[string, RegExp, string | Uint8Array, Uint8Array?, bigint?]>([
  ["a truncated file", /claims 100 bytes but the file has 2/, "{}", undefined, 100n],
  ["an absurd header length", /over the format's limit of 100000000/, "{}", undefined, 2n ** 63n],
  ["another kind of file", /must start with "{"/, "PK\u0003\u0004zip"],
  ["an empty header", /must start with "{"/, ""],
  ["broken JSON", /invalid JSON at line 1, column 7/, '{"t": }'],
  ["JSON that ends early", /invalid JSON/, '{"t": {'],
  ["bad UTF-8", /not valid UTF-8/, Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)],
  ["a tensor that is a list", /tensor "t" must be described by a JSON object/, '{"t":[1]}'],
  ["no dtype", /dtype must be a string, found nothing/, '{"t":{"shape":[]}}'],
  [
    "an unknown dtype",
    /unknown dtype "F33"/,
    '{"t":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}',
    four,
  ],
  ["a negative size", /shape must hold/, tensor('"shape":[-1],"data_offsets":[0,4]'), four],
  ["a fractional size", /shape must hold/, tensor('"shape":[1.5],"data_offsets":[0,4]'), four],
  ["a huge size", /shape must hold/, tensor('"shape":[1e300],"data_offsets":[0,4]'), four],
  [
    "a product that overflows",
    /need \d+ bytes but data_offsets span 4/,
    tensor('"shape":[9007199254740991,9007199254740991],"data_offsets":[0,4]'),
    four,
  ],
  ["a shape that lies", /need 8 bytes/, tensor('"shape":[2],"data_offsets":[0,4]'), four],
  ["offsets backwards", /do not lie within/, tensor('"shape":[1],"data_offsets":[4,0]'), four],
  ["offsets outside", /do not lie within/, tensor('"shape":[2],"data_offsets":[0,8]'), four],
  ["three offsets", /must be \[begin, end\]/, tensor('"shape":[1],"data_offsets":[0,4,4]'), four],
  ["a rest", /tensors end at byte/, tensor('"shape":[1],"data_offsets":[0,4]'), new Uint8Array(9)],
  [
    "a hole at the start",
    /leaves a hole after the header/,
    tensor('"shape":[1],"data_offsets":[4,8]'),
    new Uint8Array(8),
  ],
  [
    "an overlap",
    /tensor "b" at byte \d+ overlaps tensor "a"/,
    '{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],' +
      '"data_offsets":[2,4]}}',
    four,
  ],
  [
    "a tensor twice",
    /has the key "t" twice/,
    '{"t":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"\\u0074":{"dtype":"U8","shape":[4],' +
      '"data_offsets":[0,4]}}',
    four,
  ],
  ["metadata that is not text", /__metadata__ "a" must be a string/, '{"__metadata__":{"a":1}}'],
])("refuses %s", async (_, message, header, data, claimed) => {
  const file = writeRaw(header, data, claimed);
  const error: unknown = await openCheckpoint(file).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  const text = (error as Error).message;
  expect(text).toMatch(message);
  expect(text).toContain(file);
  expect(text).not.toContain("\n");
});

it.each([0, 1, 7])("refuses a file of %i bytes", async (size) => {
  const file = join(temporaryFolder(), "model.safetensors");
  writeFileSync(file, new Uint8Array(size));
  await expect(openCheckpoint(file)).rejects.toThrow(/too short for a safetensors file/);
});

it("treats names of JavaScript's own properties as any other", async () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
  const entries = names.map(
    (name, i) => `"${name}":{"dtype":"U8","shape":[1],"data_offsets":[${i},${i + 1}]}`,
  );
  using checkpoint = await openCheckpoint(
    writeRaw(`{${entries.join(",")}}`, Uint8Array.of(1, 2, 3, 4)),
  );
  expect(checkpoint.names).toEqual(names);
  expect(names.map((name) => checkpoint.read(name).data[0])).toEqual([1, 2, 3, 4]);
  expect(checkpoint.has("valueOf")).toBe(false);
});

it("reads a file without tensors", async () => {
  using checkpoint = await openCheckpoint(writeRaw('{"__metadata__":{"format":"pt"}}'));
  expect(checkpoint.names).toEqual([]);
  expect(checkpoint.metadata.get("format")).toBe("pt");
});
