/** `onefold pull`: a repository of the hub into the cache that Python's tools share. */

import { copyFile, mkdir, readlink, rm, statfs, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { writeFileAtomically } from "./atomic.ts";
import {
  hubCacheDir,
  hubEndpoint,
  hubToken,
  isCommit,
  isOffline,
  repositoryDir,
  requireModelId,
  requireRevision,
} from "./hub-cache.ts";
import { ContentMismatchError, downloadBlob, hasBlob, type OpenRange } from "./hub-download.ts";
import { hubError, isTransient } from "./hub-errors.ts";
import { checkEntry, type HubFile, isWanted, matchesAny } from "./hub-files.ts";
import { findSnapshot } from "./resolve.ts";

export interface PullProgress {
  /** The file that is being fetched, and all files of the pull. */
  readonly file: string;
  readonly filesDone: number;
  readonly filesTotal: number;
  /** Bytes of all files, those already on disk included. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** Mean rate of this run; undefined before anything has arrived. */
  readonly bytesPerSecond: number | undefined;
  readonly secondsLeft: number | undefined;
}

export interface PullOptions {
  /** Branch, tag or commit (default main). */
  readonly revision?: string;
  /** Shell patterns of files to take (default: all but weights in formats that are not read). */
  readonly include?: readonly string[];
  readonly onProgress?: (progress: PullProgress) => void;
  readonly signal?: AbortSignal;
  /** Default: HF_TOKEN, else the token file of `hf auth login`. */
  readonly token?: string;
  /** Default: HF_ENDPOINT, else https://huggingface.co. */
  readonly endpoint?: string;
  /** Use the cache only (default: HF_HUB_OFFLINE). */
  readonly offline?: boolean;
  /** Default: HF_HUB_CACHE, HF_HOME/hub, ~/.cache/huggingface/hub. */
  readonly cacheDir?: string;
  /** How often a dropped connection is taken up again, per file (default 5). */
  readonly retries?: number;
}

/**
 * Downloads a model into the hub's cache. Files that are there are not fetched again, an
 * interrupted file is continued, every file's hash is checked.
 *
 * @param id hub id, `org/name`
 * @returns the snapshot's folder
 * @throws Error of one sentence: unknown model, missing token, no network, full disk, wrong hash
 * @example
 * const folder = await pull("Qwen/Qwen3-0.6B", { onProgress: (p) => console.log(p.bytesDone) });
 */
export async function pull(id: string, options: PullOptions = {}): Promise<string> {
  requireModelId(id);
  const revision = options.revision ?? "main";
  requireRevision(revision);
  const cacheDir = options.cacheDir ?? hubCacheDir();
  if (options.offline ?? isOffline()) {
    const snapshot = await findSnapshot(id, cacheDir, revision);
    if (snapshot !== undefined) return snapshot;
    throw new Error(
      `${id}: not in the cache ${cacheDir} and the hub is switched off; unset HF_HUB_OFFLINE`,
    );
  }
  const hub = await connect(id, options);
  const repository = repositoryDir(cacheDir, id);
  const { commit, files } = await hub.list(revision).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    throw hub.explain(error);
  });
  const chosen = choose(id, files, options.include);
  const missing = await findMissing(repository, chosen);
  await requireSpace(id, cacheDir, missing);

  const report = progressReporter(chosen, missing, options.onProgress);
  await mkdir(join(repository, "blobs"), { recursive: true });
  for (const file of missing) {
    report.start(file);
    if (!(await hasBlob(file, blobPath(repository, file)))) {
      await downloadWithRetries(hub, file, commit, repository, report.add, options);
    }
    report.finish();
  }
  const snapshot = join(repository, "snapshots", commit);
  for (const file of chosen) await link(blobPath(repository, file), join(snapshot, file.path));
  // The branch names the commit only once its files are there.
  if (!isCommit(revision)) {
    const reference = join(repository, "refs", revision);
    await mkdir(dirname(reference), { recursive: true });
    await writeFileAtomically(reference, (sink) => sink.write(Buffer.from(commit)));
  }
  return snapshot;
}

interface Hub {
  list(revision: string): Promise<{ commit: string; files: HubFile[] }>;
  open(file: HubFile, commit: string, start: number): ReturnType<OpenRange>;
  explain(error: unknown): Error;
}

async function connect(id: string, options: PullOptions): Promise<Hub> {
  const { downloadFile, fileDownloadInfo, listFiles, modelInfo } = await import("@huggingface/hub");
  const endpoint = (options.endpoint ?? hubEndpoint()).replace(/\/+$/, "");
  const token = options.token ?? (await hubToken());
  const { origin } = new URL(endpoint);
  // The client would send the token to any host that a listing or redirect names.
  const authorised: typeof fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init?.headers);
    headers.set("User-Agent", "onefold");
    if (token && url.origin === origin) headers.set("Authorization", `Bearer ${token}`);
    return fetch(input, { ...init, headers, signal: options.signal });
  };
  const common = { hubUrl: endpoint, fetch: authorised };
  const repo = { type: "model", name: id } as const;
  return {
    async list(revision) {
      const { sha } = await modelInfo({ ...common, name: id, revision, additionalFields: ["sha"] });
      if (!isCommit(sha)) throw new Error(`${id}: ${endpoint} names no commit for ${revision}`);
      const files: HubFile[] = [];
      for await (const entry of listFiles({ ...common, repo, revision: sha, recursive: true })) {
        if (entry.type === "file") files.push(checkEntry(id, entry));
      }
      return { commit: sha, files };
    },
    async open(file, commit, start) {
      const at = { ...common, repo, revision: commit, path: file.path };
      const info = await fileDownloadInfo(at);
      if (!info) throw new Error(`${id}: ${file.path} has vanished from ${endpoint}`);
      if (info.xet) {
        const blob = await downloadFile({ ...at, downloadInfo: info });
        if (blob) return iterate(blob.slice(start).stream());
      }
      return fetchRange(authorised, info.url, start);
    },
    explain: (error) => hubError(error, id, endpoint, token !== undefined),
  };
}

