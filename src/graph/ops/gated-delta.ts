/** Gated delta rule: linear attention whose state forgets, and corrects what a key recalls. */

import { MICROSOFT, onnx } from "../onnx/contract.ts";
import { type Dim, dimDivide, dimMul, shapeEquals } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { cumsum } from "./cumsum.ts";
import {
  add,
  cast,
  div,
  equal,
  exp,
  greater,
  greaterEqual,
  logicalAnd,
  mul,
  neg,
  sub,
  where,
} from "./elementwise.ts";
import { pad, slice } from "./join.ts";
import { full, iota } from "./leaf.ts";
import { matmul } from "./matmul.ts";
import { broadcastTo, expandDims, reshape, squeeze, transpose } from "./reshape.ts";
import { scan } from "./scan.ts";

export interface GatedDeltaOptions {
  /** State before the first token, [batch, valueHeads, keyDim, valueDim]; zeros if left out. */
  readonly state?: Tensor;
  /** Multiplies the queries (default 1/sqrt(keyDim)). */
  readonly scale?: number;
  /** Tokens that the decomposition takes at once, a power of two (default 64). */
  readonly chunk?: number;
}

interface GatedDeltaAttrs {
  readonly scale: number;
  readonly chunk: number;
}

/** Inputs: q, k, v, g, beta, state. Outputs: output, state. */
const gatedDeltaOp: Op<GatedDeltaAttrs> = {
  name: "gatedDelta",
  infer(inputs) {
    const [q, k, v, g, beta, state] = inputs;
    const [batch, seq, keyHeads, keyDim] = k.shape;
    const [, , valueHeads, valueDim] = v.shape;
    const fits =
      [q, k, v].every((t) => t.shape.length === 4) &&
      inputs.every((t) => t.dtype === q.dtype) &&
      shapeEquals(q.shape, k.shape) &&
      shapeEquals(v.shape, [batch, seq, valueHeads, valueDim]) &&
      typeof keyHeads === "number" &&
      typeof valueHeads === "number" &&
      valueHeads % keyHeads === 0 &&
      typeof keyDim === "number" &&
      [g, beta].every((t) => shapeEquals(t.shape, [batch, seq, valueHeads]));
    if (!fits) throw shapeError("gatedDelta", "operands do not fit", inputs.slice(0, 5));
    const after = [batch, valueHeads, keyDim, valueDim];
    if (!shapeEquals(state.shape, after)) {
      throw shapeError("gatedDelta", `the state is not [${after.join(", ")}]`, [state]);
    }
    return [v, state];
  },
  lower(to, inputs, { inputs: [q, , v], attrs: { scale } }) {
    if (q.dtype !== "f32") return undefined;
    const flat = to.constant("i64", [3], [0, 0, -1]);
    const [query, key, value] = inputs.slice(0, 3).map((x) => to.emit("Reshape", [x, flat]));
    const [g, beta, state] = inputs.slice(3);
    const [y, after] = to.emitMany(
      "LinearAttention",
      [query, key, value, state, g, beta],
      {
        q_num_heads: onnx.int(q.shape[2] as number),
        kv_num_heads: onnx.int(v.shape[2] as number),
        update_rule: onnx.string("gated_delta"),
        scale: onnx.float(scale),
      },
      2,
      MICROSOFT,
    );
    const back = to.constant("i64", [4], [0, 0, v.shape[2] as number, -1]);
    return [to.emit("Reshape", [y, back]), after];
  },
  expand([q, k, v, g, beta, state], { scale, chunk }) {
    const heads = v.shape[2] as number;
    const bhsd = [0, 2, 1, 3];
    const byHead = {
      q: mul(transpose(repeatHeads(q, heads), bhsd), scale),
      k: transpose(repeatHeads(k, heads), bhsd),
      v: transpose(v, bhsd),
      g: transpose(g, [0, 2, 1]),
      beta: transpose(beta, [0, 2, 1]),
    };
    const seq = v.shape[1];
    const whole = typeof seq === "number" || dimDivide(seq, chunk) !== undefined;
    const [y, after] = whole ? inChunks(byHead, state, chunk) : tokenByToken(byHead, state);
    return [transpose(y, bhsd), after];
  },
};

/** Operands by head: [batch, heads, seq, ...]; queries are scaled. */
interface Operands {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly g: Tensor;
  readonly beta: Tensor;
}

