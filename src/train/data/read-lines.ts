/** Lines of a file with their byte offsets, in bounded memory. */

import { open } from "node:fs/promises";
import { fileError } from "../../checkpoint/json.ts";

/** From where a file is read on: a byte of a text file, a row of a Parquet file. */
export interface Position {
  readonly offset: number;
  /** Lines (rows) before it. */
  readonly line: number;
}

export const START: Position = { offset: 0, line: 0 };

export interface Line {
  /** Without the line feed; undefined: longer than the limit. */
  readonly bytes: Buffer | undefined;
  /** From 1. */
  readonly line: number;
  /** Whether a line feed ends it; the last line of a file may lack one. */
  readonly isEnded: boolean;
  /** Behind the line. */
  readonly next: Position;
}

const CHUNK = 2 ** 20;

const ended = (next: Position) => ({ isEnded: true, line: next.line, next });

/**
 * Reads a file line by line. A line over the limit is told as soon as it is seen, before its end
 * is looked for, and never held.
 */
export async function* linesOf(
  file: string,
  from: Position,
  maxBytes: number,
): AsyncGenerator<Line> {
  const handle = await open(file).catch((error: unknown) => {
    throw fileError(error, file);
  });
  try {
    let { offset, line } = from;
    let parts: Buffer[] = [];
    let length = 0;
    const isLong = (): boolean => length > maxBytes;
    const take = (piece: Buffer): boolean => {
      const was = isLong();
      length += piece.length;
      if (isLong()) parts = [];
      else parts.push(piece);
      return isLong() && !was;
    };
    for (;;) {
      const buffer = Buffer.allocUnsafe(CHUNK);
      const { bytesRead } = await handle.read(buffer, 0, CHUNK, offset).catch((error: unknown) => {
        throw fileError(error, file);
      });
      if (bytesRead === 0) break;
      const chunk = buffer.subarray(0, bytesRead);
      let start = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
        const next = { offset: offset + end + 1, line: line + 1 };
        if (take(chunk.subarray(start, end))) yield { bytes: undefined, ...ended(next) };
        else if (!isLong()) yield { bytes: Buffer.concat(parts), ...ended(next) };
        parts = [];
        length = 0;
        line++;
        start = end + 1;
      }
      offset += bytesRead;
      if (take(chunk.subarray(start))) {
        yield { bytes: undefined, isEnded: false, line: line + 1, next: { offset, line } };
      }
    }
    if (length > 0 && !isLong()) {
      const next = { offset, line: line + 1 };
      yield { bytes: Buffer.concat(parts), isEnded: false, line: next.line, next };
    }
  } finally {
    await handle.close();
  }
}