/** Plain HTTP: the client's own stream reports failures without their status. */
async function fetchRange(
  request: typeof fetch,
  url: string,
  start: number,
): Promise<AsyncIterable<Uint8Array>> {
  const headers: Record<string, string> = start > 0 ? { Range: `bytes=${start}-` } : {};
  const response = await request(url, { headers });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw Object.assign(new Error(`status ${response.status}`), { statusCode: response.status });
  }
  const stream = iterate(response.body);
  // A server without ranges starts over: what is on disk already is passed by.
  return start > 0 && response.status !== 206 ? skip(stream, start) : stream;
}

// Node's ReadableStream iterates; the DOM's type does not say so.
const iterate = (stream: ReadableStream): AsyncIterable<Uint8Array> =>
  stream as unknown as AsyncIterable<Uint8Array>;

async function* skip(stream: AsyncIterable<Uint8Array>, count: number) {
  let left = count;
  for await (const chunk of stream) {
    const skipped = Math.min(left, chunk.byteLength);
    left -= skipped;
    if (skipped < chunk.byteLength) yield chunk.subarray(skipped);
  }
}

function choose(id: string, files: readonly HubFile[], include?: readonly string[]): HubFile[] {
  const chosen = files.filter(({ path }) => (include ? matchesAny(path, include) : isWanted(path)));
  if (chosen.length > 0) return chosen;
  const what = include ? `matches ${include.join(", ")}` : "can be used";
  throw new Error(`${id}: none of the repository's ${files.length} files ${what}`);
}

const blobPath = (repository: string, file: HubFile): string =>
  join(repository, "blobs", file.hash);

async function findMissing(repository: string, files: readonly HubFile[]): Promise<HubFile[]> {
  const present = await Promise.all(files.map((file) => hasBlob(file, blobPath(repository, file))));
  return files.filter((_, index) => !present[index]);
}

async function requireSpace(id: string, cacheDir: string, files: HubFile[]): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  const needed = files.reduce((sum, { size }) => sum + size, 0);
  const { bavail, bsize } = await statfs(cacheDir);
  if (needed > bavail * bsize) {
    throw new Error(
      `${id}: needs ${needed} bytes but ${cacheDir} has ${bavail * bsize} free; free some space or ` +
        "set HF_HOME to another disk",
    );
  }
}

async function downloadWithRetries(
  hub: Hub,
  file: HubFile,
  commit: string,
  repository: string,
  onBytes: (count: number, resumed: boolean) => void,
  { retries = 5, signal }: PullOptions,
): Promise<void> {
  const target = blobPath(repository, file);
  let restarted = false;
  for (let attempt = 0; ; attempt++) {
    let resumedAt = 0;
    try {
      await downloadBlob(
        file,
        target,
        (start) => hub.open(file, commit, start),
        (count, resumed) => {
          if (resumed) resumedAt = count;
          onBytes(count, resumed);
        },
      );
      return;
    } catch (error) {
      signal?.throwIfAborted();
      // A continued file may be wrong because of its old part: once more from the start.
      if (error instanceof ContentMismatchError && resumedAt > 0 && !restarted) restarted = true;
      else if (attempt >= retries || !isTransient(error)) throw hub.explain(error);
      else await delay(Math.min(250 * 2 ** attempt, 8000), undefined, { signal });
    }
  }
}

/** Links are relative, so that the cache can move; file systems without links get copies. */
async function link(blob: string, path: string): Promise<void> {
  const target = relative(dirname(path), blob);
  if ((await readlink(path).catch(() => undefined)) === target) return;
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  await symlink(target, path).catch(() => copyFile(blob, path));
}

function progressReporter(
  all: readonly HubFile[],
  missing: readonly HubFile[],
  onProgress: ((progress: PullProgress) => void) | undefined,
) {
  const sum = (files: readonly HubFile[]) => files.reduce((total, { size }) => total + size, 0);
  const bytesTotal = sum(all);
  // Bytes of finished files, of the file in progress, and those that came over the network.
  let finished = bytesTotal - sum(missing);
  let filesDone = all.length - missing.length;
  let current: HubFile | undefined;
  let done = 0;
  let received = 0;
  const began = performance.now();
  const emit = () => {
    if (!onProgress || !current) return;
    const seconds = (performance.now() - began) / 1000;
    const rate = received > 0 && seconds > 0 ? received / seconds : undefined;
    const bytesDone = finished + done;
    onProgress({
      file: current.path,
      filesDone,
      filesTotal: all.length,
      bytesDone,
      bytesTotal,
      bytesPerSecond: rate,
      secondsLeft: rate === undefined ? undefined : (bytesTotal - bytesDone) / rate,
    });
  };
  return {
    start(file: HubFile) {
      current = file;
      done = 0;
      emit();
    },
    /** A resumed part is reported first at each attempt, so it resets the file's count. */
    add(count: number, resumed: boolean) {
      done = resumed ? count : done + count;
      if (!resumed) received += count;
      emit();
    },
    finish() {
      finished += current?.size ?? 0;
      done = 0;
      filesDone++;
      emit();
    },
  };
}
