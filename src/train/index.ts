/** Training: gradient programs, AdamW and Muon, schedules, data batches, runs that resume exactly. */

export { type AdamWOptions, defaultAdamW } from "./adamw.ts";
export { type AdvantageOptions, groupAdvantages } from "./align/advantages.ts";
export {
  type OnPolicyDistillationOptions,
  onPolicyDistillationLoss,
  type TopKDistillationOptions,
  topKDistillationLoss,
} from "./align/distillation-loss.ts";
export { type PolicyLossOptions, policyLoss, policyPresets } from "./align/policy-loss.ts";
export {
  type DpoOptions,
  dpoLoss,
  type KtoOptions,
  ktoKinds,
  ktoLoss,
  type SimPoOptions,
  simPoLoss,
} from "./align/preference-loss.ts";
export {
  type BatchSource,
  type BucketOptions,
  bucketedBatches,
  type Cursor,
  type MicroBatchOptions,
  microBatch,
  type PoolCursor,
  type PoolSource,
  type Sequence,
} from "./batches.ts";
export { gradientNorm } from "./clipping.ts";
export * from "./criteria/index.ts";
export * from "./data/index.ts";
export {
  type GradientOptions,
  type GradientProgram,
  gradientOf,
  gradientProgram,
  type LossFunction,
  type TracedLoss,
} from "./gradient.ts";
export { type JobOptions, type JobPlan, type JobResult, trainFromConfig } from "./job/job.ts";
export type { MemoryFix, MemoryPlan } from "./job/memory.ts";
export {
  decoderLoss,
  languageModelGradient,
  nextTokenLoss,
  type Packing,
  type TokenLossOptions,
  type TokenModel,
} from "./language-model.ts";
export { withFreshAdapters } from "./lora.ts";
export { createTrainMemory, type TrainMemory, type Treatment } from "./memory.ts";
export { type MemoryOptions, type TrainingMemory, trainingMemory } from "./memory-plan.ts";
export { exceptExpertBias, updateExpertBias } from "./moe/expert-bias.ts";
export {
  type LayerRouting,
  type LoadSummary,
  measureRouting,
  mutualInformation,
  type RoutingReport,
  summarizeLoad,
} from "./moe/measure.ts";
export { withTokenMask } from "./moe/token-mask.ts";
export { type BalanceOptions, withBalance } from "./moe/with-balance.ts";
export type { MuonOptions } from "./muon.ts";
export {
  type LionOptions,
  type OptimizerOptions,
  optimizerStep,
  type SgdOptions,
} from "./optimizer.ts";
export {
  type PolicyPrompt,
  PolicyTrainer,
  type PolicyTrainingOptions,
  type RoundResult,
} from "./rl/policy-trainer.ts";
export {
  exactMatch,
  finalPart,
  type Reward,
  type RewardFunction,
  rewardOf,
  softOverlong,
  thinkFormat,
} from "./rl/reward.ts";
export type { RolledAnswer } from "./rl/roll-out.ts";
export type { RoundMetrics } from "./rl/round-metrics.ts";
export { type RunOptions, run, type StepMetrics } from "./run.ts";
export { resumeRun, savedSteps, saveRun } from "./run-state.ts";
export { rateAt, type Schedule } from "./schedule.ts";
export { type MicroBatch, type StepResult, Trainer, type TrainerOptions } from "./trainer.ts";
