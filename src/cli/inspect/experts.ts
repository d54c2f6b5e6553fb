/** `onefold inspect MODEL --experts`: how a mixture's routers spread text of several domains. */

import { readFile } from "node:fs/promises";
import { contextLimit } from "../../generate/index.ts";
import { loadTokenizer, type Tokenizer } from "../../media/text/index.ts";
import { type DecoderConfig, loadModel } from "../../models/index.ts";
import { type LayerRouting, measureRouting, type RoutingReport } from "../../train/index.ts";
import { UsageError } from "../errors.ts";
import { type Io, writeJson, writeLine } from "../io.ts";
import { createPaint, formatTable } from "../render.ts";
import { verifyText } from "../verify-text.ts";
import { writeHeatMap } from "./heat-map-file.ts";

export interface ExpertFlags {
  readonly text?: string;
  /** `NAME=FILE` each. */
  readonly domain?: readonly string[];
  readonly out?: string;
}

/** Tokens of a text that are read as one sequence. */
const WINDOW = 1024;

export async function inspectExperts(
  io: Io,
  spec: string,
  flags: ExpertFlags,
  json: boolean,
): Promise<void> {
  const files = domainFiles(flags);
  using model = await loadModel(spec);
  const { moe } = model.config;
  if (!moe) {
    throw new UsageError(
      `${spec}: a ${model.config.modelType} model without experts; --sinks works`,
    );
  }
  const tokenizer = await loadTokenizer(model.dir);
  const domains: Record<string, number[][]> = {};
  for (const [name, file] of files) {
    domains[name] = await readWindows(file, tokenizer, model.config);
  }
  const report = await measureRouting(model, domains, { signal: io.interruptible() });
  const maps = flags.out === undefined ? [] : await writeMaps(flags.out, report, model.config);
  if (json) {
    await writeJson(io, { ...report, ...(maps.length > 0 && { heatMaps: maps }) });
    return;
  }
  const counted = Object.values(domains).map((windows) => windows.flat().length);
  await writeLine(io, render(report, counted, moe, io));
  if (maps.length > 0) await writeLine(io, `\nload by layer and expert: ${maps.join(", ")}`);
}

/** Names of domains with their files; undefined: the page shipped with onefold. */
function domainFiles({ text, domain = [] }: ExpertFlags): Map<string, string | undefined> {
  const files = new Map<string, string | undefined>();
  if (text !== undefined || domain.length === 0) files.set("text", text);
  for (const given of domain) {
    const [, name, file] = /^([\p{L}\p{N}_.-]+)=(.+)$/u.exec(given) ?? [];
    if (name === undefined || file === undefined) {
      throw new UsageError(`--domain ${given}: expected NAME=FILE, as in code=program.ts`);
    }
    if (files.has(name)) throw new UsageError(`--domain ${given}: there is a "${name}" already`);
    files.set(name, file);
  }
  return files;
}

async function readWindows(
  file: string | undefined,
  tokenizer: Tokenizer,
  config: DecoderConfig,
): Promise<number[][]> {
  const text = file === undefined ? verifyText : await readFile(file, "utf8");
  const ids = Array.from(tokenizer.encode(text));
  if (ids.length === 0) {
    throw new UsageError(`${file}: an empty text shows nothing; give one of a token or more`);
  }
  const size = Math.min(WINDOW, contextLimit(config));
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, i) =>
    ids.slice(i * size, (i + 1) * size),
  );
}

/** One map a domain, all of one range, in multiples of an even load; layers without experts stay open. */
async function writeMaps(
  folder: string,
  { domains, layers }: RoutingReport,
  { layers: count, moe }: DecoderConfig,
): Promise<string[]> {
  const even = moe!.topK / moe!.experts; // layers of experts were measured
  const tables = domains.map((_, d) => {
    const rows = Array.from({ length: count }, (): number[] => []);
    for (const { path, frequencies } of layers) {
      rows[layerOf(path)] = frequencies[d]!.map((share) => share / even);
    }
    return rows;
  });
  const most = Math.max(...tables.flat(2));
  const files: string[] = [];
  for (const [d, rows] of tables.entries()) {
    const map = {
      title: `Load of experts over an even one: ${domains[d]}`,
      x: { label: "expert" },
      y: { label: "layer" },
      rows,
      range: [0, most],
    } as const;
    files.push(await writeHeatMap(folder, `experts-${domains[d]}.svg`, map));
  }
  return files;
}

const layerOf = (path: string): number => Number(/\.(\d+)\./.exec(path)?.[1]);

function render(
  { domains, layers }: RoutingReport,
  tokens: readonly number[],
  { experts, topK }: NonNullable<DecoderConfig["moe"]>,
  io: Io,
): string {
  const isCompared = domains.length > 1;
  const head = ["layer", "MaxVio", "variation", "dead", "entropy"];
  if (isCompared) head.push("tells of domain", "largest share");
  const rows = layers.map((layer) => rowOf(layer, domains, isCompared));
  const facts = [
    ["experts", `${experts}, of which a token goes through ${topK}`],
    ["entropy", `of at most ${Math.log(experts).toFixed(3)} nats`],
    ...domains.map((name, d) => [name, `${tokens[d]} tokens`]),
  ];
  const mean = layers.reduce((sum, { information }) => sum + information, 0) / layers.length;
  if (isCompared) {
    const most = Math.log2(domains.length).toFixed(3);
    facts.push(["experts tell of domain", `${mean.toFixed(3)} bits of ${most}, mean over layers`]);
  }
  const numbers = head.map((_, i) => i).slice(0, 6);
  const [first, ...rest] = formatTable([head, ...rows], numbers).split("\n");
  const paint = createPaint(io.stdout, io.env);
  return [paint.bold(first), ...rest, "", formatTable(facts)].join("\n");
}

function rowOf(
  { path, frequencies, entropy, load, information }: LayerRouting,
  domains: readonly string[],
  isCompared: boolean,
): string[] {
  const mean = entropy.reduce((sum, value) => sum + value, 0) / entropy.length;
  const own = [
    String(layerOf(path)),
    load.maxViolation.toFixed(3),
    load.variation.toFixed(3),
    String(load.dead),
    mean.toFixed(3),
  ];
  if (!isCompared) return own;
  let [domain, expert] = [0, 0];
  frequencies.forEach((row, d) => {
    row.forEach((share, e) => {
      if (share > frequencies[domain]![expert]!) [domain, expert] = [d, e];
    });
  });
  const share = (100 * frequencies[domain]![expert]!).toFixed(0);
  return [...own, information.toFixed(3), `${share} % of ${domains[domain]} (${expert})`];
}
