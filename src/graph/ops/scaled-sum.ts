/** Sums of tensors, each with a factor a row: what the gradients of norms end in. */

import { MICROSOFT } from "../onnx/contract.ts";
import { apply, type Op, type Tensor } from "../tensor.ts";
import { add, mul } from "./elementwise.ts";

/** x [..., width] and its factors [..., 1] */
type Term = readonly [x: Tensor, factors: Tensor];

/** Inputs: the base if there is one, then x and factors of each term. */
const scaledSumOp: Op<{ hasBase: boolean }> = {
  name: "scaledSum",
  infer: ([{ dtype, shape }]) => [{ dtype, shape }],
  // The kernel multiplies and adds in one pass over memory.
  lower(to, inputs, { inputs: [{ dtype }], attrs: { hasBase } }) {
    if (dtype !== "f32") return undefined;
    const rest = [...inputs];
    let total = hasBase ? rest.shift()! : to.emit("Mul", rest.splice(0, 2));
    while (rest.length > 0) {
      total = to.emit("GatedAdd", [total, ...rest.splice(0, 2)], {}, MICROSOFT);
    }
    return [total];
  },
  expand(inputs, { hasBase }) {
    const rest = [...inputs];
    let total = hasBase ? rest.shift() : undefined;
    while (rest.length > 0) {
      const [x, factors] = rest.splice(0, 2);
      const term = mul(x, factors);
      total = total ? add(total, term) : term;
    }
    return [total!];
  },
};

/** Sum of x · factors over the terms, whose x all have one shape. */
export const scaledSum = (...terms: readonly Term[]): Tensor =>
  apply(scaledSumOp, terms.flat(), { hasBase: false })[0];

/** base + x of one shape; where x is a scaled sum, its terms go onto the base one by one. */
export function addScaled(base: Tensor, x: Tensor): Tensor {
  const { op, inputs, attrs } = x.node;
  const isScaled = op.name === scaledSumOp.name && !(attrs as { hasBase?: boolean }).hasBase;
  return isScaled ? apply(scaledSumOp, [base, ...inputs], { hasBase: true })[0] : add(base, x);
}
