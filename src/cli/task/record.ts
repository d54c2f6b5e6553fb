/** What `--set NAME=VALUE` gives to the slots of a plan. */

import { readFile, stat } from "node:fs/promises";
import type { FileKind } from "../../media/index.ts";
import { nearest } from "../../task/grammar/suggest.ts";
import { type Plan, type Slot, slotsOf, type TaskRecord } from "../../task/index.ts";
import { UsageError } from "../errors.ts";
import { checkMediaFile, nameOf } from "./media-file.ts";

const mediaKinds: Readonly<Record<string, FileKind>> = {
  IMAGE: "image",
  AUDIO: "audio",
  VIDEO: "video",
  MOTION: "motion",
};

/**
 * @param given `NAME=VALUE`: a file for pictures, sound and motion, four numbers for a box, text
 *   otherwise; a structure is text, JSON, or a file of either
 * @throws UsageError where a slot has no value, or a value no slot or another kind
 */
export async function readRecord(
  { instruction }: Plan,
  given: readonly string[],
): Promise<TaskRecord> {
  const { source, target } = instruction;
  const prefix = slotsOf(target).filter(({ attributes }) => attributes.no_loss === true);
  const slots = new Map([...slotsOf(source), ...prefix].map((slot) => [slot.name, slot]));
  const written = slotsOf(target).map(({ name }) => name);
  const record: Record<string, unknown> = {};
  for (const each of given) {
    const at = each.indexOf("=");
    if (at < 1) throw new UsageError(`--set ${each}: expected NAME=VALUE`);
    const [name, value] = [each.slice(0, at), each.slice(at + 1)];
    const slot = slots.get(name) ?? refuseName(each, name, [...slots.keys()], written);
    if (Object.hasOwn(record, name)) throw new UsageError(`--set ${each}: ${name} is given twice`);
    record[name] = await readValue(each, slot, value);
  }
  const missing = [...slots.values()].find(({ name }) => !Object.hasOwn(record, name));
  if (!missing) return record;
  const { modality, name } = missing;
  const what = mediaKinds[modality] ? "FILE" : modality === "BOX" ? "L,T,R,B" : "…";
  throw new UsageError(`[${modality}:${name}] is given nothing; add --set ${name}=${what}`);
}

function refuseName(
  given: string,
  name: string,
  slots: readonly string[],
  written: readonly string[],
): never {
  if (written.includes(name)) {
    throw new UsageError(`--set ${given}: the model writes '${name}', so it takes no value`);
  }
  const near = nearest(name, slots);
  const known = slots.length > 0 ? `it has ${slots.join(", ")}` : "it has none that take a value";
  const hint = near ? `did you mean ${near}?` : known;
  throw new UsageError(`--set ${given}: the instruction has no slot '${name}'; ${hint}`);
}

async function readValue(given: string, slot: Slot, value: string): Promise<unknown> {
  const { modality, name } = slot;
  const kind = mediaKinds[modality];
  if (kind) {
    const takes = `[${modality}:${name}] takes ${nameOf(kind)}`;
    await checkMediaFile(`--set ${given}`, value, kind, () => takes);
    return value;
  }
  if (modality === "BOX") return readBox(given, value);
  if (modality === "STRUCT") return readStructure(given, value);
  return value;
}

function readBox(given: string, value: string): number[] {
  const numbers = value.split(/[\s,]+/).map((part) => (part === "" ? Number.NaN : Number(part)));
  if (numbers.length === 4 && numbers.every(Number.isFinite)) return numbers;
  throw new UsageError(`--set ${given}: expected left,top,right,bottom in pixels`);
}

async function readStructure(given: string, value: string): Promise<unknown> {
  const isFile = await stat(value).then(
    (facts) => facts.isFile(),
    () => false,
  );
  const text = isFile ? await readFile(value, "utf8") : value;
  if (!/^\s*[[{]/.test(text)) return text.trim();
  try {
    return JSON.parse(text);
  } catch (error) {
    const problem = error instanceof Error ? error.message : error;
    throw new UsageError(`--set ${given}: it begins like JSON and is none: ${problem}`);
  }
}
