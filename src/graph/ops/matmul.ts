/** Matrix products. */

import { MICROSOFT, onnx } from "../onnx/contract.ts";
import { broadcastShapes, dimEquals, type Shape } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { expandDims, reshape, squeeze, sumTo } from "./reshape.ts";

export interface MatmulOptions {
  /** Use the transpose of a's (b's) last two axes, at no cost. */
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

type MatmulAttrs = Required<MatmulOptions>;

/** Rows and columns of a matrix operand, after its transposition. */
function matrixDims(shape: Shape, transposed: boolean): Shape {
  const [r, c] = shape.slice(-2);
  return transposed ? [c, r] : [r, c];
}

const matmulOp: Op<MatmulAttrs> = {
  name: "matmul",
  infer([a, b], { transposeA, transposeB }) {
    if (a.dtype !== b.dtype) throw shapeError("matmul", "dtypes differ", [a, b]);
    const [rows, innerA] = matrixDims(a.shape, transposeA);
    const [innerB, columns] = matrixDims(b.shape, transposeB);
    if (!dimEquals(innerA, innerB)) throw shapeError("matmul", "inner dimensions differ", [a, b]);
    const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
    if (!batch) throw shapeError("matmul", "batch dimensions do not broadcast", [a, b]);
    return [{ dtype: a.dtype, shape: [...batch, rows, columns] }];
  },
  lower: (to, inputs, { inputs: [a, b], attrs: { transposeA, transposeB } }) => {
    if (!transposeA && !transposeB) return [to.emit("MatMul", inputs)];
    if (!transposeA) {
      const product = to.columnProduct(inputs[0], inputs[1], [a, b]);
      if (product !== undefined) return [product];
    }
    if (a.dtype === "f32" || a.dtype === "f64") {
      const flags = { transA: onnx.int(transposeA ? 1 : 0), transB: onnx.int(transposeB ? 1 : 0) };
      return [to.emit("FusedMatMul", inputs, flags, MICROSOFT)];
    }
    const flip = (name: string, rank: number): string => {
      const perm = Array.from({ length: rank }, (_, i) => i);
      [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
      return to.emit("Transpose", [name], { perm: onnx.ints(perm) });
    };
    const [x, y] = inputs;
    const rank = a.shape.length;
    return [to.emit("MatMul", [transposeA ? flip(x, rank) : x, transposeB ? flip(y, rank) : y])];
  },
  grad({ inputs: [a, b], attrs: { transposeA, transposeB } }, [g]) {
    // y = A B with A = a or aᵀ, B = b or bᵀ: dA = g Bᵀ, dB = Aᵀ g.
    const da = transposeA
      ? matmul(b, g!, { transposeA: transposeB, transposeB: true })
      : matmul(g!, b, { transposeB: !transposeB });
    return [sumTo(da, a.shape), weightGrad(a, b, g!, transposeA, transposeB)];
  },
};

/** dB; where b is one matrix for a whole batch, one product over all rows instead of a sum. */
function weightGrad(a: Tensor, b: Tensor, g: Tensor, transposeA: boolean, transposeB: boolean) {
  let [x, dy] = [a, g];
  if (b.shape.length === 2 && a.shape.length > 2 && !transposeA) {
    x = reshape(a, [-1, a.shape[a.shape.length - 1]]);
    dy = reshape(g, [-1, g.shape[g.shape.length - 1]]);
  }
  const db = transposeB
    ? matmul(dy, x, { transposeA: true, transposeB: transposeA })
    : matmul(x, dy, { transposeA: !transposeA });
  return sumTo(db, b.shape);
}

/**
 * Matrix product over the last two axes, batch axes broadcast as in NumPy. A rank-1 operand is a
 * row (left) or a column (right) whose axis is dropped from the result.
 *
 * @param a [..., m, k] (or [..., k, m] with `transposeA`)
 * @param b [..., k, n] (or [..., n, k] with `transposeB`)
 * @returns [..., m, n]
 * @throws {ShapeError} where inner or batch dimensions differ.
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false } = options;
  if (a.shape.length === 0 || b.shape.length === 0) {
    throw shapeError("matmul", "operands need rank 1 or more", [a, b]);
  }
  const [row, column] = [a.shape.length === 1, b.shape.length === 1];
  const left = row ? expandDims(a, 0) : a;
  const right = column ? expandDims(b, 1) : b;
  const attrs = { transposeA: transposeA && !row, transposeB: transposeB && !column };
  const y = apply(matmulOp, [left, right], attrs)[0];
  if (!row && !column) return y;
  return squeeze(y, [...(row ? [-2] : []), ...(column ? [-1] : [])]);
}
