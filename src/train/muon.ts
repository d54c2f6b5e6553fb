/**
 * Muon (Jordan et al. 2024): momentum whose matrix is replaced by the nearest orthogonal one, so
 * that every direction of a weight learns at the same rate.
 *
 * The scale, 0.2·√max(rows, columns), is that of "Muon is Scalable for LLM Training" (Liu et al.
 * 2025): updates of AdamW's usual size, so that both share a learning rate and weight decay.
 */

import { type NDArray, zeros } from "../graph/ndarray.ts";
import { type LowerOptions, lower } from "../graph/onnx/lowering.ts";
import { add, div, mul, sqrt, square, sub } from "../graph/ops/elementwise.ts";
import { split, stack } from "../graph/ops/join.ts";
import { input } from "../graph/ops/leaf.ts";
import { matmul } from "../graph/ops/matmul.ts";
import { sum } from "../graph/ops/reduce.ts";
import { squeeze } from "../graph/ops/reshape.ts";
import type { Program } from "../graph/program.ts";
import type { Tensor } from "../graph/tensor.ts";
import { createSession } from "../runtime/index.ts";
import type { BoundRun, Session } from "../runtime/types.ts";
import type { ParameterShape, TrainMemory } from "./memory.ts";

export interface MuonOptions {
  /** Default 0.95. */
  readonly momentum?: number;
  /** Newton-Schulz iterations (default 5). */
  readonly iterations?: number;
  /** Root mean square of an update at learning rate 1 (default 0.2, AdamW's usual). */
  readonly size?: number;
  /** Multiplies the rate of a matrix (default 1). */
  readonly rateOf?: (parameter: ParameterShape) => number;
}

/** Coefficients of the quintic iteration: steep at 0, and singular values end within 0.7 to 1.2. */
const [A, B, C] = [3.4445, -4.775, 2.0315];

/**
 * Matrices of the same shape, each replaced by a nearly orthogonal one with the same singular
 * vectors, singular values between 0.7 and 1.2 (those that were not tiny).
 *
 * @param x [n, rows, columns]
 */
export function orthogonalize(x: Tensor, iterations = 5): Tensor {
  const [, rows, columns] = x.shape as readonly number[];
  const isTall = rows > columns;
  const norm = sqrt(sum(square(x), { axes: [-2, -1], keepDims: true }));
  let y = div(x, add(norm, 1e-7));
  for (let i = 0; i < iterations; i++) {
    // The Gram matrix of the shorter side.
    const gram = matmul(y, y, isTall ? { transposeA: true } : { transposeB: true });
    const update = add(mul(gram, B), mul(matmul(gram, gram), C));
    y = add(mul(y, A), isTall ? matmul(y, update) : matmul(update, y));
  }
  return y;
}

/**
 * Inputs, for each matrix: `p name`, `g name`, `m name`; and f32 [] scalars `scale` (of the
 * gradients), `rate` and `decay` (of the weights, times the rate). Outputs: `next p name` and `next m name`, which may be
 * written over the inputs.
 */
export const muonProgram = (
  parameters: readonly ParameterShape[],
  options?: MuonOptions,
): Program => lower(muonGraph(parameters, options));

/** What `muonProgram` lowers. */
export function muonGraph(
  parameters: readonly ParameterShape[],
  { momentum = 0.95, iterations = 5, size = 0.2, rateOf = () => 1 }: MuonOptions = {},
): LowerOptions {
  const [scale, rate, decay] = ["scale", "rate", "decay"].map((name) => input(name, "f32", []));
  const inputs = [scale, rate, decay];
  const outputs: Record<string, Tensor> = {};
  const byShape = new Map<string, ParameterShape[]>();
  for (const p of parameters) byShape.set(`${p.shape}`, [...(byShape.get(`${p.shape}`) ?? []), p]);
  for (const group of byShape.values()) {
    const [rows, columns] = group[0].shape;
    const directions = group.map(({ name, shape }) => {
      const [g, m] = ["g", "m"].map((kind) => input(`${kind} ${name}`, "f32", shape));
      inputs.push(g, m);
      const scaled = mul(g, scale);
      const next = add(mul(m, momentum), scaled);
      outputs[`next m ${name}`] = next;
      return add(scaled, mul(next, momentum)); // Nesterov
    });
    const updates = split(orthogonalize(stack(directions), iterations), group.length, 0);
    const scaling = size * Math.sqrt(Math.max(rows, columns));
    group.forEach((parameter, i) => {
      const p = input(`p ${parameter.name}`, "f32", parameter.shape);
      inputs.push(p);
      const own = mul(rate, rateOf(parameter));
      const kept = mul(p, sub(1, mul(own, decay)));
      outputs[`next p ${parameter.name}`] = sub(
        kept,
        mul(squeeze(updates[i], [0]), mul(own, scaling)),
      );
    });
  }
  return { inputs, outputs };
}

/** Updates the matrices of a train memory in place. State with a lifetime: the engine's session. */
export class Muon implements Disposable {
  private readonly session: Session;
  private readonly bound: BoundRun;
  private readonly scalars: Record<"scale" | "rate" | "decay", NDArray>;

  private constructor(session: Session, memory: TrainMemory, names: readonly string[]) {
    this.session = session;
    this.scalars = { scale: zeros("f32", []), rate: zeros("f32", []), decay: zeros("f32", []) };
    const inputs: Record<string, NDArray> = { ...this.scalars };
    const outputs: Record<string, NDArray> = {};
    for (const name of names) {
      inputs[`g ${name}`] = memory.gradients.get(name)!;
      inputs[`m ${name}`] = outputs[`next m ${name}`] = memory.means.get(name)!;
      inputs[`p ${name}`] = outputs[`next p ${name}`] = memory.parameters.get(name)!;
    }
    this.bound = session.bind({ inputs, outputs });
  }

  static async create(
    memory: TrainMemory,
    parameters: readonly ParameterShape[],
    options: MuonOptions & { readonly threads?: number },
  ): Promise<Muon> {
    const session = await createSession(muonProgram(parameters, options), options);
    return new Muon(
      session,
      memory,
      parameters.map(({ name }) => name),
    );
  }

  /**
   * @param scale what the gradients are multiplied with (clipping)
   * @param decay matrices shrink by the rate times this
   */
  async step(scale: number, rate: number, decay: number): Promise<void> {
    this.scalars.scale.data[0] = scale;
    this.scalars.rate.data[0] = rate;
    this.scalars.decay.data[0] = decay;
    await this.bound.run();
  }

  [Symbol.dispose](): void {
    this.bound.dispose();
    this.session.dispose();
  }
}
