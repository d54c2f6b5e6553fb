/**
 * Products with weights of 4 or 8 bits, and rows of such weights. A weight [outputs, inputs] is cut
 * along its inputs into blocks, each with a scale and maybe a zero point:
 * w = (q - zero) · scale. The bytes are laid out as com.microsoft.MatMulNBits wants them; see
 * onnxruntime's docs/ContribOperators.md.
 */

import { MICROSOFT, onnx } from "../onnx/contract.ts";
import { dimEquals, formatShape, type Shape, shapeEquals } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { add, cast, floor, mul, sub } from "./elementwise.ts";
import { gather } from "./gather.ts";
import { slice, stack } from "./join.ts";
import { iota } from "./leaf.ts";
import { matmul } from "./matmul.ts";
import { late, orderToken } from "./order.ts";
import { expandDims, reshape } from "./reshape.ts";

/** How the numbers of a weight in blocks are stored. */
export interface BlockLayout {
  readonly bits: 4 | 8;
  /** Inputs that share a scale; a power of two, 16 or more. */
  readonly block: number;
}

export interface BlockWeight {
  /** u8 [outputs, blocks, block · bits / 8]; 4 bits: even inputs in the low half of a byte. */
  readonly packed: Tensor;
  /** f32 [outputs, blocks] */
  readonly scales: Tensor;
  /** u8 [outputs, ⌈blocks · bits / 8⌉], packed like the weights; absent: 2^(bits - 1). */
  readonly zeros?: Tensor;
}

export interface BlockMatmulOptions extends BlockLayout {
  /**
   * Multiply in f32 (default false: activations are rounded to 8 bits a block, an error of about
   * 0.5 %, several times as fast).
   */
  readonly exact?: boolean;
}

/** Sizes of the stored parts of a weight [outputs, inputs]. */
export function blockShapes(outputs: number, inputs: number, { bits, block }: BlockLayout) {
  const blocks = Math.ceil(inputs / block);
  const rowBytes = (count: number): number => Math.ceil((count * bits) / 8);
  return {
    packed: [outputs, blocks, rowBytes(block)],
    /** The same bytes as rows of a table. */
    rows: [outputs, blocks * rowBytes(block)],
    scales: [outputs, blocks],
    zeros: [outputs, rowBytes(blocks)],
  } as const;
}

/** Numbers from bytes, as f32: [..., n] -> [..., n · 8 / bits]. */
function unpack(bytes: Tensor, bits: 4 | 8): Tensor {
  const numbers = cast(bytes, "f32");
  if (bits === 8) return numbers;
  const high = floor(mul(numbers, 1 / 16));
  const pairs = stack([sub(numbers, mul(high, 16)), high], -1); // [..., n, 2]
  return reshape(pairs, [...bytes.shape.slice(0, -1), -1]);
}

/** f32 [rows, blocks · block] from packed numbers [rows, blocks, bytes]. */
function dequantize({ packed, scales, zeros }: BlockWeight, { bits }: BlockLayout): Tensor {
  const [rows, blocks] = scales.shape;
  const zero = zeros && expandDims(slice(unpack(zeros, bits), 1, 0, blocks), 2);
  const centred = sub(unpack(packed, bits), zero ?? 2 ** (bits - 1)); // [rows, blocks, block]
  return reshape(mul(centred, expandDims(scales, 2)), [rows, -1]);
}

interface BlockMatmulAttrs extends Required<BlockMatmulOptions> {
  readonly outputs: number;
  readonly inputs: number;
}

function requireShapes(op: string, parts: readonly Tensor[], expected: readonly Shape[]): void {
  parts.forEach((part, i) => {
    if (!shapeEquals(part.shape, expected[i])) {
      throw shapeError(op, `operand is not of shape ${formatShape(expected[i])}`, [part]);
    }
  });
}

