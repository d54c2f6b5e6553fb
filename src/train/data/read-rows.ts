/** Rows of JSONL, Parquet and text files, each with its place; what cannot be read is a problem. */

import { isUtf8 } from "node:buffer";
import { extname } from "node:path";
import { findDuplicateKey } from "../../checkpoint/duplicate-keys.ts";
import { clip, isObject, show } from "../../checkpoint/json.ts";
import { findJsonError } from "../../checkpoint/json-position.ts";
import { bad, type Content, type RawRow, tooLong } from "./raw-row.ts";
import { linesOf, type Position } from "./read-lines.ts";

/** Ends a document in a text file, alone on its line. */
export const DOCUMENT_END = "<|endoftext|>";

const READABLE = ".jsonl, .ndjson or .json (an object a line), .parquet, or text";
const UNREADABLE =
  /^\.(gz|zst|zip|tar|tgz|7z|xz|bz2|arrow|feather|avro|orc|csv|tsv|xlsx?|pdf|docx?|bin|pt|pkl|npz?|npy|safetensors|gguf|db|sqlite)$/i;

/**
 * Rows of one file by its name's ending: JSONL, Parquet, and all else as text, in which lines of
 * `<|endoftext|>` part the documents.
 *
 * @throws Error for a file that is not there or of a format that is not read
 */
export function rowsOf(file: string, from: Position, maxBytes: number): AsyncGenerator<RawRow> {
  const ending = extname(file).toLowerCase();
  if ([".jsonl", ".ndjson", ".json"].includes(ending)) return jsonRows(file, from, maxBytes);
  if (ending === ".parquet") return parquetRows(file, from, maxBytes);
  if (UNREADABLE.test(ending)) {
    throw new Error(`${file}: data in ${ending} is not read; expected ${READABLE}`);
  }
  return textRows(file, from, maxBytes);
}

async function* parquetRows(file: string, from: Position, max: number): AsyncGenerator<RawRow> {
  const { readParquet } = await import("./read-parquet.ts"); // loads hyparquet
  yield* readParquet(file, from, max);
}

async function* jsonRows(file: string, from: Position, max: number): AsyncGenerator<RawRow> {
  for await (const { bytes, line, next } of linesOf(file, from, max)) {
    if (bytes?.every(isSpace)) continue;
    const content = bytes === undefined ? tooLong(max) : parseLine(bytes, line);
    yield { line, next, ...content };
    if ("problem" in content && content.problem.fix === ONE_ARRAY) return; // its lines are no rows
  }
}

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d;

const notUtf8 = (bytes: Buffer): Content => {
  const isUtf16 =
    bytes.length > 1 && (bytes.readUInt16LE() === 0xfeff || bytes[0] === 0 || bytes[1] === 0);
  return bad({
    rule: "encoding",
    found: `is not valid UTF-8${isUtf16 ? " but looks like UTF-16" : ""}`,
    fix: "save the file as UTF-8",
  });
};

const ONE_ARRAY = "the file is one JSON array: write its objects one a line";

function parseLine(bytes: Buffer, line: number): Content {
  if (!isUtf8(bytes) || bytes.includes(0)) return notUtf8(bytes); // UTF-16 is half zeros
  const text = new TextDecoder().decode(bytes); // drops a byte order mark
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    const at = findJsonError(text);
    const found = at === undefined || at >= text.length ? "it ends too early" : showAt(text, at);
    const isArray = line === 1 && text.trimStart().startsWith("[");
    const fix = isArray ? ONE_ARRAY : "write one JSON object a line";
    return bad({ rule: "json", found: `is not JSON: ${found}`, fix });
  }
  if (!isObject(row)) {
    const fix = "write one JSON object a line";
    return bad({ rule: "json", found: `must be a JSON object, found ${show(row)}`, fix });
  }
  const key = findDuplicateKey(bytes);
  if (key === undefined) return { row };
  return bad({
    rule: "json",
    found: `has the key ${JSON.stringify(clip(key))} twice in one object`,
    fix: "leave one of them out",
  });
}

const showAt = (text: string, at: number): string =>
  `unexpected ${JSON.stringify(text[at])} at column ${at + 1}`;

async function* textRows(file: string, from: Position, max: number): AsyncGenerator<RawRow> {
  let parts: string[] = [];
  let [size, first] = [0, from.line + 1];
  let last = from;
  for await (const { bytes, line, next, isEnded } of linesOf(file, from, max)) {
    last = next;
    size += (bytes?.length ?? 0) + 1;
    if (bytes === undefined || size > max + 1) {
      yield { line: first, next, ...tooLong(max) };
      return;
    }
    if (!isUtf8(bytes) || bytes.includes(0)) {
      yield { line, next, ...(isUtf8(bytes) ? binary : notUtf8(bytes)) };
      return;
    }
    const text = bytes.toString("utf8");
    if (text.trimEnd() !== DOCUMENT_END) {
      parts.push(line === 1 ? text.replace(/^\ufeff/, "") : text, ...(isEnded ? ["\n"] : []));
      continue;
    }
    const document = parts.slice(0, -1).join(""); // without the line feed before the end's line
    if (document.trim() !== "") {
      yield { line: first, next, row: { text: document } };
    }
    parts = [];
    size = 0;
    first = line + 1;
  }
  const document = parts.join("");
  if (document.trim() !== "") {
    yield { line: first, next: last, row: { text: document } };
  }
}

const binary = bad({
  rule: "encoding",
  found: "holds a NUL byte, so the file is no text",
  fix: `give ${READABLE}`,
});
