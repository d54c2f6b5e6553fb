/** Tables that take longer to make than to use once. */

/** `make`, whose last `most` results are kept by `key`. */
export function keepRecent<A, V>(
  most: number,
  key: (argument: A) => string,
  make: (argument: A) => V,
): (argument: A) => V {
  const kept = new Map<string, V>(); // the newest last
  return (argument) => {
    const name = key(argument);
    const value = kept.has(name) ? kept.get(name)! : make(argument);
    kept.delete(name);
    kept.set(name, value);
    if (kept.size > most) kept.delete(kept.keys().next().value!);
    return value;
  };
}
