/** JSON from files that others wrote: errors name the file and the position. */

import { readFile, stat } from "node:fs/promises";
import { findJsonError } from "./json-position.ts";

/** Configuration files are small; a bigger one is a mistake (a weight file given as a config). */
const DEFAULT_MAX_BYTES = 64 * 2 ** 20;

/**
 * Reads and parses a JSON file.
 *
 * @param maxBytes refuse larger files before reading them (default 64 MiB)
 * @throws Error naming the file, and line and column where the text stops being JSON
 * @example
 * const config = await readJson("models/onefold-mini/config.json");
 */
export async function readJson(
  file: string,
  { maxBytes = DEFAULT_MAX_BYTES }: { maxBytes?: number } = {},
): Promise<unknown> {
  let bytes: Uint8Array;
  try {
    const { size } = await stat(file);
    if (size > maxBytes) {
      throw new Error(`${file}: ${size} bytes is too large for a JSON file (limit ${maxBytes})`);
    }
    bytes = await readFile(file);
  } catch (error) {
    throw fileError(error, file);
  }
  return parseJson(bytes, file);
}

/** As {@link readJson}, for a file that must hold an object: the usual config. */
export async function readJsonObject(
  file: string,
  options?: { maxBytes?: number },
): Promise<Record<string, unknown>> {
  const value = await readJson(file, options);
  if (!isObject(value)) {
    throw new Error(`${file}: expected a JSON object at the top, found ${kindOf(value)}`);
  }
  return value;
}

/** Parses UTF-8 JSON bytes; `where` names them in errors. A byte order mark is skipped. */
export function parseJson(bytes: Uint8Array, where: string): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error(
      `${where}: not valid UTF-8, so not JSON; the file is damaged or of another kind`,
    );
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${where}: invalid JSON${positionOf(text)}`, { cause: error });
  }
}

/** Line and column of the error; the text itself is not repeated beyond one character. */
function positionOf(text: string): string {
  const offset = findJsonError(text);
  if (offset === undefined) return "";
  const line = text.slice(0, offset).split("\n").length;
  const column = offset - text.lastIndexOf("\n", offset - 1);
  const found = offset < text.length ? JSON.stringify(text[offset]) : "the end of the text";
  return ` at line ${line}, column ${column}: unexpected ${found}`;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** "a string", "an array", ... for messages about values of the wrong kind. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (value === undefined) return "nothing";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** A value for a message: scalars as JSON, anything deeper only by its kind. */
export function show(value: unknown): string {
  if (typeof value !== "object" || value === null) return clip(JSON.stringify(value) ?? "nothing");
  return kindOf(value);
}

/** Hostile names and values may be megabytes long; messages stay readable. */
export function clip(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}

/** One sentence for the file-system errors people meet; anything else keeps its message. */
export function fileError(error: unknown, file: string): Error {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reasons: Record<string, string> = {
    ENOENT: "no such file or folder",
    EACCES: "permission denied",
    EPERM: "operation not permitted",
    EISDIR: "is a folder, a file was expected",
    ENOTDIR: "a part of the path is a file, a folder was expected",
    ENOSPC: "no space left on the device; free some or choose another folder",
    EDQUOT: "disk quota exceeded; free some space or choose another folder",
    EFBIG: "the file system or a limit does not allow a file this large",
    EROFS: "the file system is read-only",
    EMFILE: "too many open files; raise `ulimit -n`",
  };
  if (Object.hasOwn(reasons, code)) {
    return new Error(`${file}: ${reasons[code]} (${code})`, { cause: error });
  }
  return error instanceof Error ? error : new Error(`${file}: ${String(error)}`);
}
