/** GET /reports: runs of `onefold eval` below a folder, their items, and what differs between two. */

import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { pageScriptHash } from "../../evaluate/report/page.ts";
import { nameIn, pathBelow, searchBelow } from "../below-folder.ts";
import type { Call } from "../call.ts";
import { HttpError } from "../errors.ts";
import { told } from "../told.ts";

const MOST_RUNS = 500;
/** Metrics of a run in the list; the report has all. */
const MOST_METRICS = 8;

export interface ReportRoutes {
  list(): Promise<Response>;
  page(call: Call): Promise<Response>;
}

/** @param root undefined: there are none */
export function reportRoutes(root: string | undefined): ReportRoutes {
  let search: Promise<Listed[]> | undefined;
  return {
    async list() {
      search ??= (root === undefined ? Promise.resolve([]) : listReports(root)).finally(() => {
        search = undefined;
      });
      const folder = root === undefined ? null : basename(root);
      return Response.json({ object: "list", folder, data: await search });
    },
    async page({ request }) {
      const fields = new URL(request.url).searchParams;
      const run = await runPath(root, fields.get("run") ?? "");
      const against = fields.get("against");
      const { diffPage, reportPage } = await import("../../evaluate/index.ts");
      const pieces =
        against === null
          ? reportPage(run.path, run.name)
          : diffPage(
              (await runPath(root, against)).path,
              run.path,
              `${run.name} against ${against}`,
            );
      return pageResponse(await told(pieces.next(), root!), pieces);
    },
  };
}

interface Listed {
  /** Path below the folder, parted by slashes; "." for itself. */
  readonly name: string;
  /** Unix seconds. */
  readonly date: number;
  readonly tasks: readonly string[];
  /** null: there are no results yet. */
  readonly model: string | null;
  readonly is_complete: boolean | null;
  readonly metrics: readonly object[];
}

async function listReports(root: string): Promise<Listed[]> {
  const { readResults, tasksOf } = await import("../../evaluate/index.ts");
  const found: Listed[] = [];
  await searchBelow(root, async (name, entries) => {
    if (!entries.some((entry) => entry.name === "journal" && entry.isDirectory())) return false;
    const folder = join(root, name);
    const tasks = await tasksOf(folder).catch((): string[] => []);
    const { mtimeMs = 0 } = (await stat(join(folder, "journal")).catch(() => undefined)) ?? {};
    if (tasks.length === 0 || found.length >= MOST_RUNS) return tasks.length > 0;
    // A damaged results file takes nothing from the journal beside it.
    const results = await readResults(folder).catch(() => undefined);
    found.push({
      name: name === "" ? "." : name,
      date: results?.date ?? mtimeMs / 1000,
      tasks,
      model: results?.model ?? null,
      is_complete: results?.isComplete ?? null,
      metrics: (results?.metrics ?? []).slice(0, MOST_METRICS).map((metric) => {
        return { ...metric, value: Number.isNaN(metric.value) ? null : metric.value };
      }),
    });
    return true;
  });
  return found.sort((a, b) => b.date - a.date);
}

/** @throws HttpError 404 */
async function runPath(root: string | undefined, name: string) {
  const path =
    root !== undefined &&
    (await pathBelow(root, name === "." ? "journal" : nameIn(name, "journal")));
  if (path) return { name, path: join(path, "..") };
  throw new HttpError(404, `no evaluation is called "${name.slice(0, 100)}"; /reports lists them`, {
    code: "run_not_found",
  });
}

/**
 * The page shows what models wrote. It is text there; if it ever were not, no script but the page's
 * own would run, none could reach this server, and nothing be sent or loaded.
 */
const POLICY = [
  "default-src 'none'",
  `script-src ${pageScriptHash}`,
  "style-src 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "sandbox allow-scripts",
].join("; ");

/** @param first taken before there is an answer: what is wrong with the run shows in its status */
function pageResponse(
  first: IteratorResult<string, unknown>,
  rest: AsyncGenerator<string>,
): Response {
  async function* all(): AsyncGenerator<string> {
    if (!first.done) yield first.value;
    yield* rest;
  }
  const body = ReadableStream.from(all()).pipeThrough(new TextEncoderStream());
  return new Response(body, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    },
  });
}
