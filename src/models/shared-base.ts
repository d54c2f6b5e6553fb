/** One base under several adapters: opened once, its weights mapped and converted once. */

import type { NDArray } from "../graph/ndarray.ts";
import type { WeightSource } from "../graph/program.ts";
import { adaptModel, type LoadOptions, loadModel, type Model } from "./load.ts";

export interface SharedBase {
  /**
   * The base, or the base with an adapter. It is read when first asked for, and closed with the
   * last model that was opened here.
   *
   * @param adapter folder of a PEFT adapter
   */
  open(adapter?: string): Promise<Model>;
}

/**
 * @example
 * const base = shareBase("models/onefold-mini");
 * using plain = await base.open();
 * using sums = await base.open("runs/sums/final");
 */
export function shareBase(spec: string, options: LoadOptions = {}): SharedBase {
  let opened: Promise<Model> | undefined;
  let users = 0;
  const release = (): void => {
    if (--users > 0) return;
    const closing = opened;
    opened = undefined;
    closing?.then(
      (model) => model[Symbol.dispose](),
      () => {}, // whoever asked for it was told
    );
  };
  return {
    async open(adapter) {
      users++;
      let isHeld = true;
      const leave = (): void => {
        if (isHeld) release();
        isHeld = false;
      };
      try {
        opened ??= loadModel(spec, { ...options, adapter: undefined, kvCache: undefined }).then(
          (model) => ({ ...model, weights: keepWeights(model.weights) }),
        );
        const model = await opened;
        return await adaptModel({ ...model, [Symbol.dispose]: leave }, { ...options, adapter });
      } catch (error) {
        leave();
        throw error;
      }
    },
  };
}

/** The same arrays for every model, as long as the base is open. */
function keepWeights(source: WeightSource): WeightSource {
  const kept = new Map<string, NDArray>();
  return (port) => {
    const key = `${port.name} ${port.dtype} [${port.shape}]`;
    const array = kept.get(key) ?? source(port);
    kept.set(key, array);
    return array;
  };
}
