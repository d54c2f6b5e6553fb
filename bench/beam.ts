/**
 * What a search itself costs a token, with OFA's vocabulary: a session that computes nothing gives
 * scores that were drawn before. A network's own time comes on top, and for five rows more of it.
 * Command: npx tsx bench/beam.ts
 */

import {
  beamSearch,
  greedySearch,
  onlyBlock,
  type SearchStart,
  sampleSentences,
  Trie,
} from "../src/generate/index.ts";
import { createRandom } from "../src/nn/random.ts";
import { interleave, machine } from "./support.ts";

const VOCAB = 59_457;
const LENGTH = 64;
const ROWS = 5;
const ROUNDS = 9;
const random = createRandom(1, "bench");
const drawn = Array.from({ length: 8 }, () =>
  Float32Array.from({ length: ROWS * VOCAB }, () => 3 * random.normal()),
);

function start(): SearchStart {
  let rows = 1;
  let steps = 0;
  const session = {
    vocabSize: VOCAB,
    get rows() {
      return rows;
    },
    async step() {
      return drawn[steps++ % drawn.length]!.subarray(0, rows * VOCAB);
    },
    async reorder(from: readonly number[]) {
      rows = from.length;
    },
  };
  return { session, scores: drawn[0]!.subarray(0, VOCAB) };
}

const rules = { eos: 2, minLength: LENGTH, maxLength: LENGTH };
const answers = Array.from({ length: 3129 }, () =>
  Array.from({ length: LENGTH }, (_, i) => 4 + random.below(i < 3 ? 40 : 50_000)),
);
const trie = new Trie(answers, { eos: 2 });
const zeroShot = new Trie(answers, { eos: 2, normalizeOver: "vocabulary" });
const codes = onlyBlock({ first: 50_265, end: 58_457 }, 2);

const subjects: Record<string, () => Promise<unknown>> = {
  greedy: () => greedySearch(start(), rules),
  "beam 5": () => beamSearch(start(), { ...rules, beam: 5 }),
  "beam 5, n-grams of 3": () => beamSearch(start(), { ...rules, beam: 5, noRepeatNgram: 3 }),
  "beam 5, 3129 answers": () => beamSearch(start(), { ...rules, beam: 5, constraint: trie }),
  "beam 5, 3129 answers, whole softmax": () =>
    beamSearch(start(), { ...rules, beam: 5, constraint: zeroShot }),
  "5 samples, top-k 256 of 8192 codes": () =>
    sampleSentences(start(), { ...rules, count: 5, topK: 256, constraint: codes }),
};

const { cpu, node, load } = machine();
console.log(`${cpu}, Node ${node}, load ${load.toFixed(2)}; vocabulary ${VOCAB}, ms a token`);
const runs = Object.values(subjects).map((run) => async () => {
  await run();
});
const times = await interleave(runs, ROUNDS);
for (const [i, name] of Object.keys(subjects).entries()) {
  const { best, median } = times[i]!;
  const a = (ms: number): string => (ms / (LENGTH + 1)).toFixed(3).padStart(8);
  console.log(`${name.padEnd(38)}${a(best)} best${a(median)} median`);
}
