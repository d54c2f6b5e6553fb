/** Rematerialisation: compute a block again in the backward pass instead of keeping its interior. */

import { vjp } from "./grad.ts";
import { isParameter } from "./ops/leaf.ts";
import { orderToken } from "./ops/order.ts";
import { instantiate, type Subgraph, traceBody } from "./subgraph.ts";
import { apply, type Op, shapeError, Tensor } from "./tensor.ts";

interface RematAttrs {
  readonly body: Subgraph;
}

/** Inputs: those of the body, captures included. */
const rematOp: Op<RematAttrs> = {
  name: "remat",
  infer: (_, { body }) => body.outputs,
  expand: (inputs, { body }) => instantiate(body, inputs),
  grad(node, outputGrads, needed) {
    const token = orderToken(outputGrads.find((g) => g !== undefined)!);
    const late = node.inputs.map((t) => after(t, token));
    const outputs = instantiate(node.attrs.body, late);
    const wanted = late.filter((_, i) => needed[i]);
    const grads = vjp(outputs, outputGrads, wanted);
    return needed.map((need) => (need ? grads.shift() : undefined));
  },
};

const afterOp: Op<Record<never, never>> = {
  name: "after",
  infer: ([{ dtype, shape }]) => [{ dtype, shape }],
  // A reshape to the shape it has: no copy, and no optimiser can see through the sum. Parameters
  // stay as they are: what hangs on them alone is cheap, and their kernels want constants.
  lower: (to, [x, token], { inputs: [tensor] }) => [
    isParameter(tensor)
      ? x
      : to.emit("Reshape", [x, to.emit("Add", [to.emit("Shape", [x]), token])]),
  ],
  grad: (_, [g]) => [g, undefined],
};

/**
 * x itself, as a value that exists no sooner than `token` does. What is computed from it is not
 * scheduled earlier, nor merged with the same computation on x.
 */
const after = (x: Tensor, token: Tensor): Tensor => apply(afterOp, [x, token], {})[0];

/**
 * Saves memory for time: `remat(f)(...inputs)` is `f(...inputs)`, of which only inputs and
 * outputs are kept for the gradient; the interior is computed again in the backward pass (Chen
 * et al., "Training Deep Nets with Sublinear Memory Cost", 2016; called checkpoint elsewhere).
 * `f` may use outer tensors and parameters; they receive gradients too.
 *
 * @example
 * let h = input("x", "f32", [dim("batch"), 64]);
 * const w = parameter("w", "f32", [64, 64]);
 * for (let i = 0; i < 8; i++) h = remat((x: Tensor) => tanh(matmul(x, w)))(h);
 */
export function remat<A extends readonly Tensor[], R extends Tensor | readonly Tensor[]>(
  f: (...inputs: A) => R,
): (...inputs: A) => R {
  return (...inputs) => {
    let single = false;
    const body = traceBody(
      inputs,
      (placeholders) => {
        // The placeholders have the types of the inputs, one by one.
        const result = f(...(placeholders as unknown as A));
        single = result instanceof Tensor;
        return result instanceof Tensor ? [result] : result;
      },
      { hoist: false },
    );
    if (body.outputs.length === 0)
      throw shapeError("remat", "the function returns nothing", inputs);
    const outputs = apply(rematOp, [...inputs, ...body.captures], { body });
    // R is Tensor where f returned one tensor, else an array as long as f's.
    return (single ? outputs[0] : outputs) as R;
  };
}
