/** What lies below a folder that the server shows: searched within bounds, opened by name. */

import type { Dirent } from "node:fs";
import { readdir, realpath } from "node:fs/promises";
import { join } from "node:path";

/** Parts of a name: recipes write DIR/recipes/NAME/PRESET/TRIAL/SETTINGS. */
const DEEPEST = 5;
/** What a folder of other things (a home folder, say) may cost. */
const MOST_FOLDERS = 5000;

/**
 * Visits the folder and those below it, the upper ones first. Links are not followed.
 *
 * @param visit is given the path below the folder, parted by slashes ("" for itself); where it says
 * true, what that folder holds is its own and is not visited
 */
export async function searchBelow(
  root: string,
  visit: (name: string, entries: readonly Dirent[]) => boolean | Promise<boolean>,
): Promise<void> {
  let level = [""];
  let left = MOST_FOLDERS;
  for (let depth = 0; depth <= DEEPEST && level.length > 0; depth++) {
    const next: string[] = [];
    for (const name of level) {
      if (left-- <= 0) return;
      const entries = await readdir(join(root, name), { withFileTypes: true }).catch(
        (): Dirent[] => [],
      );
      if (await visit(name, entries)) continue;
      for (const entry of entries) {
        if (entry.isDirectory() && isPart(entry.name)) next.push(nameIn(name, entry.name));
      }
    }
    level = next;
  }
}

/** @example nameIn("a", "b") // "a/b" */
export const nameIn = (folder: string, name: string): string =>
  folder === "" ? name : `${folder}/${name}`;

/** What a part of a name may be. */
const isPart = (part: string): boolean =>
  part !== "" && !part.startsWith(".") && !/[/\\\0]/.test(part) && part !== "node_modules";

/**
 * The path of what has that name below the folder.
 *
 * @returns undefined where there is nothing of that name, a link leads there, or the name leads out
 */
export async function pathBelow(root: string, name: string): Promise<string | undefined> {
  const parts = name.split("/");
  if (parts.length > DEEPEST + 1 || !parts.every(isPart)) return undefined;
  try {
    const wanted = join(await realpath(root), ...parts);
    return (await realpath(wanted)) === wanted ? wanted : undefined;
  } catch {
    return undefined;
  }
}
