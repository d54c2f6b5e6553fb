/** `onefold verify MODEL --quant KIND`: how far quantisation moves a model's predictions. */

import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { createCache } from "../../generate/cache.ts";
import { contextLimit } from "../../generate/index.ts";
import { fromValues, zeros } from "../../graph/ndarray.ts";
import { loadTokenizer } from "../../media/text/index.ts";
import {
  createComparison,
  forwardProgram,
  type LoadOptions,
  loadModel,
  type Model,
  type PredictionComparison,
  stepProgram,
} from "../../models/index.ts";
import { createSession } from "../../runtime/index.ts";
import { UsageError } from "../errors.ts";
import { type Io, writeJson, writeLine } from "../io.ts";
import { integer, number } from "../options.ts";
import { addQuantOptions, type QuantFlags, quantization, showChoice } from "../quant-options.ts";
import { formatTable } from "../render.ts";
import { kvCacheOption } from "../run-options.ts";
import { verifyText } from "../verify-text.ts";

interface VerifyFlags extends QuantFlags {
  readonly kvCache?: "int8";
  readonly reference?: string;
  readonly text?: string;
  readonly tokens: number;
  readonly window: number;
  readonly maxKl: number;
  readonly minAgreement: number;
  readonly maxPerplexityRatio: number;
}

export function define(command: Command, io: Io): void {
  command.argument("<model>", "folder, or ORG/NAME in the cache");
  addQuantOptions(command)
    .addOption(kvCacheOption())
    .option("--reference <model>", "model to compare with (default: MODEL's weights in f32)")
    .option("--text <file>", "UTF-8 text to predict (default: a page shipped with onefold)")
    .option("--tokens <count>", "most tokens of the text to use", integer({ min: 2 }), 1024)
    .option("--window <count>", "tokens that are read at once", integer({ min: 2 }), 256)
    .option("--max-kl <nats>", "mean KL divergence that passes", number({ min: 0 }), 0.1)
    .option(
      "--min-agreement <share>",
      "share of equal likeliest tokens that passes",
      number({ min: 0, max: 1 }),
      0.8,
    )
    .option(
      "--max-perplexity-ratio <ratio>",
      "perplexity over that of f32 that passes",
      number({ min: 0 }),
      1.1,
    )
    .action(async (spec: string, flags: VerifyFlags, self: Command) => {
      const { report, failures } = await verify(io, spec, flags);
      if (self.optsWithGlobals().json) {
        await writeJson(io, { ...report, passed: failures.length === 0, failures });
      } else {
        await writeLine(io, render(report));
        for (const failure of failures) io.stderr.write(`onefold: ${failure}\n`);
      }
      if (failures.length > 0) io.exitCode = 1;
    })
    .addHelpText("after", notes);
}

const notes = `
Predictions with quantised weights, or a cache in 8 bits, are compared with those in f32, token by
token of a text.
The exit code is 1 where a limit is exceeded. For int8, --max-kl 0.01 --min-agreement 0.95
--max-perplexity-ratio 1.01 is what a trained model should pass.

Examples:
  onefold verify Qwen/Qwen3-0.6B --quant int4
  onefold verify Qwen/Qwen3-0.6B --kv-cache int8 --max-kl 0.01
  onefold verify ./my-model-gptq --reference ./my-model --text sample.txt --json`;

async function verify(
  io: Io,
  spec: string,
  flags: VerifyFlags,
): Promise<{ report: Report; failures: string[] }> {
  const quant = quantization(flags);
  const signal = io.interruptible();
  const windows = await readWindows(spec, flags);
  const options: LoadOptions = { kvCache: flags.kvCache, quant, onChoice: showChoice(io) };
  using candidate = await loadModel(spec, options);
  const { quantized, kvCache } = candidate.config;
  if (!quantized && !kvCache && flags.reference === undefined) {
    throw new UsageError(`${spec} is not quantised; give --quant int4 or int8, or --reference`);
  }
  using reference = await loadReference(flags.reference ?? spec);
  const { vocabSize } = candidate.config;
  if (reference.config.vocabSize !== vocabSize) {
    throw new UsageError(
      `${flags.reference} has a vocabulary of ${reference.config.vocabSize}, ${spec} one of ` +
        `${vocabSize}; they cannot be compared`,
    );
  }
  const expected = await predictions(reference, windows, signal);
  const compare = async (form: Form): Promise<PredictionComparison> => {
    const found = await predictions(form, windows, signal);
    const comparison = createComparison(vocabSize);
    windows.forEach((ids, i) => {
      comparison.add(expected[i]!, found[i]!, ids.slice(1));
    });
    return comparison.result();
  };
  const report = await compare(candidate);
  const steps = candidate.steps && (await compare(candidate.steps));
  const failures = [report, ...(steps ? [steps] : [])].flatMap((of) => failuresOf(of, flags));
  return { report: { ...report, ...(steps && { steps }) }, failures };
}

