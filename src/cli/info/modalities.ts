/** What a model made for tasks takes and gives, by its task.json. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { isObject, readJsonObject } from "../../checkpoint/json.ts";

export interface Modalities {
  readonly takes: readonly string[];
  readonly gives: readonly string[];
}

export async function readModalities(folder: string): Promise<Modalities | null> {
  const file = join(folder, "task.json");
  if (!existsSync(file)) return null;
  const values = await readJsonObject(file);
  const has = (key: string): boolean => isObject(values[key]) || Number(values[key]) > 0;
  const named = (parts: Readonly<Record<string, string>>): string[] => [
    "text",
    ...Object.entries(parts).flatMap(([key, name]) => (has(key) ? [name] : [])),
  ];
  return {
    takes: named({ bins: "boxes", image: "images", video: "videos", audio: "sound" }),
    gives: named({ bins: "boxes", codes: "images", speech: "sound", motion: "motion" }),
  };
}
