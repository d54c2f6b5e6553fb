/** Whether a model may be written where the user says: checked before the work, not after it. */

import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { clip } from "./json.ts";

/** What folders of models consist of; `onnx` is the folder of transformers.js' layout. */
const PART =
  /\.(safetensors|json|jinja|txt|md|model|tiktoken|gguf|onnx|onnx_data(_\d+)?)$|^LICENSE|^onnx$|^\.gitattributes$/i;

/**
 * A folder that is there already is replaced as a whole, so it must hold a model and nothing else.
 *
 * @param sources folders or files that are read meanwhile
 * @throws Error of one sentence where something would be lost
 */
export async function checkOutputFolder(out: string, sources: readonly string[]): Promise<void> {
  const target = await realPath(out);
  for (const source of sources) {
    const from = await realPath(source);
    if (from === target || from.startsWith(target.endsWith(sep) ? target : target + sep)) {
      const what = from === target ? "is" : "holds";
      throw new Error(`${out}: ${what} what is read (${clip(source)}); write to another folder`);
    }
  }
  const names = await readdir(out).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    if (error.code !== "ENOTDIR") throw error;
    throw new Error(`${out}: is a file, a folder was expected; name another`);
  });
  const other = names.find((name) => !PART.test(name));
  if (names.length === 0 || (other === undefined && names.includes("config.json"))) return;
  const held = other === undefined ? "no config.json" : `"${clip(other)}"`;
  throw new Error(
    `${out}: the folder would be replaced, but it holds ${held}, so it is not a model's alone; ` +
      "name a new or empty folder",
  );
}

/**
 * @param sources folders or files that are read meanwhile
 * @throws Error of one sentence where no file can be made, or one that is read would be replaced
 */
export async function checkOutputFile(out: string, sources: readonly string[]): Promise<void> {
  const target = await realPath(out);
  for (const source of sources) {
    if ((await realPath(source)) !== target) continue;
    const isFolder = (await stat(target)).isDirectory();
    throw new Error(`${out}: is what is read; name another ${isFolder ? "path" : "file"}`);
  }
  const isFolder = (path: string): Promise<boolean | undefined> =>
    stat(path).then(
      (found) => found.isDirectory(),
      () => undefined,
    );
  if (await isFolder(out)) {
    throw new Error(`${out}: is a folder; name the file to write, as in ${join(out, "model")}`);
  }
  const parent = dirname(resolve(out));
  if (!(await isFolder(parent))) {
    throw new Error(`${out}: there is no folder ${parent}; make it first`);
  }
}

/** Without symbolic links, for what does not exist too. */
async function realPath(path: string): Promise<string> {
  const full = resolve(path);
  const real = await realpath(full).catch(() => undefined);
  if (real !== undefined || dirname(full) === full) return real ?? full;
  return join(await realPath(dirname(full)), basename(full));
}
