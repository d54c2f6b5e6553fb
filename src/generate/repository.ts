/** The text files of a folder, in the order in which a repository-level prompt shows them. */

import { opendir, readFile, stat } from "node:fs/promises";
import { join, posix } from "node:path";
import type { RepoFile } from "./fim.ts";

export interface RepositoryOptions {
  /** Path of the file that is being written, relative to the folder: it is left out. */
  readonly target: string;
  /** Larger files are left out (default 64 KiB). */
  readonly maxBytes?: number;
  /** Only so many files nearest to the target are read (default 200). */
  readonly maxFiles?: number;
}

/** Folders that hold what was installed or built. */
const SKIPPED = new Set(["node_modules", "dist", "build", "target", "venv", "__pycache__"]);
/** Names looked at: a prompt holds far fewer, and a mistaken folder (a home, say) ends in time. */
const MAX_NAMES = 20_000;

/**
 * Reads a folder's text files, those nearest to the target last: files of the target's kind
 * (extension) behind the others, and among these by how many folders lead from one to the other.
 * Hidden files, links, binaries and installed packages are left out.
 */
export async function readRepository(
  folder: string,
  { target, maxBytes = 2 ** 16, maxFiles = 200 }: RepositoryOptions,
): Promise<RepoFile[]> {
  const paths: string[] = [];
  const folders = [""];
  for (let looked = 0; folders.length > 0 && looked < MAX_NAMES; ) {
    const inside = folders.shift()!;
    for await (const entry of await opendir(join(folder, inside))) {
      if (++looked > MAX_NAMES) break;
      const path = posix.join(inside, entry.name);
      if (entry.name.startsWith(".") || SKIPPED.has(entry.name) || path === target) continue;
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) paths.push(path);
    }
  }
  const distance = (path: string): number => {
    const steps = posix.relative(posix.dirname(target), posix.dirname(path)).split("/").length;
    return steps + (posix.extname(path) === posix.extname(target) ? 0 : 1000);
  };
  const byName = (a: string, b: string): number => (a < b ? -1 : 1);
  const files: RepoFile[] = [];
  for (const path of paths.sort((a, b) => distance(a) - distance(b) || byName(a, b))) {
    if (files.length === maxFiles) break;
    const file = join(folder, path);
    if ((await stat(file)).size > maxBytes) continue;
    const bytes = await readFile(file);
    if (!bytes.includes(0)) files.push({ path, content: bytes.toString("utf8") });
  }
  return files.reverse();
}
