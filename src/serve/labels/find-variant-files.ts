/** Files of variants below a folder, told by their first lines. */

import { join } from "node:path";
import { isObject } from "../../checkpoint/json.ts";
import { nameIn, searchBelow } from "../below-folder.ts";
import { openPlainFile } from "../runs/read-lines.ts";

/** Files whose beginning is read, and where the first line must end. */
const MOST_FILES = 2000;
const HEAD = 256 << 10;

export interface VariantFile {
  /** Its path below the folder, parted by slashes. */
  readonly name: string;
  readonly bytes: number;
  /** Unix seconds. */
  readonly modified: number;
}

/** The newest first. */
export async function findVariantFiles(root: string): Promise<VariantFile[]> {
  const found: VariantFile[] = [];
  let left = MOST_FILES;
  await searchBelow(root, async (folder, entries) => {
    for (const entry of entries) {
      if (!entry.isFile() || !entry.name.endsWith(".jsonl") || entry.name.startsWith(".")) continue;
      if (left-- <= 0) return true;
      const name = nameIn(folder, entry.name);
      const file = await lookAt(join(root, name));
      if (file) found.push({ name, ...file });
    }
    return false;
  });
  return found.sort((a, b) => b.modified - a.modified);
}

async function lookAt(path: string): Promise<Omit<VariantFile, "name"> | undefined> {
  const handle = await openPlainFile(path);
  if (!handle) return undefined;
  try {
    const { size, mtimeMs } = await handle.stat();
    const length = Math.min(HEAD, size);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    const [first = ""] = buffer.toString("utf8", 0, bytesRead).split("\n", 1);
    return isVariant(first) ? { bytes: size, modified: mtimeMs / 1000 } : undefined;
  } finally {
    await handle.close();
  }
}

function isVariant(line: string): boolean {
  try {
    const row: unknown = JSON.parse(line);
    return isObject(row) && Array.isArray(row.choices) && "type" in row && "src_id" in row;
  } catch {
    return false;
  }
}
