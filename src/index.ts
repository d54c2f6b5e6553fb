/**
 * The public face: concrete arrays and dtypes. Everything else has a sub-path of its own
 * (`onefold/graph`, `onefold/checkpoint`, ...), so that this import stays light and loads no
 * native code.
 */

export {
  bf16ToF32,
  type DType,
  f16ToF32,
  f32ToBf16,
  f32ToF16,
  type TypedArray,
} from "./graph/dtype.ts";
export { byteLength, fromValues, type NDArray, ndarray, toValues, zeros } from "./graph/ndarray.ts";
