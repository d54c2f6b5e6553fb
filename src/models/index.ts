/** Model families, each in a file of its own, read from a checkpoint's config.json. */

export { type Adapter, openAdapter, writeAdapterFiles } from "./adapter.ts";
export { ConfigReader } from "./config-reader.ts";
export * from "./decoder.ts";
export {
  type ExportSafetensorsOptions,
  type ExportTransformersJsOptions,
  exportSafetensors,
  exportTransformersJs,
} from "./export-folder.ts";
export { type ExportGgufOptions, exportGguf, type GgufType, ggufTypes } from "./export-gguf.ts";
export {
  type ExportOnnxOptions,
  exportOnnx,
  exportTextGeneration,
  type OnnxExport,
} from "./export-onnx.ts";
export { modelTypes, readModelConfig } from "./families.ts";
export { type LoadOptions, loadModel, type Model } from "./load.ts";
export {
  chanceLevel,
  measureSinks,
  type SinkLayer,
  type SinkReport,
} from "./measure/sinks.ts";
export { type MergeOptions, mergeAdapter } from "./merge.ts";
export { asOnefold } from "./moe-config.ts";
export { hasMtp, mtpProgram } from "./mtp.ts";
export * from "./ofa/index.ts";
export { forwardProgram, stepProgram } from "./programs.ts";
export type { Quantization, QuantizationOptions } from "./quantization.ts";
export {
  type Comparison,
  createComparison,
  type PredictionComparison,
} from "./quantized-compare.ts";
export { saveQuantizedModel } from "./quantized-save.ts";
export { readQwenConfig } from "./qwen.ts";
export { readQwen2Config } from "./qwen2.ts";
export { readQwen2MoeConfig } from "./qwen2-moe.ts";
export { readQwen3Config } from "./qwen3.ts";
export { readQwen35Config, readQwen35MoeConfig } from "./qwen3-5.ts";
export { readQwen3MoeConfig } from "./qwen3-moe.ts";
export { readQwen3NextConfig } from "./qwen3-next.ts";
export { configJson, torchDType, type WriteModelOptions, writeModelFiles } from "./save.ts";
export { decoderState, isRecurrent, type StateArray, stateShape } from "./state.ts";
