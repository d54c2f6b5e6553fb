/** Answers on disk by key, shared by runs that come after, or run beside. */

import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileError, isObject } from "../../checkpoint/json.ts";
import { linesOf, START } from "../../train/data/read-lines.ts";

const MAX_LINE_BYTES = 64 * 2 ** 20;

/** Where an answer's line lies; answers themselves stay on disk, since there may be many. */
interface Place {
  readonly file: string;
  readonly start: number;
  readonly length: number;
}

export interface AnswerStore {
  /** What was stored under this key, if anything. */
  get(key: string): Promise<unknown>;
  put(key: string, answer: unknown): Promise<void>;
  close(): Promise<void>;
}

/** The key of a question, whose parts are plain JSON. */
export const keyOf = (question: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(question)).digest("base64url").slice(0, 24);

/**
 * Opens a folder of answers. Each store writes a file of its own, a JSON line an answer, so that
 * runs beside each other never touch one file; a line that a kill cut short is passed over. What
 * others write after the opening is seen by the next one.
 *
 * @throws Error where the folder cannot be read or written
 */
export async function openAnswerStore(folder: string): Promise<AnswerStore> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw fileError(error, folder);
  });
  const places = new Map<string, Place>();
  const names = (await readdir(folder)).filter((name) => name.endsWith(".jsonl")).sort();
  for (const file of names.map((name) => join(folder, name))) {
    for await (const { bytes, isEnded, next } of linesOf(file, START, MAX_LINE_BYTES)) {
      const key = bytes && isEnded ? entryOf(bytes)?.key : undefined;
      if (key === undefined) continue;
      places.set(key, { file, start: next.offset - 1 - bytes!.length, length: bytes!.length });
    }
  }
  const own = join(folder, `${Date.now()}-${randomUUID()}.jsonl`);
  const handles = new Map<string, Promise<FileHandle>>();
  const handleOf = (file: string): Promise<FileHandle> => {
    const found = handles.get(file) ?? open(file, file === own ? "ax+" : "r");
    handles.set(file, found);
    return found;
  };
  let end = 0;
  let last: Promise<unknown> = Promise.resolve();

  return {
    async get(key) {
      const place = places.get(key);
      if (!place) return undefined;
      const bytes = Buffer.alloc(place.length);
      try {
        await (await handleOf(place.file)).read(bytes, 0, place.length, place.start);
      } catch {
        return undefined; // deleted meanwhile: it is asked again
      }
      const entry = entryOf(bytes);
      return entry?.key === key ? entry.answer : undefined;
    },
    put(key, answer) {
      const line = Buffer.from(`${JSON.stringify({ key, answer })}\n`);
      const written = last.then(async () => {
        await (await handleOf(own)).appendFile(line);
        places.set(key, { file: own, start: end, length: line.length - 1 });
        end += line.length;
      });
      last = written.catch(() => {});
      return written.catch((error: unknown) => {
        throw fileError(error, own);
      });
    },
    async close() {
      await last;
      for (const handle of handles.values())
        await handle.then((each) => each.close()).catch(() => {});
    },
  };
}

function entryOf(bytes: Buffer): { key: string; answer: unknown } | undefined {
  try {
    const entry: unknown = JSON.parse(bytes.toString("utf8"));
    return isObject(entry) && typeof entry.key === "string" && entry.answer !== undefined
      ? { key: entry.key, answer: entry.answer }
      : undefined;
  } catch {
    return undefined;
  }
}
