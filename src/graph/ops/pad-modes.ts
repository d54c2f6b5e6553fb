/** Padding with elements of the tensor itself. */

import { type Dim, dimAdd } from "../shape.ts";
import { shapeError, type Tensor } from "../tensor.ts";
import { axisOf } from "./axes.ts";
import { abs, maximum, minimum, mod, sub } from "./elementwise.ts";
import { gather } from "./gather.ts";
import { dimSize, iota } from "./leaf.ts";

export type PadMode = "reflect" | "edge" | "wrap";

/**
 * Adds elements of x along an axis: mirrored without the border (`reflect`, less than the size
 * on either side), the border itself (`edge`), or from the other end (`wrap`).
 */
export function padWith(x: Tensor, axis: number, before: Dim, after: Dim, mode: PadMode): Tensor {
  const at = axisOf("padWith", axis, x);
  const size = x.shape[at];
  for (const d of [before, after]) {
    const limit = mode === "reflect" && typeof size === "number" ? size : Number.POSITIVE_INFINITY;
    if (size === 0 || (typeof d === "number" && (d < 0 || d >= limit))) {
      throw shapeError("padWith", `cannot ${mode} ${d} elements on axis ${axis}`, [x]);
    }
  }
  const i64 = (d: Dim): Tensor => dimSize([d], "i64");
  const place = sub(iota(dimAdd(size, dimAdd(before, after))), i64(before)); // may be outside
  const last = i64(dimAdd(size, -1));
  // Reading by index, so that the gradient adds up at the elements that were read.
  const from = {
    edge: () => minimum(maximum(place, 0), last),
    wrap: () => mod(place, i64(size)),
    reflect: () => sub(last, abs(sub(last, abs(place)))),
  }[mode]();
  return gather(x, from, at);
}