const blockMatmulOp: Op<BlockMatmulAttrs> = {
  name: "blockMatmul",
  infer([x, ...parts], { outputs, inputs, ...layout }) {
    if (x.dtype !== "f32" || !dimEquals(x.shape[x.shape.length - 1], inputs)) {
      throw shapeError("blockMatmul", `x is not f32 [..., ${inputs}]`, [x]);
    }
    const { packed, scales, zeros } = blockShapes(outputs, inputs, layout);
    requireShapes("blockMatmul", parts, [packed, scales, zeros]);
    return [{ dtype: "f32", shape: [...x.shape.slice(0, -1), outputs] }];
  },
  lower(to, inputs, { attrs }) {
    const attributes = {
      N: onnx.int(attrs.outputs),
      K: onnx.int(attrs.inputs),
      bits: onnx.int(attrs.bits),
      block_size: onnx.int(attrs.block),
      accuracy_level: onnx.int(attrs.exact ? 0 : 4),
    };
    return [to.emit("MatMulNBits", inputs, attributes, MICROSOFT)];
  },
  expand([x, packed, scales, zeros], attrs) {
    const rows = dequantize({ packed, scales, zeros }, attrs);
    return [matmul(x, slice(rows, 1, 0, attrs.inputs), { transposeB: true })];
  },
  grad({ inputs: [, packed, scales, zeros], attrs }, [g], needed) {
    if (needed[2]) {
      throw shapeError("blockMatmul", "scales of packed numbers have no gradient", [scales]);
    }
    return [productGradient(g!, { packed, scales, zeros }, attrs)];
  },
};

/** Numbers that a gradient holds of a weight at a time: 64 MiB. */
const MOST_FLOATS = 2 ** 24;

/**
 * dx = g W, a group of rows of W after the other in floats: never all of the weight, and none of
 * it before g is there. As if the product had not rounded activations.
 */
function productGradient(g: Tensor, weight: BlockWeight, attrs: BlockMatmulAttrs): Tensor {
  const { outputs, inputs, ...layout } = attrs;
  const { rows } = blockShapes(outputs, inputs, layout);
  const group = Math.max(1, Math.floor(MOST_FLOATS / inputs));
  let sum: Tensor | undefined;
  for (let start = 0; start < outputs; start += group) {
    const end = Math.min(outputs, start + group);
    const token = orderToken(sum ?? g);
    const packed = late(weight.packed, rows, token);
    // Late too, or the engine makes one Split of all slices, which holds g a second time.
    const own = end - start === outputs ? g : slice(late(g, g.shape, token), -1, start, end);
    let product: Tensor; // [..., blocks · block]
    if (layout.bits === 4 && !weight.zeros) {
      const scales = slice(weight.scales, 0, start, end);
      const halves = apply(halvesOp, [slice(packed, 0, start, end), scales], layout);
      const pairs = stack(
        halves.map((half) => matmul(own, half)),
        -1,
      );
      product = reshape(pairs, [...g.shape.slice(0, -1), rows[1] * 2]);
    } else {
      const floats = blockGather({ ...weight, packed }, add(iota(end - start), start), layout);
      product = matmul(own, floats);
    }
    sum = sum ? add(sum, product) : product;
  }
  return slice(sum!, -1, 0, inputs);
}

/**
 * Numbers of 4 bits without zero points, from rows [n, blocks · block / 2] and scales [n, blocks]:
 * those at even places, and those at odd ones, each f32 [n, blocks · block / 2]. Bytes are read
 * where they lie; the engine's gathering kernel divides several times for each number.
 */
