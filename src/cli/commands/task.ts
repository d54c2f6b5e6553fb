/** `onefold task`: explain an instruction, do it, train on tasks, list the example tasks. */

import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import {
  explainPlan,
  explanationText,
  type GenerateOptions,
  loadTaskModel,
  type Plan,
  parseInstruction,
  planOf,
} from "../../task/index.ts";
import { UsageError } from "../errors.ts";
import { type Io, writeJson, writeLine } from "../io.ts";
import { collect, integer, number } from "../options.ts";
import { configHelp } from "../task/config-help.ts";
import { checkOut } from "../task/output.ts";
import { readRecord } from "../task/record.ts";
import { runPlan } from "../task/run-plan.ts";

interface ClosedFlags {
  readonly closedSet?: string;
  readonly closedSetFile?: string;
}

type RunFlags = ClosedFlags &
  Omit<GenerateOptions, "closedSet" | "signal" | "maxLength"> & {
    readonly set?: readonly string[];
    readonly out?: string;
    readonly maxTokens?: number;
  };

export function define(command: Command, io: Io): void {
  const explain = command
    .command("explain")
    .summary("show what an instruction does with each of its slots")
    .description("Shows what an instruction does with each of its slots.")
    .argument("<instruction>", "what is read -> what is written")
    .option("--model <model>", "fill in its sizes, and say what it lacks (exit code 1)")
    .option("--json", "print machine-readable JSON")
    .action(async (text: string, { model }: { model?: string }, self: Command) =>
      runExplain(io, planOf(parseInstruction(text)), model, self.optsWithGlobals().json === true),
    )
    .addHelpText("after", explainExamples);
  const run = command
    .command("run")
    .summary("do it once")
    .description("Does what an instruction says, once.")
    .argument("<model>", "folder, or ORG/NAME in the cache, of a model made for tasks")
    .argument("<instruction>", "what is read -> what is written")
    .option("--set <name=value>", "what a slot is given (repeatable); see below", collect)
    .option("--closed-set <a,b>", "answers that closed_set slots choose from")
    .option("--closed-set-file <file>", "the same, one a line")
    .option("--out <file>", "write the picture, motion, sound, or image with boxes here")
    .option("--beam <n>", "hypotheses that are followed (default: 5)", integer({ min: 1, max: 64 }))
    .option("--length-penalty <p>", "above 1 favours long answers (default: 1)", number())
    .option("--no-repeat-ngram <n>", "no n tokens in a row twice; 0: any", integer({ min: 0 }))
    .option("--max-tokens <n>", "most tokens of text (default: 64)", integer({ min: 1 }))
    .option("--temperature <t>", "draw instead of searching", number({ min: 0 }))
    .option("--top-k <n>", "draw among the n likeliest tokens", integer({ min: 1 }))
    .option("--top-p <p>", "draw among tokens of total probability p", number({ min: 0, max: 1 }))
    .option("--seed <n>", "same seed, same picture or motion", integer({ min: 0 }))
    .option("--frames <n>", "frames of a motion (default: the model's most)", integer({ min: 1 }))
    .option("--steps <n>", "steps from noise to motion (default: 50)", integer({ min: 1 }))
    .option("--guidance <w>", "how strongly a motion follows its text (default: 1)", number())
    .option("--json", "print machine-readable JSON")
    .action(async (model: string, text: string, flags: RunFlags, self: Command) =>
      runTask(io, model, text, flags, self.optsWithGlobals().json === true),
    )
    .addHelpText("after", runNotes);
  const train = command
    .command("train")
    .summary("train one model on many tasks")
    .description("Trains one model on the tasks of a config file, and measures it on each.")
    .argument("<config>", "YAML or JSON file; paths in it are relative to it")
    .option("--set <key=value>", "override an option of the config (repeatable)", collect)
    .option("--json", "print machine-readable JSON, a line an event")
    .action(async (config: string, { set }: { set?: string[] }, self: Command) => {
      const { trainTaskConfig } = await import("../task/train.ts");
      await trainTaskConfig(io, config, { set, json: self.optsWithGlobals().json === true });
    })
    .addHelpText("after", () => `\n${configHelp()}${trainNotes}`);
  const list = command
    .command("list")
    .summary("list the example tasks")
    .description("Lists the example tasks: instruction, data formats, metric.")
    .option("--json", "print machine-readable JSON")
    .action(async (_: object, self: Command) => {
      const { listTasks } = await import("../task/list.ts");
      await listTasks(io, self.optsWithGlobals().json === true);
    });
  for (const each of [explain, run, train, list]) each.configureHelp({ showGlobalOptions: false });
  command.addHelpText("after", examples);
}

