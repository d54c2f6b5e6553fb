/** `onefold data check FILE...` and `onefold data schema`: training data before it is trained on. */

import { type Command, Option } from "commander";
import { readConfigJson } from "../../checkpoint/companions.ts";
import { isObject } from "../../checkpoint/json.ts";
import { resolveModel } from "../../checkpoint/resolve.ts";
import { loadChatTemplate, loadTokenizer } from "../../media/text/index.ts";
import {
  checkData,
  type DataReport,
  describeProblem,
  type Media,
  type RecordKind,
  readRecords,
  recordKinds,
  type SuperviseOptions,
  textsOf,
} from "../../train/data/index.ts";
import { UsageError } from "../errors.ts";
import { type Io, writeJson, writeLine } from "../io.ts";
import { collect, integer } from "../options.ts";
import { createPaint, formatCount, formatTable } from "../render.ts";

interface CheckFlags {
  readonly kind?: RecordKind[];
  readonly model?: string;
  readonly maxLength?: number;
  readonly testSet?: string[];
  readonly limit: number;
}

export function define(command: Command, io: Io): void {
  const check = command
    .command("check")
    .summary("name every row that training would refuse")
    .description("Counts rows and tokens, and names every row that training would refuse.")
    .argument("<files...>", "JSONL (.jsonl, .ndjson, .json), Parquet or text")
    .addOption(kindOption("kind of rows that the method takes (default: any)").default(undefined))
    .option("--model <model>", "count its tokens and try its chat template")
    .option("--max-length <n>", "longest sequence (default: the model's)", integer({ min: 2 }))
    .option("--test-set <name=file>", "name rows that repeat a text of it (repeatable)", collect)
    .option("--limit <n>", "problems to print; all are counted", integer({ min: 0 }), 20)
    .option("--json", "print machine-readable JSON")
    .action((files: string[], flags: CheckFlags, self: Command) =>
      runCheck(io, files, flags, self.optsWithGlobals().json === true),
    );
  const schema = command
    .command("schema")
    .summary("print the JSON Schema of a row")
    .description("Prints the JSON Schema of a row.")
    .addOption(kindOption("only this kind"))
    .option("--json", "print it on one line")
    .action(async ({ kind }: { kind?: RecordKind[] }, self: Command) => {
      const { recordJsonSchema } = await import("../../train/data/schema.ts"); // loads zod
      const text = recordJsonSchema(kind?.at(-1));
      const indent = self.optsWithGlobals().json === true ? undefined : 2;
      await writeLine(io, JSON.stringify(text, null, indent));
    });
  for (const each of [check, schema]) each.configureHelp({ showGlobalOptions: false });
  command.addHelpText("after", examples);
}

const kindOption = (text: string): Option =>
  new Option("--kind <kind...>", text).choices(recordKinds);

const examples = `
A row has the keys of one kind: messages; prompt and completion; prompt, chosen and rejected;
prompt, completion and label; text; repo and files; or a prompt and columns for reward functions.
The exit code is 1 where a row is bad.

Examples:
  onefold data check chat.jsonl --kind messages --model Qwen/Qwen3-0.6B
  onefold data check pairs.parquet --kind preference --json
  onefold data schema`;

async function runCheck(
  io: Io,
  files: readonly string[],
  { kind, model: spec, maxLength, testSet, limit }: CheckFlags,
  json: boolean,
): Promise<void> {
  const model = spec === undefined ? undefined : await readModel(spec, maxLength);
  const signal = io.interruptible();
  const report = await checkData(files, {
    kinds: kind,
    media: model?.media ?? "any",
    model: model?.options,
    testSets: testSet && (await readTestSets(testSet)),
    limit,
    signal,
  });
  if (report.problemCount > 0) io.exitCode = 1;
  if (json) await writeJson(io, report);
  else await show(io, report);
}

/** All texts of each file, which is read like training data. */
async function readTestSets(given: readonly string[]): Promise<Record<string, string[]>> {
  const sets: Record<string, string[]> = {};
  for (const each of given) {
    const [name, file] = [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)];
    if (name === "" || !each.includes("=")) {
      throw new UsageError(`--test-set ${each}: expected NAME=FILE, as in gsm8k=test.jsonl`);
    }
    const records = readRecords([file], { kinds: recordKinds, media: "any" });
    sets[name] ??= [];
    for await (const record of records) sets[name].push(...textsOf([record]));
  }
  return sets;
}

/** Tokenizer, template and limits; the weights are not needed. */
async function readModel(spec: string, maxLength?: number) {
  const dir = await resolveModel(spec);
  const { values } = await readConfigJson(dir);
  const inner = isObject(values.text_config) ? values.text_config : values;
  const context = Number(inner.max_position_embeddings ?? Number.POSITIVE_INFINITY);
  const media: Media[] = [];
  if (isObject(values.vision_config)) media.push("image", "video");
  if (isObject(values.audio_config)) media.push("audio");
  const options: SuperviseOptions = {
    tokenizer: await loadTokenizer(dir),
    template: await loadChatTemplate(dir).catch((error: Error) => error),
    maxLength: maxLength ?? context,
  };
  return { options, media };
}

async function show(io: Io, report: DataReport): Promise<void> {
  const { rows, kinds, channels, problems, problemCount, tokens } = report;
  const paint = createPaint(io.stdout, io.env);
  const table: string[][] = [["rows", String(rows)]];
  for (const [kind, count] of Object.entries(kinds)) table.push([`  ${kind}`, String(count)]);
  for (const [name, count] of Object.entries(channels)) {
    table.push([`  channel ${name}`, String(count)]);
  }
  if (tokens) {
    const { sequences, total, supervised, longest, cut } = tokens;
    const share = total === 0 ? 0 : (100 * supervised) / total;
    table.push(
      ["sequences", String(sequences)],
      ["tokens", formatCount(total)],
      ["supervised", `${share.toFixed(1)} %`],
      ["longest", String(longest)],
      ["cut", String(cut)],
    );
  }
  table.push(["problems", String(problemCount)]);
  await writeLine(io, formatTable(table, [1]));
  if (tokens && tokens.sequences > 0) await writeLine(io, `\n${histogram(tokens.lengths)}`);
  if (problems.length > 0) await writeLine(io, "");
  for (const problem of problems) await writeLine(io, paint.red(describeProblem(problem)));
  const more = problemCount - problems.length;
  if (more > 0) await writeLine(io, `and ${more} more; --limit shows them`);
}

/** Bars of up to 40 characters. */
function histogram(lengths: readonly { upTo: number; count: number }[]): string {
  const most = Math.max(...lengths.map(({ count }) => count));
  const rows = lengths.map(({ upTo, count }) => [
    `up to ${upTo} tokens`,
    String(count),
    "#".repeat(Math.ceil((40 * count) / most)),
  ]);
  return formatTable(rows, [1]);
}
