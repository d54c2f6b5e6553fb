/**
 * What the slots of an instruction are given, decoded. Nothing that comes in is ever a path: a
 * string for a file's slot must be a data: URL.
 */

import {
  decodeAudio,
  decodeImage,
  decodeVideo,
  FILE_HEAD,
  type FileKind,
  fileKinds,
  parseBvh,
} from "../../media/index.ts";
import type { Video } from "../../media/types.ts";
import { type Plan, type Slot, slotsOf, type TaskRecord } from "../../task/index.ts";
import { HttpError } from "../errors.ts";
import { readDataUrl } from "./data-url.ts";

/** Most bytes of a file. */
const MOST_BYTES = { IMAGE: 20 << 20, AUDIO: 32 << 20, VIDEO: 64 << 20, MOTION: 4 << 20 } as const;
type FileModality = keyof typeof MOST_BYTES;
/** What a slot takes, as its first bytes tell, and in words. */
const kinds: Readonly<Record<FileModality, FileKind>> = {
  IMAGE: "image",
  AUDIO: "audio",
  VIDEO: "video",
  MOTION: "motion",
};
const words: Readonly<Record<FileKind, string>> = {
  image: "an image",
  audio: "a recording",
  video: "a video or GIF",
  motion: "a BVH file",
};
/** Of all pictures of a request together, frames of videos among them. */
const MOST_PIXELS = 50e6;
/** Of one recording or film. */
const MOST_SECONDS = 300;
/** ffmpeg's own time for one film. */
const MOST_TOOL_SECONDS = 60;

/** Slots that must be given: all that is read, and what precedes the answer. */
const givenSlots = ({ instruction: { source, target } }: Plan): Slot[] => [
  ...slotsOf(source),
  ...slotsOf(target).filter(({ attributes }) => attributes.no_loss === true),
];

/**
 * @param inputs by slot: strings, JSON values, Blobs
 * @param frames of a video that the model looks at
 * @throws HttpError 400 naming the slot, 413
 */
export async function slotValues(
  plan: Plan,
  inputs: ReadonlyMap<string, unknown>,
  frames: number,
): Promise<TaskRecord> {
  const slots = givenSlots(plan);
  const names = slots.map(({ name }) => name);
  for (const name of inputs.keys()) {
    if (names.includes(name)) continue;
    const known = names.length > 0 ? `it takes ${names.join(", ")}` : "it takes nothing";
    throw new HttpError(400, `the instruction has no slot "${name.slice(0, 60)}"; ${known}`, {
      param: name.slice(0, 60),
    });
  }
  const decoder = createDecoder(frames);
  const record: Record<string, unknown> = Object.create(null);
  for (const { modality, name } of slots) {
    const value = inputs.get(name);
    if (value === undefined || value === null) {
      throw new HttpError(400, `${name}: the slot [${modality}:${name}] has no value`, {
        param: name,
      });
    }
    record[name] = isFileModality(modality)
      ? await decoder(modality, name, await fileBytes(modality, name, value))
      : await plainValue(modality, name, value);
  }
  return record;
}

const isFileModality = (modality: string): modality is FileModality =>
  Object.hasOwn(MOST_BYTES, modality);

async function fileBytes(modality: FileModality, name: string, value: unknown) {
  const most = MOST_BYTES[modality];
  const checkSize = (size: number): void => {
    if (size <= most) return;
    const message = `${name}: the file has ${size} bytes; [${modality}] takes at most ${most}`;
    throw new HttpError(413, message, { param: name });
  };
  if (value instanceof Blob) {
    checkSize(value.size);
    return new Uint8Array(await value.arrayBuffer());
  }
  if (typeof value !== "string") {
    throw new HttpError(400, `${name}: expected a file or a data: URL for [${modality}:${name}]`, {
      param: name,
    });
  }
  checkSize(Math.floor((value.length * 3) / 4) - 100); // before it is decoded
  return readDataUrl(value, name);
}

/** Text, and in a form everything that is text there. */
async function plainValue(modality: string, name: string, value: unknown): Promise<unknown> {
  if (value instanceof Blob) {
    if (modality === "STRUCT" && value.size <= 1 << 20) return structure(await value.text());
    throw new HttpError(400, `${name}: [${modality}:${name}] takes text, not a file`, {
      param: name,
    });
  }
  if (typeof value !== "string") return value;
  if (modality === "STRUCT") return structure(value);
  if (modality !== "BOX") return value;
  const numbers = value.match(/-?\d+(\.\d+)?/g) ?? [];
  return numbers.map(Number); // that they are four, preparing checks
}

/** A table or triples where the text is JSON. */
function structure(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What the first bytes say, before any decoder sees the file: names and types say nothing. */
function checkKind(modality: FileModality, name: string, bytes: Uint8Array): void {
  const found = fileKinds(bytes.subarray(0, FILE_HEAD));
  if (found.includes(kinds[modality])) return;
  const what = bytes.length === 0 ? "empty" : found[0] ? words[found[0]] : "of no kind known here";
  const message = `${name}: the file is ${what}; [${modality}:${name}] takes ${words[kinds[modality]]}`;
  throw new HttpError(400, message, { param: name });
}

function createDecoder(frames: number) {
  let pixels = MOST_PIXELS;
  return async (modality: FileModality, name: string, bytes: Uint8Array): Promise<unknown> => {
    checkKind(modality, name, bytes);
    const limits = { name, maxPixels: pixels, maxSeconds: MOST_SECONDS };
    try {
      if (modality === "AUDIO") return await decodeAudio(bytes, limits);
      if (modality === "MOTION") return parseBvh(new TextDecoder().decode(bytes), name);
      if (modality === "IMAGE") {
        const image = await decodeImage(bytes, limits);
        pixels -= image.width * image.height;
        return image;
      }
      const video = await decodeVideo(
        bytes,
        { frames },
        { ...limits, timeoutSeconds: MOST_TOOL_SECONDS },
      );
      pixels -= pixelsOf(video);
      return video;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new HttpError(400, message.replaceAll(/\s*\n\s*/g, " "), { param: name, cause: error });
    }
  };
}

const pixelsOf = ({ frames }: Video): number =>
  frames.reduce((sum, { width, height }) => sum + width * height, 0);
