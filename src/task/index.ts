/** Tasks: one line of text says what a network reads and writes. */

export {
  type AskResult,
  ask,
  type Question,
  type Reply,
  type Route,
  type RoutedQuestion,
  replyOf,
  routeQuestion,
  routes,
} from "./ask.ts";
export {
  type RunTaskTrainingOptions,
  readTaskTraining,
  runTaskTraining,
  type TaskTraining,
  type TaskTrainingResult,
} from "./config/run-training.ts";
export {
  type EvaluateTaskOptions,
  evaluateTask,
  type TaskEvaluation,
  type TaskPrediction,
} from "./evaluate-task.ts";
export {
  type ExplainedModel,
  type ExplainedPart,
  type Explanation,
  explainPlan,
} from "./explain.ts";
export { explanationText } from "./explanation-text.ts";
export * from "./grammar/index.ts";
export { lackedParts, requireParts } from "./lacks.ts";
export { type BodyConfig, bodyOf, type TaskModelConfig, taskJson } from "./model/config.ts";
export {
  findTaskModel,
  isTaskModel,
  type LoadTaskModelOptions,
  loadTaskModel,
} from "./model/folder.ts";
export { type WriteTaskModelOptions, writeTaskModel } from "./model/model-files.ts";
export { parametersOf, type StartingModel } from "./model/starting-model.ts";
export { chatMarks, createVocabulary, spanMarks, type Vocabulary } from "./model/vocabulary.ts";
export { type Plan, planOf } from "./plan.ts";
export type { PrepareOptions, TaskRecord } from "./prepare/context.ts";
export { prepareSample } from "./prepare/prepare.ts";
export type { PreparedSample } from "./prepare/sample.ts";
export {
  type DataFiles,
  glueTask,
  type Preset,
  type PresetOptions,
  preset,
  presetOf,
  presets,
} from "./presets/index.ts";
export * from "./readers/index.ts";
export {
  type RecordPools,
  type RecordSource,
  reread,
  type WorldRecordsOptions,
  worldRecords,
} from "./records.ts";
export type { GenerateOptions } from "./run/options.ts";
export { TaskModel, type TaskModelOptions } from "./run/task-model.ts";
export {
  checkedTask,
  type Task,
  type TaskMetric,
  type TaskOptions,
  type TaskScore,
  task,
} from "./task.ts";
export { layoutOf } from "./train/batch.ts";
export { codesLoss } from "./train/codes-loss.ts";
export { type LossLayout, layoutKey, taskLoss } from "./train/loss.ts";
export { type TaskSourceOptions, type TrainTask, taskSource } from "./train/source.ts";
export type { TaskEvaluationOptions } from "./train/task-observer.ts";
export { type TrainTasksOptions, trainTasks } from "./train/train-tasks.ts";
export * from "./worlds/index.ts";
