/** Files of a data set: inside its folder, and there. */

import { readdir, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { fileError } from "../../checkpoint/json.ts";
import { RowError } from "./row.ts";

export interface DataFolder {
  readonly path: string;
  /**
   * Path of a file that a row names.
   * @throws RowError when it is not there, or leaves the folder, be it through a link
   */
  file(name: string, place: string): Promise<string>;
}

/** @throws Error when the folder is not there */
export async function openFolder(folder: string): Promise<DataFolder> {
  const path = await realpath(folder).catch((error: unknown) => {
    throw fileError(error, folder);
  });
  if (!(await stat(path)).isDirectory()) throw new Error(`${folder}: expected a folder`);
  const isInside = (file: string) => {
    const way = relative(path, file);
    return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  };
  const refuse = (place: string, name: string): never => {
    throw new RowError(
      place,
      `${JSON.stringify(name)} leads out of ${folder}; expected a file in it`,
    );
  };
  return {
    path,
    async file(name, place) {
      const file = resolve(path, name);
      if (isAbsolute(name) || name.includes("\0") || !isInside(file)) refuse(place, name);
      const real = await realpath(file).catch(() => undefined);
      if (real === undefined) {
        throw new RowError(place, `the file ${JSON.stringify(name)} is missing in ${folder}`);
      }
      if (!isInside(real)) refuse(place, name);
      if (!(await stat(real)).isFile()) {
        throw new RowError(place, `${JSON.stringify(name)} in ${folder} is no file`);
      }
      return real;
    },
  };
}

/** Names of files below a folder, in order, with `/` between folders; links are not followed. */
export async function filesBelow(folder: string, ending: RegExp): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: unknown) => {
      throw fileError(error, folder);
    },
  );
  return entries
    .filter((entry) => entry.isFile() && ending.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

/** Folders in a folder, in order. */
export async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw fileError(error, folder);
  });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}
