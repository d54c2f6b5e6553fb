/** Decoding over a task's network: greedy and beam search, constraints, candidates, samples. */

export type { Hypothesis } from "./beam-rows.ts";
export { type BeamSearchOptions, beamSearch } from "./beam-search.ts";
export { greedySearch } from "./greedy-search.ts";
export type { SearchConstraint, TokenRanges } from "./search-constraint.ts";
export type { SearchOptions } from "./search-options.ts";
export type { SearchStart, TargetSession } from "./target-session.ts";
