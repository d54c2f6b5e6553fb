/**
 * The hub's cache on disk, shared with Python: names, environment variables and layout.
 *
 *     models--ORG--NAME/refs/main                    the commit of a branch
 *     models--ORG--NAME/blobs/HASH                   contents, by hash
 *     models--ORG--NAME/snapshots/COMMIT/FILE        relative links into blobs
 *
 * Source: huggingface_hub, docs "Understand caching" and src/huggingface_hub/constants.py.
 */

import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** The environment, or a stand-in for tests. */
export type Env = Readonly<Record<string, string | undefined>>;

const DEFAULT_ENDPOINT = "https://huggingface.co";

/** Folder that holds all cached repositories. */
export function hubCacheDir(env: Env = process.env): string {
  return env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(hubHome(env), "hub");
}

function hubHome(env: Env): string {
  if (env.HF_HOME) return expandHome(env.HF_HOME);
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface");
}

const expandHome = (path: string): string =>
  path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;

/** Address of the hub or its mirror, without a slash at the end. */
export function hubEndpoint(env: Env = process.env): string {
  return (env.HF_ENDPOINT || DEFAULT_ENDPOINT).replace(/\/+$/, "");
}

/** Whether HF_HUB_OFFLINE (or TRANSFORMERS_OFFLINE) forbids the network. */
export function isOffline(env: Env = process.env): boolean {
  const value = env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE || "";
  return ["1", "true", "yes", "on"].includes(value.toLowerCase());
}

/** The user's token: HF_TOKEN, else the file that `hf auth login` writes; undefined if none. */
export async function hubToken(env: Env = process.env): Promise<string | undefined> {
  const direct = env.HF_TOKEN || env.HUGGING_FACE_HUB_TOKEN;
  if (direct) return direct.trim();
  const file = env.HF_TOKEN_PATH || join(hubHome(env), "token");
  const text = await readFile(file, "utf8").catch(() => "");
  return text.trim() || undefined;
}

const PART = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,95}$/;

/** Whether a text has the form of a hub id: `org/name`, or `name` for the oldest models. */
export function isModelId(spec: string): boolean {
  const parts = spec.split("/");
  return (
    parts.length <= 2 &&
    parts.every((part) => PART.test(part) && !/\.\.|--|[.-]$/.test(part)) &&
    !spec.endsWith(".git")
  );
}

/** @throws Error when `id` is not a hub id */
export function requireModelId(id: string): void {
  if (!isModelId(id)) {
    throw new Error(
      `${JSON.stringify(id.slice(0, 200))} is not a model id; expected ORG/NAME, for example ` +
        "Qwen/Qwen3-0.6B",
    );
  }
}

/** Branches and tags may contain slashes; anything that could leave the refs folder is refused. */
export function requireRevision(revision: string): void {
  const parts = revision.split("/");
  if (revision.length > 200 || parts.some((part) => !PART.test(part) || part.includes(".."))) {
    throw new Error(
      `${JSON.stringify(revision.slice(0, 200))} is not a revision; expected a branch, a tag or a ` +
        "commit",
    );
  }
}

export const isCommit = (text: string): boolean => /^[0-9a-f]{40}$/.test(text);

/** A repository's folder within the cache. */
export const repositoryDir = (cacheDir: string, id: string): string =>
  join(cacheDir, `models--${id.replaceAll("/", "--")}`);
