import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { findDuplicateKey } from "../../src/checkpoint/duplicate-keys.ts";
import { readJson, readJsonObject } from "../../src/checkpoint/index.ts";
import { findJsonError } from "../../src/checkpoint/json-position.ts";
import { temporaryFolder } from "./support.ts";

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

it("agrees with JSON.parse on what is JSON", () => {
  const token = fc.constantFrom(
    ..."{}[],: \n".split(""),
    '"a"',
    '"\\u00e9"',
    '"\\x"',
    "1",
    "01",
    "-",
    "2.5e-3",
    "true",
    "null",
    "nul",
    '"',
  );
  const texts = fc.oneof(
    fc.json(),
    fc.array(token, { maxLength: 8 }).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(texts, (text) => (findJsonError(text) === undefined) === isJson(text)),
    { numRuns: 5000 },
  );
});

it.each([
  ['{\n  "a": 1,\n  "b": }\n', 'invalid JSON at line 3, column 8: unexpected "}"'],
  ['{"a": [1, 2', "invalid JSON at line 1, column 12: unexpected the end of the text"],
  ["{} x", 'invalid JSON at line 1, column 4: unexpected "x"'],
  ["", "invalid JSON at line 1, column 1: unexpected the end of the text"],
])("names the place in %j", async (text, message) => {
  const file = join(temporaryFolder(), "config.json");
  writeFileSync(file, text);
  await expect(readJson(file)).rejects.toThrow(`${file}: ${message}`);
});

it("reads an object and refuses other values, missing files and large ones", async () => {
  const file = join(temporaryFolder(), "config.json");
  writeFileSync(file, '\ufeff{"vocab_size": 7}');
  expect(await readJsonObject(file)).toEqual({ vocab_size: 7 });
  await expect(readJson(file, { maxBytes: 5 })).rejects.toThrow(`${file}: 20 bytes is too large`);
  writeFileSync(file, "[1]");
  await expect(readJsonObject(file)).rejects.toThrow(`${file}: expected a JSON object at the top`);
  await expect(readJson(`${file}x`)).rejects.toThrow(`${file}x: no such file or folder (ENOENT)`);
});

it.each([
  ['{"a":1,"b":{"a":2}}', undefined],
  ['{"a":1,"b":[{"a":2},{"a":3}]}', undefined],
  ['{"a":"b","b":"a"}', undefined],
  ['{"a":1,"\\u0061":2}', "a"],
  ['{"x":{"k":1,"j":[{}],"k":2}}', "k"],
  ['{"a\\"b":1, "a\\"b" :2}', 'a"b'],
])("finds the duplicate key of %s", (text, key) => {
  expect(findDuplicateKey(Buffer.from(text))).toBe(key);
});
