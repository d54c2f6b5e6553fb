/** Scan: a loop over the first axis that carries state, with its gradient. */

import { isFloat } from "../dtype.ts";
import { vjp } from "../grad.ts";
import { onnx } from "../onnx/contract.ts";
import { type Dim, dimEquals, formatShape, shapeEquals } from "../shape.ts";
import { close, placeholder, type Subgraph, savedFor, traceBody } from "../subgraph.ts";
import { apply, expansionOf, type Node, type Op, shapeError, type Tensor } from "../tensor.ts";
import { add } from "./elementwise.ts";
import { iota, zerosLike } from "./leaf.ts";

interface ScanAttrs {
  /** Inputs: carry, one element of each xs, captures. Outputs: new carry, one of each ys. */
  readonly body: Subgraph;
  /** Length of the carry. */
  readonly carries: number;
  /** Number of steps. */
  readonly length: Dim;
  readonly reverse: boolean;
}

/** Inputs: init, xs, captures. Outputs: final carry, stacked ys. */
const scanOp: Op<ScanAttrs> = {
  name: "scan",
  expandsForGradient: true,
  infer: (_, { body: { outputs }, carries, length }) =>
    outputs.map((t, i) => ({
      dtype: t.dtype,
      shape: i < carries ? t.shape : [length, ...t.shape],
    })),
  lower(to, inputs, { attrs: { body, carries, reverse } }) {
    const count = body.inputs.length - body.captures.length;
    const captured = body.captures.map(
      (_, i) => [body.inputs[count + i], inputs[count + i]] as const,
    );
    const graph = to.body("step", body.inputs.slice(0, count), body.outputs, new Map(captured));
    const directions = (n: number) => onnx.ints(new Array<number>(n).fill(reverse ? 1 : 0));
    const stacked = body.outputs.length - carries;
    return to.emitMany(
      "Scan",
      inputs.slice(0, count),
      {
        body: { graph },
        num_scan_inputs: onnx.int(count - carries),
        scan_input_directions: directions(count - carries),
        ...(stacked > 0 && { scan_output_directions: directions(stacked) }),
      },
      body.outputs.length,
    );
  },
  /** The same scan, which also stacks what its gradient needs to know of each step. */
  expand(inputs, attrs) {
    const { body, carries } = attrs;
    const cotangents = body.outputs.map((t) => (isFloat(t.dtype) ? placeholder(t) : undefined));
    const wrt = body.inputs.filter((t) => isFloat(t.dtype));
    const grads = vjp(body.outputs, cotangents, wrt);
    const elements = elementInputs(body, carries);
    const known = new Set([...elements, ...body.outputs.slice(carries)]);
    const saved = savedFor(grads, body, cotangents).filter((t) => !known.has(t));
    const outputs = [...body.outputs, ...saved];
    return apply(scanOp, inputs, { ...attrs, body: { ...body, outputs } });
  },
  grad: (node, outputGrads, needed) => scanGradient(node, outputGrads, needed),
};

const elementInputs = (body: Subgraph, carries: number): readonly Tensor[] =>
  body.inputs.slice(carries, body.inputs.length - body.captures.length);

/**
 * A scan in the opposite direction. It carries the gradients by the forward carry and the sums of
 * the gradients by captures; its elements are gradients by ys and saved values.
 */
function scanGradient(
  node: Node<ScanAttrs>,
  outputGrads: readonly (Tensor | undefined)[],
  needed: readonly boolean[],
): (Tensor | undefined)[] {
  const { body, carries, length, reverse } = node.attrs;
  const count = body.inputs.length - body.captures.length;
  // Every float carry has a gradient: in an earlier step it may lead to any input.
  const wanted = body.inputs.map((t, i) => isFloat(t.dtype) && (i < carries || needed[i]));
  const cotangents = body.outputs.map((t, i) =>
    isFloat(t.dtype) && (i < carries || outputGrads[i]) ? placeholder(t) : undefined,
  );
  const grads = vjp(
    body.outputs,
    cotangents,
    body.inputs.filter((_, i) => wanted[i]),
  );
  const saved = savedFor(grads, body, cotangents);

  const inner: Inputs = { carry: [], elements: [] };
  const outer: Inputs = { carry: [], elements: [] };
  const outputs: Inputs = { carry: [], elements: [] };
  cotangents.forEach((c, i) => {
    if (!c) return;
    const [kind, value] =
      i < carries
        ? (["carry", outputGrads[i] ?? zerosLike(node.outputs[i])] as const)
        : (["elements", outputGrads[i]!] as const);
    inner[kind].push(c);
    outer[kind].push(value);
  });
  for (const t of saved) {
    inner.elements.push(t);
    outer.elements.push(stackOf(node, t));
  }
  if (inner.elements.length === 0) {
    // ONNX takes the number of steps from an element.
    inner.elements.push(placeholder({ dtype: "i64", shape: [] }));
    outer.elements.push(iota(length));
  }
  const places: { input: number; kind: "carry" | "elements"; at: number }[] = [];
  let next = 0;
  wanted.forEach((want, i) => {
    if (!want) return;
    let g = grads[next++];
    const kind = i < carries || i >= count ? "carry" : "elements";
    if (i >= count) {
      const total = placeholder(g);
      inner.carry.push(total);
      outer.carry.push(zerosLike(node.inputs[i]));
      g = add(total, g);
    }
    places.push({ input: i, kind, at: outputs[kind].length });
    outputs[kind].push(g);
  });

  const captures = node.inputs.slice(count);
  const step = close([...inner.carry, ...inner.elements, ...body.inputs.slice(count)], captures, [
    ...outputs.carry,
    ...outputs.elements,
  ]);
  const results = apply(scanOp, [...outer.carry, ...outer.elements, ...captures], {
    body: step,
    carries: outer.carry.length,
    length,
    reverse: !reverse,
  });
  const inputGrads: (Tensor | undefined)[] = node.inputs.map(() => undefined);
  for (const { input, kind, at } of places) {
    inputGrads[input] = results[kind === "carry" ? at : outer.carry.length + at];
  }
  return inputGrads;
}

