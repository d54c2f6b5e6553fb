/** Temporary folders and hand-made safetensors files. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export const fixtures = new URL("../fixtures/checkpoint/", import.meta.url).pathname;

/** A folder that is removed when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "onefold-checkpoint-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The bytes of a file with any header text, any claimed header length and any data. */
export function rawFile(
  header: string | Uint8Array,
  data: Uint8Array = new Uint8Array(0),
  claimed?: bigint,
): Buffer {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimed ?? BigInt(json.byteLength));
  return Buffer.concat([length, json, data]);
}

/** Writes such a file into a new folder and returns its path. */
export function writeRaw(...parts: Parameters<typeof rawFile>): string {
  const file = join(temporaryFolder(), "model.safetensors");
  writeFileSync(file, rawFile(...parts));
  return file;
}
