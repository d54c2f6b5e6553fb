/** Files and folders that are either whole or not there: temporary name, fsync, rename. */

import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileError } from "./json.ts";
import { loadLibC } from "./libc.ts";

/** What a writer needs of a file; tests pass one that fails. */
export interface Sink {
  write(bytes: Uint8Array): Promise<void>;
}

type OpenFile = (path: string) => Promise<FileHandle>;

const openNew: OpenFile = (path) => open(path, "wx");

/**
 * Writes a file so that `file` is untouched until all of it is on disk: a temporary name beside
 * it, fsync, rename, fsync of the folder. On any error the temporary file is removed.
 *
 * @throws Error of one sentence naming the file (full disk, permissions)
 */
export async function writeFileAtomically(
  file: string,
  write: (sink: Sink) => Promise<void>,
  openFile: OpenFile = openNew,
): Promise<void> {
  const temporary = temporaryName(file, "tmp");
  let handle: FileHandle | undefined;
  try {
    handle = await openFile(temporary);
    const target = handle;
    await write({ write: (bytes) => writeAll(target, bytes) });
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(temporary, file);
  } catch (error) {
    await handle?.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw fileError(error, file);
  }
  await syncDirectory(dirname(file));
}

/** One write call is limited to 2 GB by Linux, and a smaller one keeps the event loop alive. */
const WRITE_BYTES = 32 << 20;

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const length = Math.min(WRITE_BYTES, bytes.byteLength - done);
    const { bytesWritten } = await handle.write(bytes, done, length);
    done += bytesWritten;
  }
}

/**
 * Fills a new folder and puts it in place of `directory` once all of it is on disk. A reader sees
 * the old folder or the new one. Linux and macOS swap them in one step; elsewhere a crash between
 * two renames leaves neither until {@link recoverDirectory} completes the change.
 *
 * @param fill writes the files into the folder that it is given
 * @throws Error of one sentence; `directory` is then as it was and nothing else is left
 * @example
 * await saveDirectoryAtomically("runs/a/step-100", async (tmp) => {
 *   await saveSafetensors(join(tmp, "model.safetensors"), tensors);
 * });
 */
export async function saveDirectoryAtomically(
  directory: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  const target = resolve(directory);
  const parent = dirname(target);
  const temporary = temporaryName(target, "tmp");
  // The name tells recovery that the folder is complete.
  const complete = temporaryName(target, "new");
  const aside = temporaryName(target, "old");
  try {
    await mkdir(parent, { recursive: true });
    await mkdir(temporary);
    await fill(temporary);
    await syncTree(temporary);
    await rename(temporary, complete);
    await syncDirectory(parent);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    await rm(complete, { recursive: true, force: true });
    throw fileError(error, target);
  }
  if ((await exists(target)) && (await loadLibC())?.exchange(complete, target)) {
    await syncDirectory(parent);
    await rm(complete, { recursive: true, force: true }); // By now the old folder.
    return;
  }
  const replaced = await renameIfThere(target, aside);
  try {
    await rename(complete, target);
  } catch (error) {
    if (replaced) await rename(aside, target);
    await rm(complete, { recursive: true, force: true });
    throw fileError(error, target);
  }
  await syncDirectory(parent);
  if (replaced) await rm(aside, { recursive: true, force: true });
}

/**
 * Repairs what a killed {@link saveDirectoryAtomically} left: completes a change that was ready,
 * brings back the old folder otherwise, and removes leftovers. Call it before reading or writing
 * `directory`, from its only writer. Works for a file of `writeFileAtomically` as well.
 *
 * @returns whether `directory` exists now
 */
export async function recoverDirectory(directory: string): Promise<boolean> {
  const target = resolve(directory);
  const parent = dirname(target);
  const prefix = `.${basename(target)}.`;
  const names = await readdir(parent).catch(() => []);
  const left = names.filter((name) => name.startsWith(prefix));
  const pick = (kind: string) => left.find((name) => matches(name, prefix, kind));
  if (!(await exists(target))) {
    const candidate = pick("new") ?? pick("old");
    if (candidate !== undefined) await rename(join(parent, candidate), target);
  }
  for (const name of left) {
    if (["tmp", "new", "old"].some((kind) => matches(name, prefix, kind))) {
      await rm(join(parent, name), { recursive: true, force: true });
    }
  }
  return exists(target);
}

const matches = (name: string, prefix: string, kind: string): boolean =>
  new RegExp(`^${kind}-[0-9a-f]{12}$`).test(name.slice(prefix.length));

/** A hidden neighbour, so that listings and globs do not take it for a checkpoint. */
function temporaryName(path: string, kind: "tmp" | "new" | "old"): string {
  const target = resolve(path);
  return join(dirname(target), `.${basename(target)}.${kind}-${randomBytes(6).toString("hex")}`);
}

async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw fileError(error, from);
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function syncTree(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) await sync(path);
  }
  await syncDirectory(directory);
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a rename durable. Windows cannot open folders; there the file system orders renames. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === "win32") return;
  await sync(directory);
}