const halvesOp: Op<BlockLayout> = {
  name: "halves",
  infer: ([{ shape }]) => [
    { dtype: "f32", shape },
    { dtype: "f32", shape },
  ],
  lower(to, [bytes, scales], { inputs: [, { shape }], attrs: { block } }) {
    const key = `zero points of [${shape}]`;
    const eight = () => to.emit("Expand", [to.constant("u8", [1], [8]), to.shape(shape)]);
    const zeros = to.shared(key, eight);
    const options = { axis: onnx.int(1), block_size: onnx.int(block / 2) };
    const numbers = (half: string): string =>
      to.emit("DequantizeLinear", [half, scales, zeros], options);
    const low = to.emit("BitwiseAnd", [bytes, to.constant("u8", [1], [15])]);
    const right = { direction: onnx.string("RIGHT") };
    const high = to.emit("BitShift", [bytes, to.constant("u8", [1], [4])], right);
    return [numbers(low), numbers(high)];
  },
  expand([bytes, scales], { block }) {
    const [n, blocks] = scales.shape;
    const numbers = reshape(cast(bytes, "f32"), [n, blocks, block / 2]);
    const high = floor(mul(numbers, 1 / 16));
    return [sub(numbers, mul(high, 16)), high].map((half) =>
      reshape(mul(sub(half, 8), expandDims(scales, 2)), bytes.shape),
    );
  },
};

/**
 * x Wᵀ with a weight in blocks.
 *
 * @param x f32 [..., inputs]
 * @returns f32 [..., outputs]
 * @throws {ShapeError} where a part of the weight does not fit the layout
 */
export function blockMatmul(
  x: Tensor,
  { packed, scales, zeros }: BlockWeight,
  { bits, block, exact = false }: BlockMatmulOptions,
): Tensor {
  const inputs = x.shape[x.shape.length - 1];
  const outputs = packed.shape[0];
  if (typeof inputs !== "number" || typeof outputs !== "number") {
    throw shapeError("blockMatmul", "inputs and outputs are not numbers", [x, packed]);
  }
  const operands = [x, packed, scales, ...(zeros ? [zeros] : [])];
  return apply(blockMatmulOp, operands, { bits, block, exact, outputs, inputs })[0];
}

/** Inputs: indices, rows, scales, and zeros or none. */
const blockGatherOp: Op<BlockLayout> = {
  name: "blockGather",
  infer([indices, rows, scales, zeros], layout) {
    const [count, blocks] = scales.shape;
    if (typeof count !== "number" || typeof blocks !== "number") {
      throw shapeError("blockGather", "the table's size is not a number", [scales]);
    }
    const shapes = blockShapes(count, blocks * layout.block, layout);
    const parts = zeros ? [rows, zeros] : [rows];
    requireShapes("blockGather", parts, [shapes.rows, shapes.zeros]);
    return [{ dtype: "f32", shape: [...indices.shape, blocks * layout.block] }];
  },
  lower: (to, [indices, rows, scales, zeros = ""], { attrs: { bits, block } }) => [
    to.emit(
      "GatherBlockQuantized",
      [rows, indices, scales, zeros],
      {
        bits: onnx.int(bits),
        block_size: onnx.int(block),
        gather_axis: onnx.int(0),
        quantize_axis: onnx.int(1),
      },
      MICROSOFT,
    ),
  ],
  expand([indices, rows, scales, zeros], layout) {
    const blocks = scales.shape[1];
    const pick = (table: Tensor): Tensor => gather(table, reshape(indices, [-1]));
    const picked = pick(rows); // [count, blocks · bytes]
    const weight = {
      packed: reshape(picked, [picked.shape[0], blocks, -1]),
      scales: pick(scales),
      zeros: zeros && pick(zeros),
    };
    return [reshape(dequantize(weight, layout), [...indices.shape, -1])];
  },
};

/**
 * Rows of a table in blocks, as numbers; the table may be the memory of a `blockMatmul` weight.
 *
 * @param table `packed` given as rows: u8 [count, blocks · block · bits / 8]
 * @param indices i64 or i32 [...]
 * @returns f32 [..., blocks · block]
 */
export function blockGather(
  { packed, scales, zeros }: BlockWeight,
  indices: Tensor,
  { bits, block }: BlockLayout,
): Tensor {
  const operands = [indices, packed, scales, ...(zeros ? [zeros] : [])];
  return apply(blockGatherOp, operands, { bits, block })[0];
}
