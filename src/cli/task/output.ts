/** What a task gives: text and boxes to standard output, pictures, motions and sound to files. */

import { open, writeFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import {
  decodeImage,
  drawBoxes,
  encodeGif,
  encodeImage,
  encodeWav,
  type LabelledBox,
  renderMotion,
  writeBvh,
} from "../../media/index.ts";
import type { Audio, Box, Image, Motion } from "../../media/types.ts";
import { type Plan, slotsOf, type TaskRecord } from "../../task/index.ts";
import { UsageError } from "../errors.ts";

type OutputKind = "text" | "boxes" | "image" | "motion" | "audio";

const endings: Readonly<Record<OutputKind, readonly string[]>> = {
  text: [],
  boxes: [".png", ".jpg", ".jpeg", ".webp"],
  image: [".png", ".jpg", ".jpeg", ".webp"],
  motion: [".gif", ".bvh"],
  audio: [".wav"],
};
/** Where a file has to be written and none was named. */
const names: Readonly<Record<string, string>> = {
  image: "image.png",
  motion: "motion.gif",
  audio: "speech.wav",
};
/** Pixels of an animation's side. */
const FIGURE = 256;

export function outputKind({ target, instruction }: Plan): OutputKind {
  if (target.kind === "codes") return "image";
  if (target.kind === "motion") return "motion";
  if (target.kind === "speech") return "audio";
  const written = slotsOf(instruction.target).filter(({ attributes }) => !attributes.no_loss);
  return written.some(({ modality }) => modality === "BOX") ? "boxes" : "text";
}

/** @throws UsageError where a plan's answer cannot become the file `out` */
export function checkOut(plan: Plan, record: TaskRecord, out: string | undefined): void {
  if (out === undefined) return;
  const kind = outputKind(plan);
  if (kind === "text") {
    throw new UsageError("--out has no place: the answer is text, for standard output");
  }
  if (!endings[kind].includes(extname(out).toLowerCase())) {
    throw new UsageError(`--out ${out}: expected a name that ends in ${endings[kind].join(", ")}`);
  }
  const isRead = Object.values(record).some(
    (value) => typeof value === "string" && resolve(value) === resolve(out),
  );
  if (isRead) throw new UsageError(`--out ${out}: it is the file that is read; name another`);
}

export interface Output {
  /** For standard output. */
  readonly lines: readonly string[];
  /** By slot, as JSON: files stand for what is in them. */
  readonly answer: Readonly<Record<string, unknown>>;
  /** What was written. */
  readonly file?: string;
}

/**
 * Writes the file, where there is one.
 *
 * @param values of `TaskModel.infer`
 * @param out checked by `checkOut`
 */
export async function writeOutput(
  plan: Plan,
  record: TaskRecord,
  values: Readonly<Record<string, unknown>>,
  out: string | undefined,
): Promise<Output> {
  const kind = outputKind(plan);
  if (kind === "text" || kind === "boxes") {
    const items = (values.items as Record<string, unknown>[] | undefined) ?? [values]; // of `infer`
    const isSingle = Object.keys(items[0] ?? {}).length === 1;
    const lines = items.map((item) => lineOf(item, isSingle));
    if (out === undefined) return { lines, answer: values };
    await writeFile(out, await encodeAs(out, await overlay(plan, record, items)));
    return { lines, answer: values, file: out };
  }
  const [[name, value]] = Object.entries(values);
  const chosen = out ?? names[kind];
  const { bytes, facts } = await encodeMedia(kind, value, chosen);
  const file = out === undefined ? await writeBeside(chosen, bytes) : out;
  if (out !== undefined) await writeFile(out, bytes);
  return { lines: [file], answer: { [name]: { file, ...facts } }, file };
}

const isBox = (value: unknown): value is Box => Array.isArray(value) && value.length === 4;
const shown = (value: unknown): string =>
  isBox(value) ? value.map((side) => Number(side.toFixed(1))).join(", ") : String(value);

/** One value alone, or each with its slot's name. */
const lineOf = (item: Readonly<Record<string, unknown>>, isSingle: boolean): string =>
  Object.entries(item)
    .map(([name, value]) => (isSingle ? shown(value) : `${name}: ${shown(value)}`))
    .join("  ");

/** The boxes over the image that they lie in, which is the first that was read. */
async function overlay(
  { source }: Plan,
  record: TaskRecord,
  items: readonly Readonly<Record<string, unknown>>[],
): Promise<Image> {
  const group = source.find(({ kind }) => kind === "image");
  if (group?.kind !== "image") throw new Error("--out: the boxes lie in no image");
  const image = await decodeImage(record[group.slot.name] as string); // a file's name, checked
  const boxes = items.flatMap((item): LabelledBox[] => {
    const label = Object.values(item).find((value) => typeof value === "string");
    return Object.values(item)
      .filter(isBox)
      .map((box) => ({ box, label }));
  });
  return drawBoxes(image, boxes);
}

async function encodeMedia(
  kind: "image" | "motion" | "audio",
  value: unknown,
  file: string,
): Promise<{ bytes: Uint8Array | string; facts: Readonly<Record<string, number>> }> {
  // What `infer` gives is of the target's modality.
  if (kind === "image") {
    const image = value as Image;
    const { width, height } = image;
    return { bytes: await encodeAs(file, image), facts: { width, height } };
  }
  if (kind === "audio") {
    const audio = value as Audio;
    const seconds = audio.samples.length / audio.sampleRate;
    return { bytes: encodeWav(audio), facts: { seconds, sampleRate: audio.sampleRate } };
  }
  const motion = value as Motion;
  const isBvh = extname(file).toLowerCase() === ".bvh";
  const bytes = isBvh
    ? writeBvh(motion)
    : await encodeGif(renderMotion(motion, { width: FIGURE, height: FIGURE }));
  const { frames, frameTime } = motion;
  return { bytes, facts: { frames, seconds: frames * frameTime } };
}

function encodeAs(file: string, image: Image): Promise<Uint8Array> {
  const ending = extname(file).toLowerCase();
  return encodeImage(image, ending === ".png" ? "png" : ending === ".webp" ? "webp" : "jpeg");
}

/** Writes under a name that is free: image.png, image-2.png, … */
async function writeBeside(name: string, bytes: Uint8Array | string): Promise<string> {
  const ending = extname(name);
  for (let i = 1; ; i++) {
    const file = i === 1 ? name : `${name.slice(0, -ending.length)}-${i}${ending}`;
    const handle = await open(file, "wx").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return undefined;
      throw error;
    });
    if (!handle) continue;
    await using _ = handle;
    await handle.writeFile(bytes);
    return file;
  }
}
