/** How many of a sparse policy's routings an update changes. */

import {
  dim,
  fromValues,
  input,
  lower,
  matmul,
  type NDArray,
  type Tensor,
  topK,
} from "../../src/graph/index.ts";
import { type DecoderConfig, decoder } from "../../src/models/index.ts";
import { createParameters, zeros } from "../../src/nn/index.ts";
import { createSession, type NDArrays, type Session } from "../../src/runtime/index.ts";

/** Chosen experts, sorted, of every layer and token: [layers · tokens, k] in one array. */
type Routing = readonly Int32Array[];

/** State with a lifetime: a session over a policy's present parameters. */
export class RoutingProbe implements Disposable {
  readonly #session: Session;
  readonly #parameters: () => NDArrays;
  readonly #k: number;

  private constructor(session: Session, parameters: () => NDArrays, k: number) {
    this.#session = session;
    this.#parameters = parameters;
    this.#k = k;
  }

  static async create(c: DecoderConfig, parameters: () => NDArrays): Promise<RoutingProbe> {
    const { moe } = c;
    if (!moe) throw new Error("RoutingProbe: the model has no experts");
    const outputs: Record<string, Tensor> = {};
    const { root } = createParameters("f32", undefined, {
      observer: (name, x) => {
        if (!name.endsWith(".mlp.gate.weight")) return;
        const scope = root.in(name.slice(0, -".weight".length));
        const router = scope.parameter("weight", [moe.experts, c.hiddenSize], zeros);
        outputs[`experts of ${name}`] = topK(
          matmul(x, router, { transposeB: true }),
          moe.topK,
        ).indices;
      },
    });
    const tokens = input("tokens", "i64", [dim("batch"), dim("seq")]);
    decoder(root, c, { tokens });
    const program = lower({ inputs: [tokens], outputs, parameters: "input" });
    return new RoutingProbe(await createSession(program, { threads: 1 }), parameters, moe.topK);
  }

  async route(sequences: readonly ArrayLike<number>[]): Promise<Routing> {
    const k = this.#k;
    const routing: Int32Array[] = [];
    for (const ids of sequences) {
      const tokens = fromValues("i64", [1, ids.length], Array.from(ids));
      const known = new Set(this.#session.inputs.map(({ name }) => name));
      const parameters = Object.entries(this.#parameters()).filter(([name]) => known.has(name));
      const layers = await this.#session.run({ ...Object.fromEntries(parameters), tokens });
      for (const { data } of Object.values(layers) as NDArray[]) {
        const chosen = Int32Array.from(data as BigInt64Array, Number);
        for (let at = 0; at < chosen.length; at += k) chosen.subarray(at, at + k).sort();
        routing.push(chosen);
      }
    }
    return routing;
  }

  /** Share of layers and tokens whose set of experts differs. */
  changed(before: Routing, after: Routing): number {
    const k = this.#k;
    let [all, different] = [0, 0];
    before.forEach((chosen, i) => {
      for (let at = 0; at < chosen.length; at += k) {
        all++;
        for (let j = at; j < at + k; j++) {
          if (chosen[j] === after[i]![j]) continue;
          different++;
          break;
        }
      }
    });
    return different / all;
  }

  [Symbol.dispose](): void {
    this.#session.dispose();
  }
}
