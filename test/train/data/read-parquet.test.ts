/** Parquet as pyarrow writes it (reference/parquet_rows.py), and files that are damaged. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as zlib from "node:zlib";
import { expect, it } from "vitest";
import { temporaryFolder } from "../support.ts";
import { readAll } from "./records.ts";

const folder = join(import.meta.dirname, "../../fixtures/train/parquet");
const rows = JSON.parse(readFileSync(join(folder, "rows.json"), "utf8"));
const expected = rows.map(({ id, messages, weight = 1 }: Record<string, unknown>, i: number) => ({
  kind: "messages",
  line: i + 1,
  id: String(id),
  weight,
  // A call without a content has the empty one.
  messages: (messages as object[]).map((message) => ({ content: "", ...message })),
}));

const codecs = [
  "none",
  "snappy",
  "gzip",
  "brotli",
  ...("zstdDecompressSync" in zlib ? ["zstd"] : []),
];

it.each(codecs)("reads nested messages, compressed by %s, in several row groups", async (codec) => {
  const { records, problems } = await readAll([join(folder, `chat-${codec}.parquet`)]);
  expect(problems).toEqual([]);
  expect(records.map(({ file: _, ...rest }) => rest)).toEqual(expected);
});

it("reads raw text", async () => {
  const { records } = await readAll([join(folder, "text.parquet")]);
  expect(records.map((r) => r.kind === "text" && r.text)).toEqual(["one", "two", "three"]);
  const { problems } = await readAll([join(folder, "text.parquet")], { maxRowBytes: 3 });
  expect(problems).toMatchObject([{ rule: "length", line: 3 }]);
});

it("refuses text that is not UTF-8 instead of replacing it", async () => {
  const { records, problems } = await readAll([join(folder, "invalid-utf8.parquet")]);
  expect(problems).toMatchObject([{ rule: "encoding", line: 2, field: "text" }]);
  expect(records.map(({ line }) => line)).toEqual([1, 3]);
});

it("refuses damaged files in a sentence, however they are damaged", async () => {
  const whole = readFileSync(join(folder, "chat-snappy.parquet"));
  const directory = temporaryFolder();
  const check = async (name: string, bytes: Uint8Array) => {
    const file = join(directory, name);
    writeFileSync(file, bytes);
    const { records, problems } = await readAll([file]);
    for (const { found } of problems) expect(found).not.toContain("\n");
    return { records, problems };
  };
  const text = await check("text.parquet", Buffer.from("not parquet at all, but text"));
  expect(text.problems).toMatchObject([{ rule: "parquet", line: 0 }]);
  expect(text.problems[0].found).toMatch(/^is not a Parquet file: /);
  for (const length of [0, 3, 11, whole.length >> 1, whole.length - 1]) {
    const { problems } = await check(`cut-${length}.parquet`, whole.subarray(0, length));
    expect(problems[0].rule).toBe("parquet");
  }
  // A byte at a time: either still readable, or told.
  for (let at = 4; at < whole.length; at += 37) {
    const bytes = Uint8Array.from(whole);
    bytes[at] ^= 0xff;
    const { records, problems } = await check("flipped.parquet", bytes);
    expect(records.length === rows.length || problems.length > 0).toBe(true);
  }
});
