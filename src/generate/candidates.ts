/**
 * From logits to the tokens that may follow, in transformers' order: repetition penalty, presence
 * and frequency penalties, temperature, top-k, top-p, min-p. Nothing is allocated per token.
 */

import { applyPresenceFrequency, applyRepetitionPenalty, type TokenHistory } from "./history.ts";
import { createHistograms, type Histograms, kthLargest, massThreshold } from "./order.ts";
import type { Sampling } from "./sampling.ts";

/** Up to this many candidates are sorted by insertion; more go through histograms. */
const FEW = 256;

/** The tokens that may follow, and the workspace in which they are found. */
export class Candidates {
  /** The first `count` are the candidates' ids. */
  readonly ids: Int32Array;
  /** Processed logits. */
  readonly values: Float32Array;
  /** exp(value - largest value). */
  readonly weights: Float64Array;
  count = 0;
  /** Penalised logits of the whole vocabulary. */
  readonly scores: Float32Array;
  readonly scoreBits: Int32Array;
  readonly valueBits: Int32Array;
  readonly histograms: Histograms = createHistograms();

  /** @param vocabSize ids from here on are never candidates */
  constructor(vocabSize: number) {
    this.ids = new Int32Array(vocabSize);
    this.values = new Float32Array(vocabSize);
    this.weights = new Float64Array(vocabSize);
    this.scores = new Float32Array(vocabSize);
    this.scoreBits = new Int32Array(this.scores.buffer);
    this.valueBits = new Int32Array(this.values.buffer);
  }
}

/** What changes the scores besides the settings. */
export interface Adjustments {
  readonly history?: TokenHistory | undefined;
  /** Ids never to choose. */
  readonly masked?: Int32Array | undefined;
  /** Added to the logits, before penalties. */
  readonly bias?: ReadonlyMap<number, number> | undefined;
  /** Bit i % 32 of word i >> 5: token i may be chosen; ids beyond it may not. */
  readonly allowed?: Uint32Array | undefined;
}

/** Copies logits into `scores`: biased, penalised, and -Infinity where not to be chosen. */
export function scoreTokens(
  logits: Float32Array,
  sampling: Sampling,
  { history, masked, bias, allowed }: Adjustments,
  out: Candidates,
): Float32Array {
  const { scores } = out;
  scores.set(logits.length === scores.length ? logits : logits.subarray(0, scores.length));
  if (bias) for (const [id, x] of bias) if (id < scores.length) scores[id]! += x;
  if (history) {
    applyRepetitionPenalty(scores, history, sampling.repetitionPenalty);
    applyPresenceFrequency(scores, history, sampling.presencePenalty, sampling.frequencyPenalty);
  }
  if (masked) for (let i = 0; i < masked.length; i++) scores[masked[i]!] = -Infinity;
  if (allowed) restrict(scores, allowed);
  return scores;
}

/** @throws Error where no token is left */
function restrict(scores: Float32Array, allowed: Uint32Array): void {
  let isAny = false;
  for (let start = 0; start < scores.length; start += 32) {
    const word = allowed[start >> 5] ?? 0;
    if (word !== 0) isAny = true;
    if (word === 0xffff_ffff) continue;
    const end = Math.min(start + 32, scores.length);
    if (word === 0) scores.fill(-Infinity, start, end);
    else for (let i = start; i < end; i++) if (!((word >>> (i & 31)) & 1)) scores[i] = -Infinity;
  }
  if (!isAny)
    throw new Error("the constraint allows no token here, not even one that ends the text");
}

/** The first of the largest of the first `n`. @throws Error where there is no finite largest */
export function argmax(scores: Float32Array, n = scores.length): number {
  let best = -1;
  let most = -Infinity;
  for (let i = 0; i < n; i++) {
    const x = scores[i]!;
    if (x <= most) continue; // one comparison for nearly all, and NaN gets past it
    if (Number.isNaN(x)) throw notFinite("NaN");
    most = x;
    best = i;
  }
  if (best < 0 || most === Infinity) throw notFinite(String(most));
  return best;
}

const notFinite = (found: string): Error =>
  new Error(
    `the model's logits hold ${found}: its weights are damaged, or a computation overflowed`,
  );

/** Fills `out` with what may follow. `sampling.temperature` is above 0. */
export function findCandidates(
  logits: Float32Array,
  sampling: Sampling,
  adjustments: Adjustments,
  out: Candidates,
): void {
  const { temperature, topK, topP, minP } = sampling;
  const scores = scoreTokens(logits, sampling, adjustments, out);
  heat(scores, temperature);
  collect(out, topK);
  weigh(out);
  if (topP < 1) keepTopP(out, topP);
  if (minP > 0) retain(out, -Infinity, 0, minP);
}