/** A model, or its form for steps. */
type Form = Pick<Model, "config" | "weights">;

/** `steps`: of the form for steps, where a model has one of its own. */
type Report = PredictionComparison & { readonly steps?: PredictionComparison };

/** A model with all its weights in floats, whatever it stores. */
async function loadReference(spec: string): Promise<Model> {
  const model = await loadModel(spec);
  return { ...model, config: { ...model.config, quantized: undefined } };
}

async function readWindows(spec: string, flags: VerifyFlags): Promise<number[][]> {
  using model = await loadModel(spec);
  const tokenizer = await loadTokenizer(model.dir);
  const text = flags.text === undefined ? verifyText : await readFile(flags.text, "utf8");
  const ids = Array.from(tokenizer.encode(text)).slice(0, flags.tokens);
  if (ids.length < 2) throw new UsageError("the text has fewer than two tokens; give a longer one");
  const size = Math.min(flags.window, contextLimit(model.config));
  const windows: number[][] = [];
  // The last token of a window is the first of the next: each is predicted once.
  for (let at = 0; at + 1 < ids.length; at += size - 1) windows.push(ids.slice(at, at + size));
  return windows;
}

/** f32 [tokens, vocab] of each window. */
async function predictions(
  model: Form,
  windows: readonly number[][],
  signal: AbortSignal,
): Promise<Float32Array[]> {
  const { weights, config } = model;
  const prepack = config.quantized !== undefined; // floats are read where they lie
  // What a cache in 8 bits changes shows where there is one.
  const isCached = config.kvCache !== undefined;
  const program = isCached ? stepProgram(config, { everyLogit: true }) : forwardProgram(config);
  using session = await createSession(program, { weights, prepack, signal });
  const all: Float32Array[] = [];
  for (const ids of windows) {
    const tokens = fromValues("i64", [1, ids.length], ids);
    const cache = isCached && {
      past: zeros("i32", [1]),
      ...createCache(config, 1, ids.length).inputs,
    };
    const { logits } = await session.run({ tokens, ...cache }, { fetch: ["logits"], signal });
    all.push(logits!.data as Float32Array);
  }
  return all;
}

function failuresOf(report: PredictionComparison, flags: VerifyFlags): string[] {
  const failures: string[] = [];
  const { kl, agreement, perplexityRatio } = report;
  if (!(kl <= flags.maxKl)) {
    failures.push(`the mean KL divergence ${kl.toFixed(4)} exceeds --max-kl ${flags.maxKl}`);
  }
  if (!(agreement >= flags.minAgreement)) {
    const share = agreement.toFixed(3);
    failures.push(`the agreement ${share} falls short of --min-agreement ${flags.minAgreement}`);
  }
  if (!(perplexityRatio <= flags.maxPerplexityRatio)) {
    const ratio = perplexityRatio.toFixed(4);
    const limit = flags.maxPerplexityRatio;
    failures.push(`the perplexity ratio ${ratio} exceeds --max-perplexity-ratio ${limit}`);
  }
  return failures;
}

const render = ({ steps, ...report }: Report): string =>
  steps ? `prompts\n${renderForm(report)}\n\nsteps\n${renderForm(steps)}` : renderForm(report);

const renderForm = (report: PredictionComparison): string =>
  formatTable([
    ["predictions", String(report.tokens)],
    ["KL divergence", `${report.kl.toFixed(5)} nats (largest ${report.maxKl.toFixed(4)})`],
    ["same likeliest token", `${(100 * report.agreement).toFixed(2)} %`],
    ["perplexity in f32", report.referencePerplexity.toFixed(4)],
    ["perplexity quantised", report.perplexity.toFixed(4)],
    ["perplexity ratio", report.perplexityRatio.toFixed(5)],
  ]);
