/** Images that stand in rows: base64 text, and the structs of Parquet data sets. */

import { isObject, show } from "../../checkpoint/json.ts";
import { type ReaderOptions, type Row, RowError, textOf } from "./row.ts";

const MAX_MEDIA_BYTES = 64 * 2 ** 20;

/**
 * Bytes of a base64 cell, of the usual or the URL alphabet.
 * @throws RowError for other characters, a cut text, and more bytes than the limit
 */
export function base64Of(
  row: Row,
  key: string,
  { maxMediaBytes = MAX_MEDIA_BYTES }: ReaderOptions,
): Uint8Array {
  const text = textOf(row, key).trim();
  const letters = text.endsWith("==")
    ? text.length - 2
    : text.length - (text.endsWith("=") ? 1 : 0);
  const size = Math.floor((letters * 3) / 4);
  checkSize(size, maxMediaBytes, row, key);
  const bytes = Buffer.from(text, "base64"); // skips what is no base64
  if (bytes.length !== size || letters % 4 === 1) {
    throw new RowError(row.place, `"${key}" is no base64: it is cut or holds other characters`);
  }
  return bytes;
}

/** Bytes of an image column of a Parquet file: `{ bytes, path }`, or bytes alone. */
export function imageBytesOf(
  row: Row,
  key: string,
  { maxMediaBytes = MAX_MEDIA_BYTES }: ReaderOptions,
): Uint8Array {
  const value = row.values[key];
  const bytes = isObject(value) && !(value instanceof Uint8Array) ? value.bytes : value;
  if (!(bytes instanceof Uint8Array) || bytes.length === 0) {
    throw new RowError(row.place, `"${key}" must hold an image's bytes, found ${show(bytes)}`);
  }
  checkSize(bytes.length, maxMediaBytes, row, key);
  return bytes;
}

function checkSize(size: number, most: number, { place }: Row, key: string): void {
  if (size > most)
    throw new RowError(place, `"${key}" has ${size} bytes, more than the limit of ${most}`);
}
