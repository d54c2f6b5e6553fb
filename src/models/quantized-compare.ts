/** How far a quantised model's predictions are from those in floats. */

export interface PredictionComparison {
  /** Predictions compared. */
  readonly tokens: number;
  /** Mean of KL(reference ‖ candidate), in nats. */
  readonly kl: number;
  /** The largest of them. */
  readonly maxKl: number;
  /** Share of predictions whose likeliest token is the same. */
  readonly agreement: number;
  readonly referencePerplexity: number;
  readonly perplexity: number;
  /** perplexity / referencePerplexity */
  readonly perplexityRatio: number;
}

export interface Comparison {
  /**
   * Adds the predictions of one text.
   *
   * @param reference f32 [targets, vocab], logits in floats
   * @param candidate f32 [targets, vocab]
   * @param targets the token that follows each
   */
  add(reference: Float32Array, candidate: Float32Array, targets: ArrayLike<number>): void;
  result(): PredictionComparison;
}

/** @param vocab size of a prediction */
export function createComparison(vocab: number): Comparison {
  let [tokens, kl, maxKl, agreed, referenceLoss, loss] = [0, 0, 0, 0, 0, 0];
  return {
    add(reference, candidate, targets) {
      for (let i = 0; i < targets.length; i++) {
        const p = reference.subarray(i * vocab, (i + 1) * vocab);
        const q = candidate.subarray(i * vocab, (i + 1) * vocab);
        const [a, b] = [summary(p), summary(q)];
        let divergence = 0;
        for (let k = 0; k < vocab; k++) {
          const logP = p[k]! - a.logSum;
          divergence += Math.exp(logP) * (logP - (q[k]! - b.logSum));
        }
        tokens++;
        kl += divergence;
        maxKl = Math.max(maxKl, divergence);
        if (a.top === b.top) agreed++;
        referenceLoss += a.logSum - p[targets[i]!]!;
        loss += b.logSum - q[targets[i]!]!;
      }
    },
    result() {
      if (tokens === 0) throw new Error("comparison: no predictions were added");
      return {
        tokens,
        kl: kl / tokens,
        maxKl,
        agreement: agreed / tokens,
        referencePerplexity: Math.exp(referenceLoss / tokens),
        perplexity: Math.exp(loss / tokens),
        perplexityRatio: Math.exp((loss - referenceLoss) / tokens),
      };
    },
  };
}

function summary(logits: Float32Array): { top: number; logSum: number } {
  let top = 0;
  for (let k = 1; k < logits.length; k++) if (logits[k]! > logits[top]!) top = k;
  let sum = 0;
  for (let k = 0; k < logits.length; k++) sum += Math.exp(logits[k]! - logits[top]!);
  return { top, logSum: logits[top]! + Math.log(sum) };
}