/**
 * `findCandidates` at temperature 1 where nothing changes or cuts the logits: weights of all tokens
 * in two passes, without `values`.
 *
 * @returns log sum exp of their logits
 */
export function weighAll(logits: Float32Array, out: Candidates): number {
  const { ids, weights } = out;
  const most = logits[argmax(logits, ids.length)]!;
  let total = 0;
  for (let i = 0; i < ids.length; i++) {
    const weight = Math.exp(logits[i]! - most);
    ids[i] = i;
    weights[i] = weight;
    total += weight;
  }
  out.count = ids.length;
  return most + Math.log(total);
}

/** Divides by the temperature. @throws Error where there is no finite largest score */
function heat(scores: Float32Array, temperature: number): void {
  const t = Math.fround(temperature);
  let most = -Infinity;
  for (let i = 0; i < scores.length; i++) {
    const x = scores[i]! / t;
    scores[i] = x;
    if (x <= most) continue;
    if (Number.isNaN(x)) throw notFinite("NaN");
    most = x;
  }
  if (Math.abs(most) === Infinity) throw notFinite(String(most));
}

/** All tokens, or those not below the k-th largest score. */
function collect(out: Candidates, topK: number): void {
  const { scores, scoreBits, ids, values, histograms } = out;
  const n = scores.length;
  const isCut = topK > 0 && topK < n;
  const least = isCut ? kthLargest(scoreBits, n, topK, histograms) : -Infinity;
  let count = 0;
  for (let i = 0; i < n; i++) {
    const x = scores[i]!;
    if (x < least || x === -Infinity) continue;
    ids[count] = i;
    values[count++] = x + 0; // -0 becomes 0: the bits of equal values must be equal
  }
  out.count = count;
}

function weigh(out: Candidates): void {
  const { values, weights, count } = out;
  let most = -Infinity;
  for (let i = 0; i < count; i++) if (values[i]! > most) most = values[i]!;
  for (let i = 0; i < count; i++) weights[i] = Math.exp(values[i]! - most);
}

/**
 * Keeps a token while those above it have less than `p` of the probability. Of equal tokens at
 * the border those of higher id stay, as the reference's ascending stable sort has it.
 */
function keepTopP(out: Candidates, p: number): void {
  const { weights, values, count } = out;
  let total = 0;
  for (let i = 0; i < count; i++) total += weights[i]!;
  const target = p * total;
  if (count <= FEW) {
    sortDescending(out);
    let above = weights[0]!;
    let kept = 1;
    while (kept < count && above < target) above += weights[kept++]!;
    out.count = kept;
    return;
  }
  const { value, above } = massThreshold(out.valueBits, weights, count, target, out.histograms);
  let ties = 0;
  let weight = 0;
  for (let i = 0; i < count; i++) {
    if (values[i] !== value) continue;
    ties++;
    weight = weights[i]!;
  }
  const wanted = Math.min(ties, Math.max(1, Math.ceil((target - above) / weight)));
  const skipped = Number.isFinite(wanted) ? ties - wanted : 0;
  retain(out, value, skipped, 0);
}

/** Compacts in place: values above `least` (of equal ones all but the first few), by weight. */
function retain(out: Candidates, least: number, skippedTies: number, leastWeight: number): void {
  const { ids, values, weights } = out;
  let skipped = skippedTies;
  let kept = 0;
  for (let i = 0; i < out.count; i++) {
    const value = values[i]!;
    if (value < least || weights[i]! < leastWeight) continue;
    if (value === least && skipped-- > 0) continue;
    ids[kept] = ids[i]!;
    values[kept] = value;
    weights[kept++] = weights[i]!;
  }
  out.count = kept;
}

/** Largest value first; of equal ones the higher id. Insertion: for few candidates. */
function sortDescending({ ids, values, weights, count }: Candidates): void {
  for (let i = 1; i < count; i++) {
    const id = ids[i]!;
    const value = values[i]!;
    const weight = weights[i]!;
    let j = i - 1;
    for (; j >= 0 && (values[j]! < value || (values[j] === value && ids[j]! < id)); j--) {
      ids[j + 1] = ids[j]!;
      values[j + 1] = values[j]!;
      weights[j + 1] = weights[j]!;
    }
    ids[j + 1] = id;
    values[j + 1] = value;
    weights[j + 1] = weight;
  }
}
