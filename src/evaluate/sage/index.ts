/** SAGE: robustness tests out of any multiple-choice set. */

export {
  type Agreement,
  type AgreementOptions,
  agreementOf,
  type Measure,
  type MeasureName,
  type Measures,
  measureNames,
  type RatedVariant,
} from "./agreement.ts";
export type { Audit } from "./build/audit.ts";
export {
  type BuildOptions,
  type BuildProgress,
  type BuildResult,
  type BuiltVariant,
  buildVariants,
  type TypeOutcome,
} from "./build/build.ts";
export { type ChooseOptions, type Chosen, chooseThresholds } from "./build/choose-thresholds.ts";
export { likelyOrSampled, openRole, type RoleOptions, sharedWeights } from "./build/open-role.ts";
export { type Prices, readPrices } from "./build/prices.ts";
export { type BadItem, choiceItemsOf, readChoiceItems } from "./build/read-items.ts";
export { type BuildReport, type ReportOptions, reportOf, type TypeReport } from "./build/report.ts";
export type { TypeThreshold } from "./build/threshold.ts";
export { filesBeside, type WriteOptions, writeBuild } from "./build/write.ts";
export {
  type Calibration,
  calibrate,
  chooseThreshold,
  isValid,
  type LabelledScores,
  recalibrate,
  type Threshold,
} from "./calibrate.ts";
export { compareRaters, type RaterComparison, type RaterReport } from "./compare-raters.ts";
export {
  type Corruption,
  type CorruptOptions,
  corrupt,
  corruptions,
  type LabelledVariant,
} from "./corrupt.ts";
export {
  type Assessment,
  assess,
  readVariant,
  type VariantRow,
  variantPrompt,
  verifierReward,
} from "./gen.ts";
export { jsonNotation } from "./json-notation.ts";
export {
  chooseTypes,
  type Domain,
  definitionOf,
  domains,
  type KnownType,
  knownTypes,
} from "./known-types.ts";
export { labelledVariants, type SourcedVariant } from "./labelled.ts";
export {
  appendLabel,
  axisLabels,
  checkSame,
  readLabels,
  type VariantLabel,
} from "./labels.ts";
export {
  createVariantQual,
  type Qualification,
  type QualOptions,
  type VariantQual,
} from "./qual.ts";
export {
  defaultWeights,
  gateProblem,
  type JudgedVariant,
  leak,
  novelty,
  type RewardOptions,
  validity,
  variantReward,
} from "./reward.ts";
export { type Stretch, variantStretches, verdictStretches } from "./supervise.ts";
export { type TrainingOptions, weightsOf } from "./train/job.ts";
export {
  type PolicyOptions,
  type TrainedGen,
  type TrainGenOptions,
  trainGen,
} from "./train/train-gen.ts";
export { type TrainedQual, type TrainQualOptions, trainQual } from "./train/train-qual.ts";
export { type Judge, measureValidity, type Validity } from "./train/validity.ts";
export { readTrainedRole, type TrainedRole } from "./trained-role.ts";
export {
  type Axis,
  type AxisLabels,
  type AxisScores,
  axes,
  type BlindNotation,
  type ChoiceContent,
  type ChoiceItem,
  type Digit,
  type Judgement,
  judgements,
  type Notation,
  type Prompt,
  type VariantType,
} from "./types.ts";
export {
  contentOf,
  readVariants,
  type StoredVariant,
  type StoredVerdict,
  type VariantRecord,
} from "./variant-file.ts";
