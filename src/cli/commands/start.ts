/** `onefold start`, which is `npm start`: the studio in a browser, or a chat right here. */

import { fstatSync } from "node:fs";
import type { Command } from "commander";
import { loadLanguageModel, modelName } from "../../generate/language-model.ts";
import {
  createLog,
  createModelPool,
  type ModelPool,
  type RunningServer,
  readStudio,
  type ServerOptions,
  startServer,
} from "../../serve/index.ts";
import { findTaskModel } from "../../task/index.ts";
import { type Io, writeJson, writeLine } from "../io.ts";
import { openBrowser } from "../open-browser.ts";
import { integer } from "../options.ts";
import { studioFolder } from "../package-root.ts";
import { addRunOptions, type RunFlags } from "../run-options.ts";
import { runsFolder, runsOption, workFolder, workOption } from "../runs-option.ts";
import { shippedTasks } from "../task/shipped-tasks.ts";
import { untilStopped } from "../until-stopped.ts";
import { type Asked, chooseModel, run } from "./run.ts";

interface StartFlags extends RunFlags {
  readonly cli?: boolean;
  readonly port?: number;
  readonly open: boolean;
  readonly runs?: string;
  readonly work?: string;
  readonly json: boolean;
}

export function define(command: Command, io: Io): void {
  command
    .argument("[model]", "folder, or ORG/NAME in the cache (default: the model shipped)")
    .argument("[prompt]", "answer this and end; no studio")
    .option("--cli", "chat in this terminal; the options below are for it")
    .option(
      "--port <n>",
      "port of the studio (default: the first free one from 8080 on)",
      integer({ min: 0, max: 65535 }),
    )
    .option("--no-open", "print the studio's address, open no browser")
    .addOption(runsOption())
    .addOption(workOption());
  addRunOptions(command)
    .action(
      async (
        model: string | undefined,
        prompt: string | undefined,
        given: StartFlags,
        self: Command,
      ) => {
        const asked = chooseModel(model, prompt);
        const flags = { ...given, json: self.optsWithGlobals().json === true };
        if (flags.cli || asked.prompt !== undefined) await run(io, asked, flags);
        else if (isPiped(io)) await answerPipe(io, asked, flags);
        else await serveStudio(io, asked, flags);
      },
    )
    .addHelpText("after", examples);
}

const examples = `
Prompts that come from a pipe or a file are answered, one a line, as by \`onefold run\`.

Examples:
  onefold start
  onefold start Qwen/Qwen3-0.6B
  onefold start --cli --seed 1
  echo "What is 12 + 30?" | onefold start`;

/** Whether prompts can come from standard input: not from a terminal, /dev/null, or nothing. */
function isPiped({ stdin }: Io): boolean {
  if (stdin.isTTY) return false;
  try {
    return !fstatSync(0).isCharacterDevice();
  } catch {
    return false;
  }
}

async function serveStudio(io: Io, asked: Asked, flags: StartFlags): Promise<void> {
  await untilStopped(io, await showStudio(io, asked, flags));
  io.interruptible().throwIfAborted(); // the exit code tells Ctrl-C from a signal to stop
}

/** How long a pipe may be silent before the studio is shown: whoever starts us may own its end. */
const PATIENCE = 2000;

/** Answers what a pipe says; one that says nothing gets the studio, and is still listened to. */
async function answerPipe(io: Io, asked: Asked, flags: StartFlags): Promise<void> {
  const input = firstInput(io);
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<"silent">((resolve) => {
    timer = setTimeout(() => resolve("silent"), PATIENCE);
  });
  const first = await Promise.race([input, silence]);
  clearTimeout(timer);
  if (first !== "silent") return run(io, asked, flags);
  const server = await showStudio(io, asked, flags);
  const stopped = untilStopped(io, server);
  // A pipe that ends without a word leaves the studio running.
  const ended = stopped.then(() => "end" as const);
  const words = input.then((kind) => (kind === "words" ? kind : ended));
  if ((await Promise.race([words, ended])) === "words") {
    await run(io, asked, flags);
    await server.close();
  }
  io.stdin.destroy(); // nothing more is read: an open pipe must not keep the process
  io.interruptible().throwIfAborted();
}

/** What standard input begins with; nothing of it is taken. */
const firstInput = ({ stdin }: Io): Promise<"words" | "end"> =>
  new Promise((resolve) => {
    stdin.once("readable", () => resolve(stdin.readableLength > 0 ? "words" : "end"));
    stdin.once("error", () => resolve("end"));
  });

async function showStudio(
  io: Io,
  { model }: Asked,
  { port, open, json, ...folders }: StartFlags,
): Promise<RunningServer> {
  const [runs, work] = [runsFolder(folders.runs, true), workFolder(folders.work, true)];
  const name = modelName(model);
  const source = {
    name,
    load: () => loadLanguageModel(model, { name }),
    loadTasks: () => findTaskModel(model),
  };
  const pool = createModelPool([source], { tasks: shippedTasks() });
  (await pool.acquire(name))[Symbol.dispose](); // a model that does not load is told of now
  const log = createLog((line) => io.stderr.write(line));
  const server = await startNear(port === undefined ? ports : [port], pool, {
    studio: await readStudio(studioFolder()),
    runs,
    work,
    log: (record) => record.level === "error" && log(record),
  });
  const { url } = server;
  if (json) await writeJson(io, { url, models: [name] });
  else {
    await writeLine(io, `onefold studio with ${name}: ${url}`);
    await writeLine(io, `OpenAI's API: ${url}/v1. Ctrl-C ends it; --cli chats in the terminal.`);
  }
  if (open) openBrowser(url, io.env);
  return server;
}

/** 8080 and the next ones; then any. */
const ports = [...Array.from({ length: 20 }, (_, i) => 8080 + i), 0];

async function startNear(
  [port, ...others]: readonly number[],
  pool: ModelPool,
  options: ServerOptions,
): Promise<RunningServer> {
  try {
    return await startServer(pool, { ...options, port });
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    if (code !== "EADDRINUSE" || others.length === 0) throw error;
    return startNear(others, pool, options);
  }
}
