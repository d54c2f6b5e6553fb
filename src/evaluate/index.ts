/** Evaluation: running what models wrote, and judging it. */

export type { Benchmark, BenchmarkOptions, CreateTasks } from "./benchmarks/benchmark.ts";
export { createTasks } from "./benchmarks/create-tasks.ts";
export { benchmarks } from "./benchmarks/registry.ts";
export { type EvaluateOptions, type Evaluation, evaluate } from "./evaluate.ts";
export { reorder as reorderChoices } from "./hellaswag-pro/arrange.ts";
export { type ArtefactPlayer, artefactScores } from "./hellaswag-pro/artefacts.ts";
export { createHellaswagPro, type HellaswagProFrom } from "./hellaswag-pro/create.ts";
export {
  type Form,
  forms as hellaswagProForms,
  type Language,
  type ProDoc,
  type ProItem,
  type Variant,
} from "./hellaswag-pro/forms.ts";
export { type ProData, readPublished as readHellaswagPro } from "./hellaswag-pro/read-published.ts";
export {
  type Answered,
  type Robustness,
  robustnessMetrics,
  robustnessOf,
} from "./hellaswag-pro/robustness.ts";
export { answersOf, type HellaswagProOptions, hellaswagProTask } from "./hellaswag-pro/task.ts";
export { generateHellaswagPro } from "./hellaswag-pro/world/generate.ts";
export { evalImage } from "./image.ts";
export { createLimiter, type Limiter } from "./limiter.ts";
export {
  createPlotExecutor,
  type ExecuteOptions,
  type ExecutePlot,
} from "./mathopeval/execute/execute-plot.ts";
export { compareFigures, type FigureScores } from "./mathopeval/figure/compare.ts";
export type { Figure, FigureElement } from "./mathopeval/figure/figure.ts";
export { renderSvg } from "./mathopeval/figure/render-svg.ts";
export { generateMathOps, type MathOpItem } from "./mathopeval/generate/generate.ts";
export { type Edit, type EditVerdict, judgeEdit } from "./mathopeval/judge-edit.ts";
export { optionBaselines as mathOpBaselines } from "./mathopeval/option-players.ts";
export type { ProgramLimits } from "./mathopeval/python/machine.ts";
export { type PlotOutcome, runPlot } from "./mathopeval/run-plot.ts";
export { scoreAnswer as scoreMathOpAnswer } from "./mathopeval/score-answer.ts";
export { type MathOpTaskOptions, mathOpTask } from "./mathopeval/task.ts";
export { cacheAnswers } from "./model/cache-answers.ts";
export { createEndpointModel, type EndpointOptions } from "./model/endpoint.ts";
export { createLocalModel } from "./model/local-model.ts";
export {
  type Episode,
  type EpisodeOptions,
  type EpisodeStatus,
  newEpisode,
  playTurn,
  type Reply,
  type Turn,
} from "./mtr-bench/episode.ts";
export { createMtrBenchTask, type MtrBenchOptions, modelPlayer } from "./mtr-bench/eval-task.ts";
export {
  type MalformedInstance,
  parsePaperInstances,
  readPaperInstances,
} from "./mtr-bench/import.ts";
export { type Instance, makeInstance, solve as solveInstance } from "./mtr-bench/instance.ts";
export { accuracyByLevel, type MtrScores, scoreEpisodes } from "./mtr-bench/metrics.ts";
export { findPatterns, type TurnPattern } from "./mtr-bench/patterns.ts";
export {
  conversationOf,
  type Message,
  oraclePlayer,
  type Player,
  type PlayOptions,
  play as playEpisode,
  randomPlayer,
} from "./mtr-bench/play.ts";
export { LEVELS as mtrBenchLevels, type Task as MtrBenchTask } from "./mtr-bench/task.ts";
export { findTask as findMtrBenchTask, tasks as mtrBenchTasks } from "./mtr-bench/tasks.ts";
export { type Comparison, compareRuns } from "./report/compare.ts";
export { diffPage, diffRuns, type RunDiff, writeDiff } from "./report/diff.ts";
export { reportPage, writeReport } from "./report/html.ts";
export { shownNumber } from "./report/page.ts";
export { type RunResults, readResults, type StoredMetric, tasksOf } from "./report/read-results.ts";
export { resultsJson, writeResults } from "./report/results.ts";
export { aggregate, type MetricResult } from "./run/aggregate.ts";
export {
  type GroupResult,
  type RunOptions,
  type RunProgress,
  runTask,
  type TaskResult,
} from "./run/run-task.ts";
export * as sage from "./sage/index.ts";
export { Sandbox, type SandboxLimits, type SandboxOutcome } from "./sandbox.ts";
export { type ExactMatchOptions, exactMatchOf, f1Of, passAtK } from "./score/answers.ts";
export {
  type ChoiceMetric,
  type ChoiceScores,
  choiceMetrics,
  scoreChoices,
} from "./score/choices.ts";
export {
  bootstrap,
  clusteredError,
  mcnemar,
  type PairedDifference,
  pairedBootstrap,
  standardError,
  wilsonInterval,
} from "./score/statistics.ts";
export { seedOf } from "./seed.ts";
export {
  type ChatMode,
  chatModes,
  defineTask,
  type Target,
  type TaskSpec,
} from "./task/define-task.ts";
export type { Fewshot } from "./task/fewshot.ts";
export * from "./task/filters.ts";
export { loadTask } from "./task/load-lazily.ts";
export type { LoadTaskOptions } from "./task/load-task.ts";
export type { PromptStyle } from "./task/prompt.ts";
export { readDocuments } from "./task/read-documents.ts";
export type {
  Asked,
  AskOptions,
  EvalImage,
  EvalItem,
  EvalModel,
  EvalTask,
  GenerateRequest,
  Generation,
  ItemContext,
  ItemOutcome,
  ItemRecord,
  Json,
  JsonObject,
  LogLikelihood,
  LogLikelihoodRequest,
  MetricSpec,
  MetricValue,
  ScoredItem,
  Sense,
  TaskKind,
  Usage,
} from "./types.ts";