/** [batch, seq, keyHeads, dim] -> [batch, seq, heads, dim]: head h is key head h // ratio. */
function repeatHeads(x: Tensor, heads: number): Tensor {
  const [batch, seq, own, width] = x.shape;
  const ratio = heads / (own as number);
  if (ratio === 1) return x;
  const wide = broadcastTo(expandDims(x, 3), [batch, seq, own, ratio, width]);
  return reshape(wide, [batch, seq, heads, width]);
}

/** The recurrence itself, for lengths that are not known to be whole chunks. */
function tokenByToken({ q, k, v, g, beta }: Operands, state: Tensor): [Tensor, Tensor] {
  const first = (x: Tensor) => transpose(x, [2, 0, 1, ...x.shape.slice(3).map((_, i) => 3 + i)]);
  const { carry, ys } = scan(
    ([s], [query, key, value, decay, rate]) => {
      const kept = mul(s, expandDims(expandDims(exp(decay), 2), 3));
      const column = expandDims(key, 3); // [batch, heads, keyDim, 1]
      const recalled = matmul(column, kept, { transposeA: true }); // [batch, heads, 1, valueDim]
      const correction = mul(
        sub(expandDims(value, 2), recalled),
        expandDims(expandDims(rate, 2), 3),
      );
      const next = add(kept, matmul(column, correction));
      return { carry: [next], ys: [squeeze(matmul(expandDims(query, 2), next), [2])] };
    },
    { init: [state], xs: [q, k, v, g, beta].map(first) },
  );
  return [transpose(ys[0], [1, 2, 0, 3]), carry[0]];
}

/**
 * The chunk-parallel form (Yang et al., "Gated Delta Networks", 2024, section 3.3): all within a
 * chunk are matrix products, only the state goes from chunk to chunk.
 */
function inChunks(operands: Operands, state: Tensor, size: number): [Tensor, Tensor] {
  const [batch, heads, seq] = operands.q.shape;
  // Short sequences need no whole chunk. Padded tokens have beta 0, g 0: they change nothing.
  const chunk = typeof seq === "number" ? Math.min(size, 2 ** Math.ceil(Math.log2(seq))) : size;
  const missing = typeof seq === "number" ? (chunk - (seq % chunk)) % chunk : 0;
  const count = typeof seq === "number" ? (seq + missing) / chunk : dimDivide(seq, chunk)!;
  // [count, batch, heads, chunk, ...]
  const cut = (x: Tensor): Tensor => {
    const rest = x.shape.slice(3);
    const parts = reshape(pad(x, 2, 0, missing), [batch, heads, count, chunk, ...rest]);
    return transpose(parts, [2, 0, 1, 3, ...rest.map((_, i) => 4 + i)]);
  };
  const [q, k, v, g, beta] = [operands.q, operands.k, operands.v, operands.g, operands.beta].map(
    cut,
  );
  const c = cumsum(g, 3); // log decay since the start of the chunk
  const { causal, strict } = triangles(chunk);
  // decay[i, j] = exp(c_i - c_j) for j <= i; masked before exp, which would overflow above.
  const gap = sub(expandDims(c, 4), expandDims(c, 3));
  const decay = where(causal, exp(where(causal, gap, 0)), 0);
  const rate = expandDims(beta, 4);
  const betaKeys = mul(k, rate);
  const system = where(strict, mul(matmul(betaKeys, k, { transposeB: true }), decay), 0);
  const inverse = inverseUnitLower(system);
  const fromStart = exp(expandDims(c, 4));
  const u = matmul(inverse, mul(v, rate));
  const w = matmul(inverse, mul(betaKeys, fromStart));
  const scores = mul(matmul(q, k, { transposeB: true }), decay);
  const last = slice(c, 3, chunk - 1); // [count, batch, heads, 1]
  const toEnd = mul(k, expandDims(exp(sub(last, c)), 4));
  const step = ([s]: readonly Tensor[], x: readonly Tensor[]) => {
    const [query, us, ws, score, keys, end] = x;
    const value = sub(us, matmul(ws, s));
    const y = add(matmul(query, s), matmul(score, value));
    const next = add(mul(s, expandDims(end, 3)), matmul(keys, value, { transposeA: true }));
    return { carry: [next], ys: [y] };
  };
  const { carry, ys } = scan(step, {
    init: [state],
    xs: [mul(q, fromStart), u, w, scores, toEnd, exp(last)],
  });
  const y = transpose(ys[0], [1, 2, 0, 3, 4]); // [batch, heads, count, chunk, valueDim]
  const whole = reshape(y, [batch, heads, dimMul(count, chunk), v.shape[4]]);
  return [slice(whole, 2, 0, seq), carry[0]];
}

