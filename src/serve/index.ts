/**
 * The server: OpenAI's HTTP API over models of this library.
 *
 * @example
 * import { createModelPool, startServer } from "onefold/serve";
 * import { loadLanguageModel } from "onefold/generate";
 *
 * const load = () => loadLanguageModel("models/onefold-mini");
 * await using server = await startServer(createModelPool([{ name: "onefold-mini", load }]));
 * console.log(server.url);
 */

export { type AdaptedBase, adaptedSources } from "./adapted-sources.ts";
export { type App, type AppOptions, createApp } from "./app.ts";
export { createLog, type Log, type LogRecord } from "./log.ts";
export {
  createModelPool,
  type ModelPool,
  type ModelSource,
  type TaskSource,
} from "./model-pool.ts";
export { type RunningServer, type ServerOptions, startServer } from "./server.ts";
export { readStudio, type Studio } from "./studio.ts";
