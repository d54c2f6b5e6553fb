/** Low-rank adapters of linear maps: LoRA, rsLoRA, DoRA. */

import { add, div, mul, sqrt, square, stopGradient } from "../graph/ops/elementwise.ts";
import { matmul } from "../graph/ops/matmul.ts";
import { sum } from "../graph/ops/reduce.ts";
import { shapeError, type Tensor } from "../graph/tensor.ts";
import { type LinearAdapter, type Scope, zeros } from "./scope.ts";

export interface LoraConfig {
  readonly rank: number;
  readonly alpha: number;
  /** Scale alpha / √rank instead of alpha / rank (Kalajdzievski 2023). */
  readonly isRankStabilised?: boolean;
  /** Direction and magnitude of each row are trained apart (DoRA, Liu et al. 2024). */
  readonly isDora?: boolean;
  /**
   * Linear maps that are adapted, by full name or its end ("q_proj"); "all-linear": all but the
   * head and routers. Experts that tokens are sent to are adapted only where named in full.
   */
  readonly targets: readonly string[] | "all-linear";
}

/** What the low-rank product is multiplied with. */
export const loraScale = ({ rank, alpha, isRankStabilised = false }: LoraConfig): number =>
  alpha / (isRankStabilised ? Math.sqrt(rank) : rank);

/** Whether a linear map is adapted. */
export function isAdapted(path: string, { targets }: LoraConfig): boolean {
  if (targets !== "all-linear" && targets.includes(path)) return true;
  if (/\.experts\.\d+\./.test(path)) return false;
  if (targets !== "all-linear") return targets.some((target) => path.endsWith(`.${target}`));
  return !/(^|\.)(lm_head|gate|shared_expert_gate)$/.test(path);
}

/** Whether a parameter belongs to an adapter. */
export const isLoraName = (name: string): boolean =>
  /\.lora_(A\.weight|B\.weight|magnitude_vector)$/.test(name);

/**
 * The adapter of a config. Beside `weight` [outputs, inputs] a scope then has `lora_A.weight`
 * [rank, inputs], `lora_B.weight` [outputs, rank] (zero at first: nothing is changed) and with DoRA
 * `lora_magnitude_vector` [outputs].
 *
 * y + scale · (x Aᵀ) Bᵀ; with DoRA that times magnitude / ‖W + scale · B A‖ by rows, whose
 * norm is taken to be constant in gradients (section 4.3 of the paper).
 */
export function loraAdapter(c: LoraConfig): LinearAdapter {
  const scale = loraScale(c);
  return (p, x, y) => {
    if (!isAdapted(p.path, c)) return y;
    const [inputs, outputs] = [lastAxis(x), lastAxis(y)];
    // Kaiming's uniform initialisation with a = √5, as in PEFT.
    const init = { kind: "uniform", bound: 1 / Math.sqrt(inputs) } as const;
    const a = p.parameter("lora_A.weight", [c.rank, inputs], init);
    const b = p.parameter("lora_B.weight", [outputs, c.rank], zeros);
    const low = mul(matmul(x, a, { transposeB: true }), scale); // [..., rank]
    const adapted = add(y, matmul(low, b, { transposeB: true }));
    if (!c.isDora) return adapted;
    return mul(adapted, doraFactor(p, mul(matmul(b, a), scale), inputs, outputs));
  };
}

/** magnitude / ‖W + change‖ by rows: [outputs]. */
function doraFactor(p: Scope, change: Tensor, inputs: number, outputs: number): Tensor {
  if (p.formatOf("weight")) {
    throw new Error(
      `${p.path}: DoRA needs the norms of weights, which are quantised here; use LoRA, or an ` +
        "unquantised base",
    );
  }
  const weight = p.parameter("weight", [outputs, inputs], zeros);
  const of = p.path === "" ? "weight" : `${p.path}.weight`;
  const magnitude = p.parameter("lora_magnitude_vector", [outputs], { kind: "rowNorms", of });
  const norms = sqrt(sum(square(add(weight, change)), { axes: [1] }));
  return div(magnitude, stopGradient(norms));
}

function lastAxis(x: Tensor): number {
  const axis = x.shape[x.shape.length - 1];
  if (typeof axis !== "number") throw shapeError("lora", "last axis is not a number", [x]);
  return axis;
}
