/** One safetensors file: header read and checked at once, tensors lazily. */

import { type FileBytes, openFileBytes } from "./file-bytes.ts";
import { type Header, headerLength, parseHeader } from "./header.ts";

export interface SafetensorsFile extends Disposable {
  readonly file: string;
  readonly header: Header;
  readonly bytes: FileBytes;
}

/**
 * Opens a safetensors file and checks its whole header.
 *
 * @param options.mapping false reads tensors by position instead of through a memory map
 * @throws Error of one sentence naming the file and what is wrong with it
 */
export async function openSafetensors(
  file: string,
  { mapping = true }: { mapping?: boolean } = {},
): Promise<SafetensorsFile> {
  const bytes = await openFileBytes(file, mapping);
  try {
    const prefix = new Uint8Array(Math.min(8, bytes.size));
    bytes.readInto(prefix, 0);
    const json = new Uint8Array(headerLength(prefix, bytes.size, file));
    bytes.readInto(json, 8);
    const header = parseHeader(json, bytes.size, file);
    return { file, header, bytes, [Symbol.dispose]: () => bytes[Symbol.dispose]() };
  } catch (error) {
    bytes[Symbol.dispose]();
    throw error;
  }
}
