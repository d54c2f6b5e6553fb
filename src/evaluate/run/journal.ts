/** What a run has done so far, a JSON line an item: a kill at any moment loses at most one. */

import { type FileHandle, mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { fileError, isObject } from "../../checkpoint/json.ts";
import { linesOf, START } from "../../train/data/read-lines.ts";
import type { ItemRecord, JsonObject } from "../types.ts";

/** Lines between two calls of fsync: a crash of the machine loses at most so many items. */
const SYNC_EVERY = 200;
const MAX_LINE_BYTES = 256 * 2 ** 20;

export interface Journal {
  /** Records of items that earlier runs left; a later one of the same item stands in its place. */
  readonly found: AsyncIterable<ItemRecord>;
  append(record: ItemRecord): Promise<void>;
  /** All records as they are now, in the order of writing. */
  records(): AsyncIterable<ItemRecord>;
  close(): Promise<void>;
}

/**
 * Opens a journal to go on with it. An unfinished last line is cut off.
 *
 * @param key what decides the results: a journal of something else is not gone on with
 * @throws Error naming the file and the entry of the key that differs
 */
export async function openJournal(file: string, key: JsonObject): Promise<Journal> {
  await mkdir(dirname(file), { recursive: true });
  const end = await endOf(file, key);
  const handle = await open(file, "a+").catch((error: unknown) => {
    throw fileError(error, file);
  });
  await handle.truncate(end);
  let pending: Promise<unknown> = Promise.resolve();
  let unsynced = 0;
  const write = (value: unknown): Promise<void> => {
    const line = `${JSON.stringify(value)}\n`;
    const written = pending.then(() => appendLine(handle, line, ++unsynced % SYNC_EVERY === 0));
    pending = written.catch(() => {});
    return written.catch((error: unknown) => {
      throw fileError(error, file);
    });
  };
  if (end === 0) await write({ journal: 1, key });
  return {
    found: recordsOf(file),
    append: write,
    async *records() {
      await pending;
      yield* recordsOf(file);
    },
    async close() {
      await pending;
      await handle.sync();
      await handle.close();
    },
  };
}

async function appendLine(handle: FileHandle, line: string, isSynced: boolean): Promise<void> {
  await handle.appendFile(line);
  if (isSynced) await handle.datasync();
}

/**
 * Records of a journal in the order of writing; a line without an end is still being written.
 *
 * @throws Error naming file and line of what is no record
 */
export async function* recordsOf(file: string): AsyncGenerator<ItemRecord> {
  for await (const { bytes, line, isEnded } of linesOf(file, START, MAX_LINE_BYTES)) {
    if (line > 1 && isEnded) yield parseRecord(bytes, `${file}:${line}`);
  }
}

function parseRecord(bytes: Buffer | undefined, where: string): ItemRecord {
  try {
    const record: unknown = JSON.parse(bytes?.toString("utf8") ?? "");
    if (isObject(record) && typeof record.id === "string") {
      return record as unknown as ItemRecord; // our own line
    }
  } catch {}
  throw new Error(`${where}: is no record of an evaluation; the journal was damaged`);
}

/** The last record of each item: one that failed and was asked again counts once. */
export async function* latestRecords(file: string): AsyncGenerator<ItemRecord> {
  const last = new Map<string, number>();
  let line = 0;
  for await (const { id } of recordsOf(file)) last.set(id, line++);
  line = 0;
  for await (const record of recordsOf(file)) if (last.get(record.id) === line++) yield record;
}

/** Bytes of whole lines, 0 where there is no journal yet. */
async function endOf(file: string, key: JsonObject): Promise<number> {
  if (!(await stat(file).catch(() => undefined))) return 0;
  let end = 0;
  for await (const { bytes, line, isEnded, next } of linesOf(file, START, MAX_LINE_BYTES)) {
    if (!isEnded || !bytes) break;
    if (line === 1) checkKey(file, bytes.toString("utf8"), key);
    end = next.offset;
  }
  return end;
}

function checkKey(file: string, text: string, key: JsonObject): void {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {}
  const found = isObject(header) && header.journal === 1 ? header.key : undefined;
  if (!isObject(found)) throw new Error(`${file}: is no journal of an evaluation; move it away`);
  for (const [name, value] of Object.entries(key)) {
    if (JSON.stringify(found[name]) === JSON.stringify(value)) continue;
    throw new Error(
      `${file}: belongs to a run with another ${name} (${clip(found[name])}, now ${clip(value)}); ` +
        "choose another folder, or move it away",
    );
  }
}

const clip = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "none";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};
