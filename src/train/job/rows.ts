/** JSONL files line by line: rows with their place, for errors that name file and line. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { fileError, isObject, parseJson, show } from "../../checkpoint/json.ts";
import { type Conversation, parseConversation } from "../../media/text/index.ts";

export type Row =
  | { readonly where: string; readonly conversation: Conversation }
  | { readonly where: string; readonly text: string };

export interface Rows {
  readonly rows: Row[];
  /** SHA-256 of the files: a run goes on only with the data it began with. */
  readonly hash: string;
}

/** A longer line is not a row but a file of another kind. */
const MAX_LINE_BYTES = 64 * 2 ** 20;

/**
 * Reads all rows of JSONL files.
 *
 * @throws Error naming file and line of a row that is not JSON or has neither "messages" nor "text"
 */
export async function readRows(files: readonly string[], signal?: AbortSignal): Promise<Rows> {
  const hash = createHash("sha256");
  const rows: Row[] = [];
  for (const file of files) {
    let line = 0;
    for await (const bytes of linesOf(file, (chunk) => hash.update(chunk))) {
      line++;
      signal?.throwIfAborted();
      const isBlank = bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
      if (!isBlank) rows.push(parseRow(bytes, `${file}:${line}`));
    }
    hash.update("\0");
  }
  if (rows.length === 0) throw new Error(`${files.join(", ")}: no rows; expected JSON lines`);
  return { rows, hash: hash.digest("hex") };
}

async function* linesOf(file: string, onChunk: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      onChunk(chunk);
      let start = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
        yield Buffer.concat([...rest, chunk.subarray(start, end)]);
        rest = [];
        length = 0;
        start = end + 1;
      }
      rest.push(chunk.subarray(start));
      length += chunk.length - start;
      if (length > MAX_LINE_BYTES) {
        throw new Error(`${file}: a line of over ${MAX_LINE_BYTES} bytes; is it JSONL?`);
      }
    }
  } catch (error) {
    throw fileError(error, file);
  }
  if (length > 0) yield Buffer.concat(rest);
}

function parseRow(bytes: Buffer, where: string): Row {
  const row = parseJson(bytes, where);
  if (!isObject(row)) throw new Error(`${where}: expected a JSON object, found ${show(row)}`);
  if (row.messages !== undefined) return { where, conversation: parseConversation(row, where) };
  if (typeof row.text === "string") return { where, text: row.text };
  const keys = Object.keys(row).slice(0, 5).join(", ") || "no keys";
  throw new Error(`${where}: expected "messages" or "text" (a string), found ${keys}`);
}

/** All text of rows, for learning a vocabulary. */
export function* textsOf(rows: Iterable<Row>): Generator<string> {
  for (const row of rows) {
    if ("text" in row) {
      yield row.text;
      continue;
    }
    for (const { content, reasoning_content } of row.conversation.messages) {
      if (typeof content === "string") yield content;
      if (reasoning_content) yield reasoning_content;
    }
  }
}
