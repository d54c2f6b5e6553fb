/** SAGE: robustness tests out of any multiple-choice set. */

export {
  type Agreement,
  type AgreementOptions,
  agreementOf,
  type Judgement,
  judgements,
  type Measure,
  type MeasureName,
  type Measures,
  measureNames,
  type RatedVariant,
} from "./agreement.ts";
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
export { type Domain, domains, type KnownType, knownTypes } from "./known-types.ts";
export {
  annotatorSchema,
  appendLabel,
  axisDigitsSchema,
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
export {
  type Axis,
  type AxisLabels,
  type AxisScores,
  axes,
  type BlindNotation,
  type ChoiceContent,
  type ChoiceItem,
  type Digit,
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
