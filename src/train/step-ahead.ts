/** Sums over a whole step that its gradients need beforehand (`TracedLoss.ahead`). */

import { type NDArray, zeros } from "../graph/ndarray.ts";
import { createSession } from "../runtime/index.ts";
import type { NDArrays, Session, SessionOptions } from "../runtime/types.ts";
import type { GradientProgram } from "./gradient.ts";
import { inputsFor } from "./sessions.ts";

/** State with a lifetime: the session that computes the parts. */
export class StepAhead implements Disposable {
  /** By the names of the loss's inputs. */
  readonly inputs: Readonly<Record<string, NDArray>>;
  readonly #session: Session;

  private constructor(session: Session, inputs: Readonly<Record<string, NDArray>>) {
    this.#session = session;
    this.inputs = inputs;
  }

  /** @returns undefined where nothing is summed ahead */
  static async create(
    { aheadProgram, traced: { ahead = {} } }: GradientProgram,
    options: SessionOptions,
  ): Promise<StepAhead | undefined> {
    if (!aheadProgram) return undefined;
    const arrays = Object.entries(ahead).map(([name, { input }]) => {
      if (!input.shape.every((d) => typeof d === "number")) {
        throw new Error(`train: the sum "${name}" has no static shape`);
      }
      return [name, zeros("f32", input.shape as readonly number[])] as const; // checked above
    });
    return new StepAhead(await createSession(aheadProgram, options), Object.fromEntries(arrays));
  }

  /** Sums over micro-batches, in their order. */
  async compute(
    parameters: NDArrays,
    batches: readonly { readonly inputs: NDArrays }[],
    signal?: AbortSignal,
  ): Promise<void> {
    for (const { data } of Object.values(this.inputs)) (data as Float32Array).fill(0);
    for (const { inputs } of batches) {
      const given = inputsFor(this.#session, { ...parameters, ...inputs });
      const parts = await this.#session.run(given, { signal });
      for (const [name, { data: sum }] of Object.entries(this.inputs)) {
        const part = parts[name]!.data as Float32Array;
        for (let i = 0; i < part.length; i++) (sum as Float32Array)[i]! += part[i]!;
      }
    }
  }

  [Symbol.dispose](): void {
    this.#session.dispose();
  }
}
