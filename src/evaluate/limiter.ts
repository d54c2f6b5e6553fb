/** At most so many at a time, in the order they came. */

export type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

/** @param most how many run at a time */
export function createLimiter(most: number): Limiter {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < most) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve)); // takes over a place
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
