// Random choices over the library's seeded generator: a seed names one data set on every machine.
import { createRandom as createGenerator } from "../../src/nn/random.ts";

/** A deterministic source of random choices. */
export interface Random {
  /** A float in [0, 1). */
  next(): number;
  /** An integer in [low, high], both included. */
  int(low: number, high: number): number;
  /** True with probability p. */
  chance(p: number): boolean;
  /** One element, uniformly. */
  pick<T>(items: readonly T[]): T;
  /** `count` distinct elements in random order. */
  sample<T>(items: readonly T[], count: number): T[];
  /** An index, with probability proportional to its weight. */
  weighted(weights: readonly number[]): number;
}

/** 32-bit FNV-1a of a string's UTF-16 units, finished with a mixer (good low bits). */
export function hash32(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mix(h);
}

function mix(value: number): number {
  let z = value | 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}

/**
 * Makes a generator from a seed.
 * @example
 * createRandom("train/1").int(1, 6);
 */
export function createRandom(seed: string | number): Random {
  const { uniform: next } = createGenerator(0, String(seed));
  const int = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    int,
    chance: (p) => next() < p,
    pick: (items) => {
      if (items.length === 0) throw new Error("pick: expected at least one item to choose from");
      return items[int(0, items.length - 1)]!;
    },
    sample: (items, count) => {
      if (count > items.length)
        throw new Error(`sample: expected at most ${items.length} items, got ${count}`);
      const rest = [...items];
      return Array.from({ length: count }, () => rest.splice(int(0, rest.length - 1), 1)[0]!);
    },
    weighted: (weights) => {
      let left = next() * weights.reduce((sum, w) => sum + w, 0);
      for (let i = 0; i < weights.length; i++) {
        left -= weights[i]!;
        if (left < 0) return i;
      }
      return weights.length - 1;
    },
  };
}
