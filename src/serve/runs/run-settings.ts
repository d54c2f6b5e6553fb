/** The settings of a run, as its newest checkpoint keeps them, under the names of the config. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isObject } from "../../checkpoint/json.ts";
import { parseObject } from "./line-metrics.ts";
import { openPlainFile } from "./read-lines.ts";

/** Of a trainer.json that is looked into. */
const MOST_BYTES = 1 << 20;

/** Parts of a fingerprint that are named otherwise in the config; hashes say nothing to people. */
const sections: Readonly<Record<string, string | undefined>> = {
  settings: "train",
  reading: "data",
  rows: undefined,
  files: undefined,
};

/** By path, as `train.lr`; empty where the folder has no checkpoint of `onefold train`. */
export async function readRunSettings(folder: string): Promise<Record<string, unknown>> {
  const names = await readdir(folder).catch((): string[] => []);
  const newest = names
    .filter((name) => /^step-\d{8}$/.test(name))
    .sort()
    .at(-1);
  if (newest === undefined) return {};
  const state = await readSmallFile(join(folder, newest, "trainer.json"));
  const { fingerprint } = parseObject(state) ?? {};
  const settings = typeof fingerprint === "string" ? parseObject(fingerprint) : undefined;
  const flat: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(settings ?? {})) {
    const section = name in sections ? sections[name] : name;
    if (section !== undefined) flatten(value, section, flat);
  }
  return flat;
}

/** Lists stay whole. */
function flatten(value: unknown, path: string, into: Record<string, unknown>): void {
  if (!isObject(value)) into[path] = value;
  else for (const [key, part] of Object.entries(value)) flatten(part, `${path}.${key}`, into);
}

async function readSmallFile(path: string): Promise<string> {
  const handle = await openPlainFile(path);
  if (!handle) return "";
  try {
    const { size } = await handle.stat();
    return size > MOST_BYTES ? "" : await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}