interface Inputs {
  readonly carry: Tensor[];
  readonly elements: Tensor[];
}

/** A value of every step, stacked: an xs, or an output of the scan that saves it. */
function stackOf(node: Node<ScanAttrs>, t: Tensor): Tensor {
  const { body, carries } = node.attrs;
  const element = elementInputs(body, carries).indexOf(t);
  if (element >= 0) return node.inputs[carries + element];
  const saving = expansionOf(node as unknown as Node)[0].node as unknown as Node<ScanAttrs>;
  return saving.outputs[saving.attrs.body.outputs.indexOf(t, carries)];
}

export interface ScanOptions {
  /** State before the first step. */
  readonly init?: readonly Tensor[];
  /** Tensors [length, ...] of which each step sees one slice. */
  readonly xs?: readonly Tensor[];
  /** Number of steps; taken from xs where there are any. */
  readonly length?: Dim;
  /** Go from the last slice to the first; ys keep the places of the xs (default false). */
  readonly reverse?: boolean;
}

export interface ScanStep {
  readonly carry?: readonly Tensor[];
  readonly ys?: readonly Tensor[];
}

/**
 * Runs `step` once a slice, from one carry to the next; what each step returns in `ys` is stacked.
 * The step is traced once; outer tensors it uses are captured, and what does not depend on
 * the step is computed once. Differentiable by init, xs and captures, to any order.
 *
 * ONNX Runtime refuses a scan of no steps when the program runs.
 *
 * @returns the last carry, and ys [length, ...]
 * @throws {ShapeError} where xs differ in length or the step changes the type of the carry.
 * @example
 * const x = input("x", "f32", [dim("seq"), 8]);
 * // Exponential moving average over the sequence.
 * const { ys: [average] } = scan(([h], [x]) => {
 *   const next = add(mul(h, 0.9), mul(x, 0.1));
 *   return { carry: [next], ys: [next] };
 * }, { init: [full([8], 0)], xs: [x] });
 */
export function scan(
  step: (carry: readonly Tensor[], x: readonly Tensor[]) => ScanStep,
  options: ScanOptions,
): { carry: readonly Tensor[]; ys: readonly Tensor[] } {
  const { init = [], xs = [], reverse = false } = options;
  const scalar = xs.find((x) => x.shape.length === 0);
  if (scalar) throw shapeError("scan", "xs need an axis to scan over", [scalar]);
  const length = options.length ?? xs[0]?.shape[0];
  if (length === undefined) throw new Error("scan: without xs it needs a `length`");
  if (length === 0) throw new Error("scan: needs one step or more, the length is 0");
  if (!xs.every((x) => dimEquals(x.shape[0], length))) {
    throw shapeError("scan", `xs have not all ${length} slices`, xs);
  }
  // ONNX takes the number of steps from an element.
  const elements = xs.length > 0 ? xs : [iota(length)];
  const types = [
    ...init,
    ...elements.map(({ dtype, shape }) => ({ dtype, shape: shape.slice(1) })),
  ];
  const body = traceBody(
    types,
    (inputs) => {
      const x = xs.length > 0 ? inputs.slice(init.length) : [];
      const { carry = [], ys = [] } = step(inputs.slice(0, init.length), x);
      checkCarry(init, carry);
      return [...carry, ...ys];
    },
    { hoist: true },
  );
  const attrs = { body, carries: init.length, length, reverse };
  const outputs = apply(scanOp, [...init, ...elements, ...body.captures], attrs);
  return { carry: outputs.slice(0, init.length), ys: outputs.slice(init.length) };
}

function checkCarry(init: readonly Tensor[], carry: readonly Tensor[]): void {
  if (carry.length !== init.length) {
    throw new Error(`scan: init has ${init.length} tensors, the step's carry has ${carry.length}`);
  }
  init.forEach((t, i) => {
    if (t.dtype !== carry[i].dtype || !shapeEquals(t.shape, carry[i].shape)) {
      const type = `${carry[i].dtype} ${formatShape(carry[i].shape)}`;
      throw shapeError("scan", `the step turns carry ${i} into ${type}`, [t]);
    }
  });
}
