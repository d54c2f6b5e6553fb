/**
 * Writes test/fixtures/text/trained-tokenizer.json: a vocabulary trained by onefold, which
 * reference/tokenizer_goldens.py then loads into the Rust library.
 * Command: npx tsx reference/train_fixture.ts
 */

import { readFileSync, writeFileSync } from "node:fs";
import { trainBpe } from "../src/media/text/index.ts";

const folder = new URL("../test/fixtures/text/", import.meta.url);
const strings = JSON.parse(readFileSync(new URL("strings.json", folder), "utf8")) as string[];
const json = trainBpe(strings, {
  vocabSize: 900,
  specialTokens: ["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
});
writeFileSync(new URL("trained-tokenizer.json", folder), `${JSON.stringify(json)}\n`);
