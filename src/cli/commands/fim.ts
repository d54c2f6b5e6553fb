/** `onefold fim MODEL FILE`: writes what belongs at the cursor of a source file. */

import { readFile } from "node:fs/promises";
import { basename, relative, resolve, sep } from "node:path";
import type { Command } from "commander";
import {
  createDecoderSession,
  type FimInput,
  fillInMiddle,
  readRepository,
} from "../../generate/index.ts";
import { loadTokenizer } from "../../media/text/index.ts";
import { loadModel } from "../../models/index.ts";
import { UsageError } from "../errors.ts";
import { type Io, writeJson } from "../io.ts";
import { integer, number } from "../options.ts";
import { addQuantOptions, type QuantFlags, quantization, showChoice } from "../quant-options.ts";

interface FimFlags extends QuantFlags {
  readonly prefixFile?: string;
  readonly suffixFile?: string;
  readonly cursor: string;
  readonly repo?: string;
  readonly maxTokens: number;
  readonly temperature?: number;
  readonly seed?: number;
}

export function define(command: Command, io: Io): void {
  addQuantOptions(command)
    .argument("<model>", "folder, or ORG/NAME in the cache")
    .argument("[file]", "source file with the cursor's mark in it")
    .option("--cursor <text>", "the mark", "<|cursor|>")
    .option("--prefix-file <path>", "text before the cursor, instead of a marked file")
    .option("--suffix-file <path>", "text behind the cursor")
    .option("--repo <folder>", "show the model this folder's other files too")
    .option("--max-tokens <n>", "most tokens to write", integer({ min: 1 }), 256)
    .option("--temperature <t>", "randomness (default: the likeliest)", number({ min: 0 }))
    .option("--seed <n>", "same seed, same text", integer({ min: 0 }))
    .action(async (spec: string, file: string | undefined, flags: FimFlags, self: Command) => {
      const input = await readInput(file, flags);
      await complete(io, spec, input, flags, self.optsWithGlobals().json === true);
    })
    .addHelpText("after", examples);
}

const examples = `
The completion goes to standard output exactly as the model wrote it. A prompt that is too long
loses files of --repo first (the farthest from the one with the cursor), then text far from the
cursor; standard error says so.

Examples:
  onefold fim Qwen/Qwen2.5-Coder-1.5B main.py
  onefold fim Qwen/Qwen2.5-Coder-1.5B src/app.ts --repo . --max-tokens 64
  onefold fim Qwen/Qwen2.5-Coder-1.5B --prefix-file before.txt --suffix-file after.txt`;

async function readInput(file: string | undefined, flags: FimFlags): Promise<FimInput> {
  const { prefixFile, suffixFile, cursor, repo } = flags;
  if ((file === undefined) === (prefixFile === undefined)) {
    throw new UsageError("give a marked file, or --prefix-file (and --suffix-file)");
  }
  if (file !== undefined && suffixFile !== undefined) {
    throw new UsageError("--suffix-file belongs to --prefix-file; a marked file has both parts");
  }
  const path = file ?? prefixFile!;
  const text = await readFile(path, "utf8");
  const parts =
    file === undefined
      ? { prefix: text, ...(suffixFile && { suffix: await readFile(suffixFile, "utf8") }) }
      : splitAtCursor(file, text, cursor);
  return repo === undefined ? parts : { ...parts, repo: await readRepo(repo, path) };
}

function splitAtCursor(file: string, text: string, cursor: string) {
  const at = cursor === "" ? -1 : text.indexOf(cursor);
  if (at < 0 || text.includes(cursor, at + 1)) {
    const found = at < 0 ? "not there" : "there more than once";
    throw new Error(
      `${file}: the cursor's mark ${JSON.stringify(cursor)} is ${found}; put it where the text ` +
        "belongs, or name another with --cursor",
    );
  }
  return { prefix: text.slice(0, at), suffix: text.slice(at + cursor.length) };
}

async function readRepo(folder: string, file: string) {
  const root = resolve(folder);
  const inside = relative(root, resolve(file));
  const isInside = inside !== "" && !inside.startsWith("..");
  const path = isInside ? inside.split(sep).join("/") : basename(file);
  return { name: basename(root), path, files: await readRepository(root, { target: path }) };
}

async function complete(
  io: Io,
  spec: string,
  input: FimInput,
  { maxTokens, temperature, seed, ...flags }: FimFlags,
  json: boolean,
): Promise<void> {
  using model = await loadModel(spec, { quant: quantization(flags), onChoice: showChoice(io) });
  const tokenizer = await loadTokenizer(model.dir);
  const signal = io.interruptible();
  using session = await createDecoderSession(model, { signal });
  const sampling = { ...(temperature === undefined ? {} : { temperature }), seed };
  const items = fillInMiddle(session, tokenizer, input, { ...sampling, maxTokens, signal });
  let completion = "";
  const show = (text: string): void => {
    completion += text;
    if (!json) io.stdout.write(text);
  };
  let next = await items.next();
  for (; !next.done; next = await items.next()) show(next.value.text);
  const { rest, finishReason, promptTokens, completionTokens, leftOut, cut } = next.value;
  show(rest);
  if (json) {
    const usage = { promptTokens, completionTokens };
    await writeJson(io, { completion, finishReason, usage, leftOut, cut });
    return;
  }
  if (io.stdout.isTTY) io.stdout.write("\n");
  if (leftOut.length > 0) io.stderr.write(`left out, too long: ${leftOut.join(", ")}\n`);
  if (cut > 0) io.stderr.write(`left out: ${cut} tokens far from the cursor\n`);
}