/** bool [size, size]: j <= i, and j < i. */
function triangles(size: number): { causal: Tensor; strict: Tensor } {
  const [row, column] = [expandDims(iota(size), 1), expandDims(iota(size), 0)];
  return { causal: greaterEqual(row, column), strict: greater(row, column) };
}

/** (I + A)⁻¹ for strictly lower triangular A [..., n, n], n a power of two. */
const inverseUnitLowerOp: Op<Record<never, never>> = {
  name: "inverseUnitLower",
  infer: ([a]) => [a],
  /**
   * Blocks of twice the size from blocks: the inverse of [P 0; R Q] is [P' 0; -Q' R P' Q']. A power
   * series would need fewer steps to write down, but its terms cancel (keys that repeat make
   * entries of A near 1, and powers of A near binomial coefficients).
   */
  expand([a]) {
    const size = a.shape[a.shape.length - 1] as number;
    const index = iota(size);
    const [row, column] = [expandDims(index, 1), expandDims(index, 0)];
    let inverse = cast(equal(row, column), a.dtype);
    for (let half = 1; half < size; half *= 2) {
      const below = where(cornerMask(row, column, half), a, 0);
      // The first inverse is the identity.
      const product = half === 1 ? below : matmul(matmul(inverse, below), inverse);
      inverse = sub(inverse, product);
    }
    return [size === 1 ? add(mul(a, 0), inverse) : inverse];
  },
  // d(M) = -M dA M with M the inverse: dA = -Mᵀ g Mᵀ below the diagonal.
  grad: ({ inputs: [a], outputs: [inverse] }, [g]) => {
    const product = matmul(matmul(inverse, g!, { transposeA: true }), inverse, {
      transposeB: true,
    });
    return [where(triangles(a.shape[a.shape.length - 1] as number).strict, neg(product), 0)];
  },
};

/** Lower left quarters of the diagonal blocks of size 2 · half. */
function cornerMask(row: Tensor, column: Tensor, half: number): Tensor {
  const block = (x: Tensor, size: number) => div(x, size);
  const same = equal(block(row, 2 * half), block(column, 2 * half));
  return logicalAnd(same, greater(block(row, half), block(column, half)));
}

const inverseUnitLower = (a: Tensor): Tensor => apply(inverseUnitLowerOp, [a], {})[0];

export interface GatedDeltaResult {
  /** [batch, seq, valueHeads, valueDim] */
  readonly output: Tensor;
  /** [batch, valueHeads, keyDim, valueDim] */
  readonly state: Tensor;
}

/**
 * Gated delta rule (Yang et al., "Gated Delta Networks", 2024), as in Qwen3-Next and Qwen3.5:
 * S ← e^g S, then S ← S + k ⊗ β (v - Sᵀk), and o = scale · Sᵀq for each token and value head; value
 * head h uses key head h // (valueHeads / keyHeads). Normalise q and k before (`l2Norm`).
 *
 * @param q [batch, seq, keyHeads, keyDim]
 * @param k as q
 * @param v [batch, seq, valueHeads, valueDim]
 * @param g [batch, seq, valueHeads], logarithm of the decay, at most 0
 * @param beta [batch, seq, valueHeads], share of the correction, 0 to 1
 * @throws {ShapeError} where the operands do not fit.
 */
export function gatedDelta(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  g: Tensor,
  beta: Tensor,
  options: GatedDeltaOptions = {},
): GatedDeltaResult {
  const { chunk = 64 } = options;
  if (!(chunk >= 1 && Number.isInteger(Math.log2(chunk)))) {
    throw new Error(`gatedDelta: the chunk ${chunk} is not a power of two`);
  }
  const keyDim = k.shape[3] as number;
  const stateShape: readonly Dim[] = [v.shape[0], v.shape[2], keyDim, v.shape[3]];
  const state = options.state ?? full(stateShape, 0, v.dtype);
  const scale = options.scale ?? 1 / Math.sqrt(keyDim);
  const [output, after] = apply(gatedDeltaOp, [q, k, v, g, beta, state], { scale, chunk });
  return { output, state: after };
}
