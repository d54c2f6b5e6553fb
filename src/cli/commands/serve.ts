/** `onefold serve MODEL...`: models behind OpenAI's HTTP API, until it is told to stop. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { resolveModel } from "../../checkpoint/index.ts";
import { type Speculation, speculations } from "../../generate/engine/types.ts";
import { loadLanguageModel, modelName } from "../../generate/language-model.ts";
import { isLoopback } from "../../serve/access.ts";
import {
  adaptedSources,
  createLog,
  createModelPool,
  type Log,
  type ModelSource,
  readStudio,
  startServer,
} from "../../serve/index.ts";
import { findTaskModel, isTaskModel } from "../../task/index.ts";
import { UsageError } from "../errors.ts";
import { type Io, writeJson, writeLine } from "../io.ts";
import { collect, integer, number } from "../options.ts";
import { defaultModelFolder, studioFolder } from "../package-root.ts";
import { addQuantOptions, type QuantFlags, quantization } from "../quant-options.ts";
import { kvCacheOption } from "../run-options.ts";
import { runsFolder, runsOption, workFolder, workOption } from "../runs-option.ts";
import { shippedTasks } from "../task/shipped-tasks.ts";
import { untilStopped } from "../until-stopped.ts";

interface ServeFlags extends QuantFlags {
  readonly host: string;
  readonly port: number;
  readonly apiKeyFile?: string;
  readonly insecure?: boolean;
  readonly cors?: string[];
  readonly slots?: number;
  readonly context?: number;
  readonly queue?: number;
  readonly kvCache?: "int8";
  readonly adapter?: string[];
  readonly speculate?: Speculation;
  readonly bodyLimit: number;
  readonly fileLimit: number;
  readonly timeLimit: number;
  readonly idle?: number;
  readonly quiet?: boolean;
  readonly studio: boolean;
  readonly runs?: string;
  readonly work?: string;
}

export function define(command: Command, io: Io): void {
  addQuantOptions(command)
    .argument(
      "[models...]",
      "folders, or ORG/NAMEs in the cache; NAME=MODEL names one (default: the model shipped)",
    )
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <n>", "port; 0 takes any that is free", integer({ min: 0, max: 65535 }), 8000)
    .option("--api-key-file <path>", "keys that open the API, one a line (or ONEFOLD_API_KEY)")
    .option("--insecure", "listen beyond this machine without a key")
    .option("--cors <origin>", "web page that may call the API, * for all (repeatable)", origins)
    .option("--slots <n>", "answers computed at the same time", integer({ min: 1 }))
    .option("--context <n>", "most tokens of prompt and answer", integer({ min: 1 }))
    .option("--queue <n>", "answers that may wait for a slot", integer({ min: 0 }))
    .option(
      "--adapter <name=dir>",
      "LoRA adapter, served as MODEL:NAME; with several models MODEL:NAME=DIR (repeatable)",
      collect,
    )
    .addOption(kvCacheOption())
    .addOption(
      new Option(
        "--speculate <how>",
        "guess ahead while one answer is computed alone, and verify: from the text, or by the " +
          "model's own multi-token prediction",
      ).choices(speculations),
    )
    .option("--body-limit <mib>", "largest request, in MiB", number({ min: 0.001, max: 1024 }), 8)
    .option(
      "--file-limit <mib>",
      "largest request that holds files for a task, in MiB",
      number({ min: 0.001, max: 1024 }),
      64,
    )
    .option("--time-limit <s>", "longest request, in seconds", number({ min: 0.1 }), 600)
    .option(
      "--idle <s>",
      "close a model after this many seconds without a request",
      number({ min: 0 }),
    )
    .option("--no-studio", "show no page at /, the API alone")
    .addOption(runsOption())
    .addOption(workOption())
    .option("--quiet", "log nothing but errors")
    .action(async (models: string[], flags: ServeFlags, self: Command) => {
      const log = logOf(io, flags);
      const named = models.length > 0 ? models : [defaultModelFolder()];
      const sources = await sourcesOf(named.map(namedModel), flags, log);
      const options = {
        ...flags,
        apiKeys: await readKeys(io, flags.apiKeyFile),
        corsOrigins: flags.cors,
        isInsecure: flags.insecure,
        bodyLimit: Math.round(flags.bodyLimit * 2 ** 20),
        fileLimit: Math.round(flags.fileLimit * 2 ** 20),
        log,
        studio: flags.studio ? await readStudio(studioFolder()) : undefined,
        runs: runsFolder(flags.runs, flags.studio),
        // Written to as well: beyond this machine only where asked for.
        work: workFolder(flags.work, flags.studio && isLoopback(flags.host)),
      };
      const pool = createModelPool(sources, { idleSeconds: flags.idle, tasks: shippedTasks() });
      (await pool.acquire(pool.names[0]!))[Symbol.dispose](); // the first model's errors show now
      const server = await startServer(pool, options);
      const address = { url: server.url, models: pool.names };
      if (self.optsWithGlobals().json) await writeJson(io, address);
      else
        await writeLine(io, `${pool.names.join(", ")} at ${server.url}/v1, chat at ${server.url}`);
      await untilStopped(io, server);
      io.interruptible().throwIfAborted(); // the exit code tells Ctrl-C from a signal to stop
    })
    .addHelpText("after", examples);
}

const examples = `
A second signal ends the answers that are still being given.

Examples:
  onefold serve
  onefold serve Qwen/Qwen3-0.6B --port 9000
  onefold serve Qwen/Qwen3-0.6B --adapter sums=runs/sums/final
  ONEFOLD_API_KEY=secret onefold serve chat=./my-model --host 0.0.0.0`;

/** Collects origins in the form in which browsers send them. */
function origins(text: string, previous?: string[]): string[] {
  const origin = text === "*" ? text : URL.canParse(text) ? new URL(text).origin : "null";
  if (origin !== "null") return collect(origin, previous);
  throw new InvalidArgumentError("Give an origin such as https://page.example, or *.");
}

