/** Evaluation: running what models wrote, and judging it. */

export { Sandbox, type SandboxLimits, type SandboxOutcome } from "./sandbox.ts";
export type {
  Asked,
  AskOptions,
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
  TaskKind,
  Usage,
} from "./types.ts";
