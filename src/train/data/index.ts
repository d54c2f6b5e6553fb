/** Data: record types, readers, loss masks, packing, streams. */

export { type CheckOptions, checkData, type DataReport, type TokenReport } from "./check.ts";
export type { Media } from "./check-messages.ts";
export { createDecontaminator, type Decontaminator, type Overlap } from "./decontaminate.ts";
export { allKinds as recordKinds } from "./detect-kind.ts";
export {
  createFim,
  cutForFim,
  type FimParts,
  type FimTraining,
  fileSequences,
  fimTokens,
  repositorySequences,
} from "./fim.ts";
export {
  type PackedBatchOptions,
  type PackResult,
  type PackStrategy,
  pack,
  packedBatch,
} from "./pack.ts";
export { DataError, type DataProblem, describeProblem, type Rule, rules } from "./problem.ts";
export { hashFiles, type ReadOptions, readRecords } from "./read-records.ts";
export {
  type DataRecord,
  type RawRecord,
  type RecordKind,
  type RecordOf,
  type Side,
  textsOf,
} from "./record.ts";
export {
  type Dataset,
  openStream,
  type RecordStream,
  type StreamCursor,
  type StreamedRecord,
  type StreamOptions,
} from "./stream.ts";
export { type StreamBatches, type StreamBatchOptions, streamBatches } from "./stream-batches.ts";
export {
  type Learnable,
  type LossOn,
  promptTokens,
  type Samples,
  type SuperviseOptions,
  superviseAnswer,
  toSamples,
} from "./supervise.ts";
