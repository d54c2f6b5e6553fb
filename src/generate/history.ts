/** Which tokens occurred, for the penalties. */

/** Counts by token id; adding a token allocates nothing. */
export class TokenHistory {
  /** How often each id was generated, [vocab]. */
  readonly counts: Int32Array;
  readonly #isKnown: Uint8Array; // [vocab]
  readonly #ids: Int32Array; // [vocab], the first `#distinct` are set
  #distinct = 0;

  constructor(vocabSize: number) {
    this.counts = new Int32Array(vocabSize);
    this.#isKnown = new Uint8Array(vocabSize);
    this.#ids = new Int32Array(vocabSize);
  }

  /** Number of different ids seen, in prompt or answer. */
  get distinct(): number {
    return this.#distinct;
  }

  /** The i-th different id. */
  idAt(i: number): number {
    return this.#ids[i]!;
  }

  addPrompt(ids: ArrayLike<number>): void {
    for (let i = 0; i < ids.length; i++) this.#see(ids[i]!);
  }

  addGenerated(id: number): void {
    this.#see(id);
    this.counts[id]!++;
  }

  #see(id: number): void {
    if (this.#isKnown[id] === 1) return;
    this.#isKnown[id] = 1;
    this.#ids[this.#distinct++] = id;
  }
}

/**
 * Logits of every token seen move away from being chosen: divided by the penalty where positive,
 * multiplied where negative (Keskar et al., CTRL, 2019). In place.
 */
export function applyRepetitionPenalty(
  logits: Float32Array,
  history: TokenHistory,
  penalty: number,
): void {
  if (penalty === 1) return;
  const p = Math.fround(penalty);
  for (let i = 0; i < history.distinct; i++) {
    const id = history.idAt(i);
    const x = logits[id]!;
    logits[id] = x < 0 ? x * p : x / p;
  }
}

/** `logit -= frequency * count + presence * (count > 0)` over generated tokens. In place. */
export function applyPresenceFrequency(
  logits: Float32Array,
  history: TokenHistory,
  presence: number,
  frequency: number,
): void {
  if (presence === 0 && frequency === 0) return;
  const { fround } = Math;
  for (let i = 0; i < history.distinct; i++) {
    const id = history.idAt(i);
    const count = history.counts[id]!;
    if (count === 0) continue;
    // Rounded as the reference's f32 arithmetic rounds it.
    const lessFrequent = fround(logits[id]! - fround(fround(frequency) * count));
    logits[id] = lessFrequent - fround(presence);
  }
}
