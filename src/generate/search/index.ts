/** Decoding over a task's network: greedy and beam search, constraints, candidates, samples. */

export type { Hypothesis } from "./beam-rows.ts";
export { type BeamSearchOptions, beamSearch } from "./beam-search.ts";
export { greedySearch } from "./greedy-search.ts";
export { type BoxModeOptions, boxMode, onlyBlock, type TokenBlock } from "./ranges.ts";
export { type SampleOptions, sampleSentences } from "./sample-sentences.ts";
export { type ScoredCandidates, scoreCandidates } from "./score-candidates.ts";
export type { SearchConstraint, TokenRanges } from "./search-constraint.ts";
export type { SearchOptions } from "./search-options.ts";
export type { SearchStart, TargetSession } from "./target-session.ts";
export { Trie, type TrieNode, type TrieOptions } from "./trie.ts";
