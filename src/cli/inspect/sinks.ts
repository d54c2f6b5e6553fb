/** `onefold inspect MODEL --sinks`: where a model's attention and large activations go. */

import { readFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { contextLimit } from "../../generate/index.ts";
import { loadTokenizer, type Tokenizer } from "../../media/text/index.ts";
import {
  type DecoderConfig,
  loadModel,
  measureSinks,
  type SinkLayer,
  type SinkReport,
} from "../../models/index.ts";
import { UsageError } from "../errors.ts";
import { type Io, writeJson, writeLine } from "../io.ts";
import { createPaint, fitWidth, formatBytes, formatTable } from "../render.ts";
import { verifyText } from "../verify-text.ts";
import { writeHeatMap } from "./heat-map-file.ts";

const HEAT_MAP = "first-token-attention.svg";

export interface SinkFlags {
  readonly text?: string;
  readonly out?: string;
}

export async function inspectSinks(
  io: Io,
  spec: string,
  { text, out }: SinkFlags,
  json: boolean,
): Promise<void> {
  using model = await loadModel(spec);
  const tokenizer = await loadTokenizer(model.dir);
  const ids = await readTokens(text, tokenizer, model.config);
  const report = await measureSinks(model, [ids], { signal: io.interruptible() });
  const file = out === undefined ? undefined : await attentionMap(out, report);
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

const attentionMap = (folder: string, { layers }: SinkReport): Promise<string> =>
  writeHeatMap(folder, HEAT_MAP, {
    title: "Attention to the first token",
    x: { label: "head" },
    y: { label: "layer" },
    rows: layers.map(({ firstToken = [] }) => firstToken),
    range: [0, 1],
  });

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
