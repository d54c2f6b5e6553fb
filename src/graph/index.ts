/** Trace, differentiate, lower: symbolic tensors and the ops on them. */

export * from "./dtype.ts";
export { grad, vjp } from "./grad.ts";
export * from "./ndarray.ts";
export { type LowerOptions, lower } from "./onnx/lowering.ts";
export * from "./ops/activation.ts";
export * from "./ops/attention.ts";
export * from "./ops/cond.ts";
export * from "./ops/elementwise.ts";
export * from "./ops/gather.ts";
export * from "./ops/join.ts";
export * from "./ops/leaf.ts";
export * from "./ops/loss.ts";
export * from "./ops/math.ts";
export * from "./ops/matmul.ts";
export * from "./ops/norm.ts";
export * from "./ops/pad-modes.ts";
export * from "./ops/reduce.ts";
export * from "./ops/reshape.ts";
export * from "./ops/rotary.ts";
export * from "./ops/scan.ts";
export * from "./ops/softmax.ts";
export * from "./ops/sort.ts";
export type { Port, Program, WeightSource } from "./program.ts";
export { remat } from "./remat.ts";
export * from "./shape.ts";
export { labelled, ShapeError, Tensor, type TensorType } from "./tensor.ts";
