/** OrtValue: a tensor over memory that JavaScript owns, or over the engine's own. */

import { type DType, dtypes } from "../../graph/dtype.ts";
import type { NDArray } from "../../graph/ndarray.ts";
import type { OrtApi } from "./api.ts";
import { type Env, receive } from "./env.ts";
import type { Pointer } from "./ffi.ts";

const shapeScratch = new BigInt64Array(32);

/**
 * An OrtValue that reads and writes `array.data` in place. The caller keeps `array.data`
 * referenced until the value is released.
 */
export function createValue({ api, cpu }: Env, array: NDArray): Pointer {
  const { data, shape } = array;
  // V8 keeps small typed arrays on its moving heap; asking for the buffer moves them off it.
  void data.buffer;
  const dims = shape.length <= shapeScratch.length ? shapeScratch : new BigInt64Array(shape.length);
  for (let i = 0; i < shape.length; i++) dims[i] = BigInt(shape[i]);
  const { onnx } = dtypes[array.dtype];
  return receive(
    api,
    (out) =>
      api.CreateTensorWithDataAsOrtValue(cpu, data, data.byteLength, dims, shape.length, onnx, out),
    "making a tensor value",
  );
}

const byOnnx = new Map(
  (Object.keys(dtypes) as DType[]).map((dtype) => [dtypes[dtype].onnx, dtype] as const),
);

/** Copies a tensor that the engine allocated into an array of our own. */
export function copyValue(api: OrtApi, value: Pointer): NDArray {
  const info = receive(api, (out) => api.GetTensorTypeAndShape(value, out), "reading an output");
  try {
    const rank = Number(receive(api, (out) => api.GetDimensionsCount(info, out), "output rank"));
    const onnx = Number(
      receive(api, (out) => api.GetTensorElementType(info, out), "output type") & 0xffffffffn,
    );
    const dtype = byOnnx.get(onnx);
    if (!dtype) throw new Error(`an output has ONNX element type ${onnx}, which has no array kind`);
    const dims = new BigInt64Array(Math.max(rank, 16));
    receive(api, () => api.GetDimensions(info, dims, rank), "output shape");
    const shape = Array.from(dims.subarray(0, rank), Number);
    const length = shape.reduce((a, b) => a * b, 1);
    const from = receive(api, (out) => api.GetTensorMutableData(value, out), "output data");
    const buffer = api.copyOut(from, length * dtypes[dtype].bytes);
    return { dtype, shape, data: new dtypes[dtype].array(buffer, 0, length) };
  } finally {
    api.ReleaseTensorTypeAndShapeInfo(info);
  }
}
