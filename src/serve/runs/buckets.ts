/** Metrics of many steps as few rows: neighbours join, and what they spanned stays known. */

export interface Bucket {
  /** Lines of the file that it stands for. */
  readonly lines: number;
  /** The last of its steps. */
  readonly step: number;
  /** Tokens and seconds of all its steps. */
  readonly tokens: number;
  readonly seconds: number;
  readonly values: ReadonlyMap<string, Spread>;
}

export interface Spread {
  readonly count: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

function joinBuckets(a: Bucket, b: Bucket): Bucket {
  const values = new Map(a.values);
  for (const [name, next] of b.values) {
    const known = values.get(name);
    values.set(name, known ? joinSpreads(known, next) : next);
  }
  return {
    lines: a.lines + b.lines,
    step: b.step,
    tokens: a.tokens + b.tokens,
    seconds: a.seconds + b.seconds,
    values,
  };
}

function joinSpreads(a: Spread, b: Spread): Spread {
  const count = a.count + b.count;
  return {
    count,
    mean: a.mean + ((b.mean - a.mean) * b.count) / count,
    low: Math.min(a.low, b.low),
    high: Math.max(a.high, b.high),
  };
}

/**
 * A growing list that never has more than `limit` buckets, whatever is added. The newest stays as
 * it was added: what a run ended with is told exactly.
 */
export class BucketList {
  readonly #limit: number;
  #joined: Bucket[] = [];
  #newest: Bucket | undefined;
  /** Neighbours join up to so many lines. */
  #size = 1;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** In order. */
  get buckets(): readonly Bucket[] {
    return this.#newest ? [...this.#joined, this.#newest] : [];
  }

  add(bucket: Bucket): void {
    if (this.#newest) this.#append(this.#newest);
    this.#newest = bucket;
    while (this.#joined.length >= this.#limit) {
      this.#size *= 2;
      const all = this.#joined;
      this.#joined = [];
      for (const each of all) this.#append(each);
    }
  }

  #append(bucket: Bucket): void {
    const last = this.#joined[this.#joined.length - 1];
    if (last && last.lines + bucket.lines <= this.#size) {
      this.#joined[this.#joined.length - 1] = joinBuckets(last, bucket);
    } else this.#joined.push(bucket);
  }
}
