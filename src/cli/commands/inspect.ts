/** `onefold inspect MODEL --sinks`: where a model's attention and large activations go. */

import { mkdir, readFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { writeFileAtomically } from "../../checkpoint/atomic.ts";
import { contextLimit } from "../../generate/index.ts";
import { loadTokenizer, type Tokenizer } from "../../media/text/index.ts";
import {
  type DecoderConfig,
  loadModel,
  measureSinks,
  type SinkLayer,
  type SinkReport,
} from "../../models/index.ts";
import { heatMap } from "../../plot/index.ts";
import { UsageError } from "../errors.ts";
import { type Io, writeJson, writeLine } from "../io.ts";
import { createPaint, fitWidth, formatBytes, formatTable } from "../render.ts";
import { verifyText } from "../verify-text.ts";

interface InspectFlags {
  readonly sinks?: boolean;
  readonly text?: string;
  readonly out?: string;
}

const HEAT_MAP = "first-token-attention.svg";

export function define(command: Command, io: Io): void {
  command
    .argument("<model>", "folder, or ORG/NAME in the cache")
    .option("--sinks", "attention sinks, residual sinks and massive activations, by layer")
    .option("--text <file>", "UTF-8 text to read (default: a page shipped with onefold)")
    .option("--out <folder>", `write a heat map of layers and heads there, ${HEAT_MAP}`)
    .action(async (spec: string, flags: InspectFlags, self: Command) => {
      if (!flags.sinks) throw new UsageError("say what to inspect: --sinks is there");
      await inspectSinks(io, spec, flags, self.optsWithGlobals().json === true);
    })
    .addHelpText("after", notes);
}

const notes = `
The text is read once, as one sequence. First-token attention is the mean over the later tokens'
queries, and over the heads of a layer; beside it stands what equal attention to all that a query
sees would give. A head above 0.3 is a sink head. The largest activation is that of the residual
stream after the layer; it is massive above 100 and above 1,000 times the median. The residual sink
is the mean size of the largest channel, of all tokens but the first, over that of the median one.

Examples:
  onefold inspect Qwen/Qwen3-0.6B --sinks
  onefold inspect ./my-model --sinks --text sample.txt --out sinks`;

async function inspectSinks(
  io: Io,
  spec: string,
  { text, out }: InspectFlags,
  json: boolean,
): Promise<void> {
  using model = await loadModel(spec);
  const tokenizer = await loadTokenizer(model.dir);
  const ids = await readTokens(text, tokenizer, model.config);
  const report = await measureSinks(model, [ids], { signal: io.interruptible() });
  const file = out === undefined ? undefined : await writeHeatMap(out, report);
  if (json) {
    await writeJson(io, { ...report, ...(file !== undefined && { heatMap: file }) });
    return;
  }
  await writeLine(io, render(report, tokenizer, io));
  if (file !== undefined) await writeLine(io, `\n${file}: first-token attention by layer and head`);
}

/** The text's token ids: 2 or more, within the model's context and this machine's memory. */
async function readTokens(
  file: string | undefined,
  tokenizer: Tokenizer,
  config: DecoderConfig,
): Promise<number[]> {
  const limit = contextLimit(config);
  if (file === undefined) return Array.from(tokenizer.encode(verifyText)).slice(0, limit);
  const ids = Array.from(tokenizer.encode(await readFile(file, "utf8")));
  if (ids.length < 2) {
    throw new UsageError(
      `${file}: a text of ${ids.length} tokens shows no attention to an earlier one; give two or more`,
    );
  }
  if (ids.length > limit) {
    throw new UsageError(
      `${file}: ${ids.length} tokens do not fit into the model's context of ${limit}; leave out at ` +
        `least ${ids.length - limit}`,
    );
  }
  // Attention is held as a whole, before and after its softmax: [heads, tokens, tokens] in f32.
  const [bytes, most] = [2 * config.heads * ids.length ** 2 * 4, totalmem() / 2];
  if (bytes > most) {
    const fitting = Math.floor(Math.sqrt(most / (8 * config.heads)));
    throw new UsageError(
      `${file}: the attention of ${ids.length} tokens takes ${formatBytes(bytes)}, more than half ` +
        `of this machine's memory; give a text of at most ${fitting}`,
    );
  }
  return ids;
}

async function writeHeatMap(folder: string, { layers }: SinkReport): Promise<string> {
  const svg = heatMap({
    title: "Attention to the first token",
    x: { label: "head" },
    y: { label: "layer" },
    rows: layers.map(({ firstToken = [] }) => firstToken),
    range: [0, 1],
  });
  await mkdir(folder, { recursive: true });
  const file = join(folder, HEAT_MAP);
  await writeFileAtomically(file, (sink) => sink.write(Buffer.from(svg)));
  return file;
}

function render(report: SinkReport, tokenizer: Tokenizer, io: Io): string {
  const head = [
    "layer",
    "first token",
    "chance",
    "strongest head",
    "largest activation",
    "channel",
    "residual sink",
    "at token",
  ];
  const rows = report.layers.map((layer) => rowOf(layer, tokenizer));
  const massive = report.layers.filter(({ residual }) => residual.isMassive);
  const facts = [
    ["tokens", String(report.tokens)],
    ["first-token attention", `${share(report.firstToken)} (chance ${share(report.chance)})`],
    ["sink heads", `${(100 * report.sinkHeads).toFixed(1)} %`],
    [
      "massive activations",
      massive.length === 0
        ? "none"
        : `after layers ${massive.map(({ layer }) => layer).join(", ")}`,
    ],
  ];
  const [first, ...rest] = formatTable([head, ...rows], [0, 1, 2, 3, 4, 5, 6]).split("\n");
  const paint = createPaint(io.stdout, io.env);
  return [paint.bold(first), ...rest, "", formatTable(facts)].join("\n");
}

const share = (value: number): string => value.toFixed(3);
/** Three significant digits, and no exponent for what is large. */
const figures = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

function rowOf({ layer, firstToken, chance, residual }: SinkLayer, tokenizer: Tokenizer): string[] {
  const { max, sink, isMassive } = residual;
  const heads = firstToken ?? [];
  const mean = heads.reduce((sum, value) => sum + value, 0) / heads.length;
  const strongest = heads.reduce((best, value, i) => (value > heads[best] ? i : best), 0);
  const token = fitWidth(JSON.stringify(tokenizer.decode([max.token])), 24);
  return [
    String(layer),
    firstToken ? share(mean) : "-",
    chance === undefined ? "-" : share(chance),
    firstToken ? `${share(heads[strongest])} (${strongest})` : "-",
    `${figures(max.value)}${isMassive ? " massive" : ""}`,
    String(max.channel),
    figures(sink.ratio),
    `${max.position} ${token}`,
  ];
}
