/** Tells how long the engine's runs take, whoever asks for them. */

import { NativeBoundRun } from "../../src/runtime/native/bound.ts";
import { NativeSession } from "../../src/runtime/native/session.ts";

/** From here on, `tell` gets the milliseconds of each run. */
export function watchRuns(tell: (ms: number) => void): void {
  const session = NativeSession.prototype;
  const bound = NativeBoundRun.prototype;
  session.run = timed(session.run);
  session.runSync = timed(session.runSync);
  bound.run = timed(bound.run);
  bound.runSync = timed(bound.runSync);

  function timed<T, A extends unknown[], R>(
    f: (this: T, ...given: A) => R,
  ): (this: T, ...given: A) => R {
    return function (...given) {
      const start = performance.now();
      const found = f.apply(this, given);
      const done = (): void => tell(performance.now() - start);
      if (found instanceof Promise) void found.then(done, done);
      else done();
      return found;
    };
  }
}
