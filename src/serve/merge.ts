/** Several answers as one stream, in the order in which their steps become known. */

export type Merged<T, R> =
  | { readonly index: number; readonly step: T; readonly end?: undefined }
  | { readonly index: number; readonly step?: undefined; readonly end: R };

/**
 * Reads all sources as fast as they come: a slow reader holds memory (bounded by the answers'
 * length), but no slot of the engine.
 *
 * @param giveUp ends the sources' work when the reader goes away before the end, or one fails
 */
export async function* merge<T, R>(
  sources: readonly AsyncGenerator<T, R>[],
  giveUp: () => void,
): AsyncGenerator<Merged<T, R>, void> {
  let arrived: Merged<T, R>[] = [];
  let failure: { readonly error: unknown } | undefined;
  let open = sources.length;
  let wake = (): void => {};
  const pump = async (source: AsyncGenerator<T, R>, index: number): Promise<void> => {
    try {
      for (;;) {
        const { done, value } = await source.next();
        arrived.push(done ? { index, end: value } : { index, step: value });
        if (done) return;
        wake();
      }
    } catch (error) {
      failure ??= { error };
    } finally {
      open--;
      wake();
    }
  };
  sources.forEach((source, index) => void pump(source, index));
  try {
    for (;;) {
      const batch = arrived;
      arrived = [];
      yield* batch;
      if (failure) throw failure.error;
      if (arrived.length > 0) continue;
      if (open === 0) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    if (open > 0) giveUp();
  }
}