interface NamedModel {
  readonly name: string;
  readonly spec: string;
}

function namedModel(text: string): NamedModel {
  const named = existsSync(text) ? null : /^([\w.:/-]+)=(.+)$/.exec(text);
  const spec = named?.[2] ?? text;
  return { spec, name: named?.[1] ?? modelName(spec) };
}

async function sourcesOf(
  models: readonly NamedModel[],
  flags: ServeFlags,
  log: Log,
): Promise<ModelSource[]> {
  const { slots, context, queue, kvCache, speculate } = flags;
  const adapters = readAdapters(flags.adapter ?? [], models);
  const quant = quantization(flags);
  const sources = models.map(async ({ name, spec }): Promise<ModelSource[]> => {
    const onWarning = (message: string) => log({ level: "warn", message, model: name });
    const onChoice = (message: string) => log({ level: "info", message, model: name });
    const options = { slots, context, queue, kvCache, speculate, quant, onWarning, onChoice };
    const own = adapters.get(name);
    if (own) return adaptedSources({ name, spec, adapters: own }, options);
    return [
      {
        name,
        load: () => loadLanguageModel(spec, { name, ...options }),
        takesFiles: await resolveModel(spec).then(isTaskModel, () => false), // loading tells why
        loadTasks: () => findTaskModel(spec),
      },
    ];
  });
  return (await Promise.all(sources)).flat();
}

/** Folders of adapters by the name of their model, then by their own. */
function readAdapters(
  given: readonly string[],
  models: readonly NamedModel[],
): Map<string, Map<string, string>> {
  const all = new Map<string, Map<string, string>>();
  for (const text of given) {
    const [, key = "", dir = ""] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    const model =
      models.find(({ name }) => key.startsWith(`${name}:`)) ??
      (models.length === 1 ? models[0] : undefined);
    const name = model && key.startsWith(`${model.name}:`) ? key.slice(model.name.length + 1) : key;
    if (!model || !/^[\w./-]+$/.test(name)) {
      const names = models.map((each) => each.name).join(", ");
      const form = models.length === 1 ? "NAME=FOLDER" : `MODEL:NAME=FOLDER (models: ${names})`;
      throw new UsageError(`--adapter ${text}: expected ${form}`);
    }
    const own = all.get(model.name) ?? new Map<string, string>();
    if (own.has(name)) throw new UsageError(`--adapter ${text}: the name is given twice`);
    all.set(model.name, own.set(name, dir));
  }
  return all;
}

async function readKeys(io: Io, file: string | undefined): Promise<string[]> {
  const text = file === undefined ? (io.env.ONEFOLD_API_KEY ?? "") : await readFile(file, "utf8");
  const keys = text.split("\n").flatMap((line) => line.trim() || []);
  if (file !== undefined && keys.length === 0) throw new UsageError(`${file}: holds no API key`);
  return keys;
}

function logOf(io: Io, { quiet }: ServeFlags): Log {
  const log = createLog((line) => io.stderr.write(line));
  return (record) => {
    if (!quiet || record.level === "error") log(record);
  };
}
