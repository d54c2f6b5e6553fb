/** GET /runs and what it lists: training runs while they grow, in pieces of bounded size. */

import { basename, join } from "node:path";
import type { Call } from "../call.ts";
import { checked, HttpError } from "../errors.ts";
import { type Bucket, BucketList } from "./buckets.ts";
import { METRICS, RunFinder, runFolder } from "./find-runs.ts";
import { lineBucket, parseObject } from "./line-metrics.ts";
import { readLines } from "./read-lines.ts";
import { readRunSettings } from "./run-settings.ts";

/** Of a file, in one answer: what a client that is behind fetches in turn. */
const PIECE = 4 << 20;
/** Rows of an answer; more steps than that share rows. */
const ROWS = 1024;
/** Where samples of the newest evaluations are. */
const SAMPLES = 256 << 10;
const MOST_SAMPLES = 200;
const LONGEST_TEXT = 8000;

export interface RunRoutes {
  list(call: Call): Promise<Response>;
  /** Of one run: what the path names last. */
  one(call: Call): Promise<Response>;
}

/** @param folder undefined: there are none */
export function runRoutes(folder: string | undefined): RunRoutes {
  const finder = folder === undefined ? undefined : new RunFinder(folder);
  return {
    async list() {
      return Response.json({
        object: "list",
        folder: folder === undefined ? null : basename(folder),
        now: Date.now() / 1000,
        data: (await finder?.list()) ?? [],
      });
    },
    async one(call) {
      const url = new URL(call.request.url);
      const path = url.pathname.slice("/runs/".length);
      const cut = path.lastIndexOf("/");
      const asked = path.slice(cut + 1);
      const part = Object.hasOwn(parts, asked) ? parts[asked] : undefined;
      if (cut < 0 || !part) {
        const known = Object.keys(parts).join(", ");
        throw new HttpError(404, `of a run there is /runs/NAME/ and one of: ${known}`, {
          code: "unknown_url",
        });
      }
      const name = checked(() => decodeURIComponent(path.slice(0, cut)));
      const found = folder === undefined ? undefined : await runFolder(folder, name);
      if (found === undefined) {
        throw new HttpError(404, `no run is called "${name.slice(0, 100)}"; /runs lists them`, {
          code: "run_not_found",
        });
      }
      const after = url.searchParams.get("after") ?? undefined;
      return Response.json({ run: name, ...(await part(found, after, call.signal)) });
    },
  };
}

type Part = (folder: string, after: string | undefined, signal: AbortSignal) => Promise<object>;

const parts: Readonly<Record<string, Part>> = {
  metrics: (folder, after, signal) => curves(join(folder, METRICS), after, signal),
  evaluations: (folder, after, signal) => curves(join(folder, "evaluations.jsonl"), after, signal),
  samples: readSamples,
  settings: async (folder) => ({ settings: await readRunSettings(folder) }),
};

/** The next lines as columns, a row for each or for each few. */
async function curves(file: string, after: string | undefined, signal: AbortSignal) {
  const list = new BucketList(ROWS);
  const piece = await readLines(file, {
    after,
    limit: PIECE,
    signal,
    onLine(line) {
      const bucket = lineBucket(line);
      if (bucket) list.add(bucket);
    },
  });
  return { ...pieceFields(piece), ...columnsOf(list.buckets) };
}

const pieceFields = ({ next, hasMore, isRestart }: Awaited<ReturnType<typeof readLines>>) => ({
  next,
  has_more: hasMore,
  is_restart: isRestart,
});

function columnsOf(rows: readonly Bucket[]) {
  const names = new Set(rows.flatMap(({ values }) => [...values.keys()]));
  const isThin = rows.every(({ lines }) => lines === 1);
  const column = (name: string, key: "mean" | "low" | "high") =>
    rows.map(({ values }) => shorten(values.get(name)?.[key]));
  return {
    lines: rows.map(({ lines }) => lines),
    step: rows.map(({ step }) => step),
    tokens: rows.map(({ tokens }) => tokens),
    seconds: rows.map(({ seconds }) => shorten(seconds)),
    metrics: Object.fromEntries(
      Array.from(names, (name) => [
        name,
        {
          mean: column(name, "mean"),
          // Of a row of one line all three are the same.
          ...(!isThin && { low: column(name, "low"), high: column(name, "high") }),
        },
      ]),
    ),
  };
}

/** Digits beyond those of an f32 are noise, and half of the answer. */
const shorten = (value: number | undefined): number | null =>
  value === undefined ? null : Number(value.toPrecision(7));

/** Without `after`, those of the newest evaluations. */
async function readSamples(folder: string, after: string | undefined, signal: AbortSignal) {
  const samples: object[] = [];
  const piece = await readLines(join(folder, "samples.jsonl"), {
    after,
    tail: SAMPLES,
    limit: PIECE,
    signal,
    onLine(line) {
      const { step, prompt, text, expected } = parseObject(line) ?? {};
      if (typeof step !== "number") return;
      const strings = { prompt: cut(prompt), text: cut(text), expected: cut(expected) };
      samples.push({ step, ...strings });
      if (samples.length > MOST_SAMPLES) samples.shift();
    },
  });
  return { ...pieceFields(piece), samples };
}

const cut = (text: unknown): string | undefined =>
  typeof text !== "string"
    ? undefined
    : text.length > LONGEST_TEXT
      ? `${text.slice(0, LONGEST_TEXT)}…`
      : text;
