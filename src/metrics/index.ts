/** Scores of answers against references. */

export { cohenKappa, gwetAc1, krippendorffAlpha, observedAgreement } from "./agreement.ts";
export { accuracy, exactMatch, normalizeAnswer, tokenF1 } from "./answer-match.ts";
export { auroc, expectedCalibrationError } from "./binary-scores.ts";
export { type BleuOptions, corpusBleu, sentenceBleu, tokenize13a } from "./bleu.ts";
export { type BoxLike, boxOverlap, iouAccuracy, meanIou } from "./box-overlap.ts";
export { type CiderOptions, type CiderResult, cider } from "./cider.ts";
export { pearson, spearman } from "./correlation.ts";
export { type DetectedObject, detectionF1, meanAveragePrecision } from "./detection.ts";
export { characterErrorRate, type EditErrors, editErrors, wordErrorRate } from "./edit-errors.ts";
export { isSudokuSolved, normalizeSql, sqlMatch } from "./exact-structures.ts";
export { jointError } from "./joint-error.ts";
export { fMeasure, macroF1, matthewsCorrelation, microF1 } from "./labels.ts";
export {
  type Metric,
  type MetricName,
  type MetricOptions,
  metric,
  metricNames,
  type RunningScore,
} from "./metric.ts";
export { porterStem } from "./porter-stemmer.ts";
export { parseReferences, type WeightedReference } from "./references.ts";
export { bestRouge, type RougeKind, type RougeOptions, type RougeScore, rouge } from "./rouge.ts";
export {
  cosineSimilarity,
  type MelCepstralOptions,
  melCepstralDistortion,
  type Vector,
} from "./similarity.ts";
export { normalizeVqaAnswer, vqaScore } from "./vqa-score.ts";
