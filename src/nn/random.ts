/** A small seeded generator for the host side: initial values, shuffles, sampling. */

export interface Random {
  /** Uniform in [0, 1), 32 bits of it. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Uniform integer in [0, n). */
  below(n: number): number;
  /** The state, to save; `restore` continues from it. */
  readonly state: readonly [number, number, number, number];
  restore(state: readonly number[]): void;
}

/**
 * sfc32 (Chris Doty-Humphrey's small fast counter generator, PractRand), seeded by a hash of
 * `seed` and `stream`. Same arguments, same numbers, everywhere.
 */
export function createRandom(seed: number, stream = ""): Random {
  let [a, b, c, counter] = hash128(`${seed}/${stream}`);
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  const uniform = (): number => next() / 2 ** 32;
  return {
    uniform,
    normal() {
      // Box-Muller, one value a pair: no hidden state to save.
      const radius = Math.sqrt(-2 * Math.log((next() + 1) / (2 ** 32 + 1)));
      return radius * Math.cos(2 * Math.PI * uniform());
    },
    below: (n) => Math.floor(uniform() * n),
    get state(): readonly [number, number, number, number] {
      return [a, b, c, counter];
    },
    restore(state) {
      [a, b, c, counter] = state;
    },
  };
}

/** Four 32-bit words of FNV-1a with different offsets, finalised as in MurmurHash3. */
function hash128(text: string): [number, number, number, number] {
  const words = [0x811c9dc5, 0x9747b28c, 0x1b873593, 0xcc9e2d51].map((offset) => {
    let h = offset;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return h ^ (h >>> 16);
  });
  return [words[0], words[1], words[2], words[3]];
}

/**
 * Shuffles in place (Fisher and Yates) and returns what it was given.
 *
 * @param below a uniform integer in [0, n)
 */
export function shuffleBy<T>(items: T[], below: Random["below"]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [items[i], items[j]] = [items[j], items[i]];
  }
  return items;
}

/** One of the items, uniformly. */
export const pick = <T>(random: Random, items: readonly T[]): T =>
  items[random.below(items.length)];
