/** Running sums. */

import { onnx } from "../onnx/contract.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { axisOf } from "./axes.ts";

export interface CumsumOptions {
  /** Sum from the end (default false). */
  readonly reverse?: boolean;
  /** Leave the element itself out: the first sum is 0 (default false). */
  readonly exclusive?: boolean;
}

interface CumsumAttrs extends Required<CumsumOptions> {
  readonly axis: number;
}

const cumsumOp: Op<CumsumAttrs> = {
  name: "cumsum",
  infer([x]) {
    if (!["f32", "f64", "i32", "i64"].includes(x.dtype)) {
      throw shapeError("cumsum", "takes f32, f64, i32 or i64", [x]);
    }
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  lower: (to, [x], { attrs: { axis, reverse, exclusive } }) => [
    to.emit("CumSum", [x, to.constant("i64", [], [axis])], {
      reverse: onnx.int(reverse ? 1 : 0),
      exclusive: onnx.int(exclusive ? 1 : 0),
    }),
  ],
  // The transpose of a triangular matrix of ones sums the other way.
  grad: ({ attrs: { axis, reverse, exclusive } }, [g]) => [
    cumsum(g!, axis, { reverse: !reverse, exclusive }),
  ],
};

/** Sums of the elements up to each place along an axis. */
export const cumsum = (
  x: Tensor,
  axis: number,
  { reverse = false, exclusive = false }: CumsumOptions = {},
): Tensor => apply(cumsumOp, [x], { axis: axisOf("cumsum", axis, x), reverse, exclusive })[0];