const examples = `
Examples:
  onefold task explain "[IMAGE:img] what does the image describe? -> [TEXT:cap]"
  onefold task run ./my-model "[IMAGE:img] [TEXT:q] -> [TEXT:a]" --set img=cat.png --set q="what is it?"
  onefold task list
  onefold task train tasks.yaml --set train.steps=500`;

const explainExamples = `
Examples:
  onefold task explain "[AUDIO:voice] what is said? -> [TEXT:text]" --model ./my-model
  onefold task explain "[IMAGE:img] is it a cat? -> [TEXT:answer,closed_set]" --json`;

const runNotes = `
--set takes a file for IMAGE, AUDIO, VIDEO and MOTION; left,top,right,bottom for BOX; text, JSON or
a file of either for STRUCT; text for all others. Text and boxes go to standard output, all else to
a file, whose name is printed.

Examples:
  onefold task run ./my-model "[IMAGE:img] where is [TEXT:what]? -> [BOX:box]" \\
    --set img=street.png --set what="the red car" --out found.png
  onefold task run ./my-model "[IMAGE:img] is it day? -> [TEXT:answer,closed_set]" \\
    --set img=street.png --closed-set yes,no
  onefold task run ./my-model "animate [TEXT:text] -> [MOTION:motion]" --set text=waving --out w.bvh`;

const trainNotes = `
A run that was killed, or stopped with Ctrl-C (exit code 130), goes on from its newest checkpoint
when the same command is run again. The output folder has metrics.jsonl, scores.json and final/.

Example, a whole config:
  model: {body: ofa, size: small}
  tasks: [{preset: caption}, {preset: vqa, weight: 2}]
  train: {steps: 2000}
  output: runs/two`;

async function runExplain(
  io: Io,
  plan: Plan,
  spec: string | undefined,
  json: boolean,
): Promise<void> {
  using model = spec === undefined ? undefined : await loadTaskModel(spec);
  const explanation = explainPlan(plan, model);
  if (explanation.lacks.length > 0) io.exitCode = 1;
  if (json) await writeJson(io, explanation);
  else await writeLine(io, explanationText(explanation));
}

async function runTask(
  io: Io,
  spec: string,
  text: string,
  flags: RunFlags,
  json: boolean,
): Promise<void> {
  const { set = [], closedSet: _list, closedSetFile: _file, out, maxTokens, ...search } = flags;
  const plan = planOf(parseInstruction(text));
  const record = await readRecord(plan, set);
  const closedSet = await readClosedSet(plan, flags);
  checkOut(plan, record, out);
  using model = await loadTaskModel(spec);
  await runPlan(io, model, {
    plan,
    record,
    options: { ...search, maxLength: maxTokens, closedSet },
    out,
    ...(json && { json: { instruction: text } }),
  });
}

/** @throws UsageError where a closed set is missing, empty, or without a slot that takes it */
async function readClosedSet(
  { target }: Plan,
  { closedSet: list, closedSetFile: file }: ClosedFlags,
): Promise<string[] | undefined> {
  const isClosed = target.kind === "tokens" && target.isClosed;
  if (list === undefined && file === undefined) {
    if (!isClosed) return undefined;
    throw new UsageError(
      "the instruction has a closed_set slot; give its answers: --closed-set yes,no or " +
        "--closed-set-file FILE",
    );
  }
  if (!isClosed) throw new UsageError("--closed-set has no place: no slot is closed_set");
  if (list !== undefined && file !== undefined) {
    throw new UsageError("give --closed-set or --closed-set-file, not both");
  }
  const answers = (
    file === undefined ? list!.split(",") : (await readFile(file, "utf8")).split("\n")
  )
    .map((answer) => answer.trim())
    .filter((answer) => answer !== "");
  if (answers.length > 0) return answers;
  throw new UsageError(`${file ?? "--closed-set"}: expected answers, found none`);
}
