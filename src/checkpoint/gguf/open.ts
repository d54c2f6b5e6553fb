/** One GGUF file as a part of a checkpoint: Hugging Face names, tensors decoded when read. */

import { openFileBytes } from "../file-bytes.ts";
import type { TensorEntry } from "../header.ts";
import { show } from "../json.ts";
import type { SafetensorsFile } from "../safetensors.ts";
import { blockDecoders } from "./dequantise.ts";
import { type GgufHeader, type GgufTensor, readGgufHeader } from "./header.ts";
import { MetadataReader } from "./metadata.ts";
import { huggingFaceName } from "./names.ts";

/**
 * Opens a GGUF file and checks its whole header.
 *
 * @param options.mapping false reads tensors by position instead of through a memory map
 * @throws Error of one sentence naming the file and what is wrong with it
 */
export async function openGguf(
  file: string,
  { mapping = true }: { mapping?: boolean } = {},
): Promise<SafetensorsFile> {
  const bytes = await openFileBytes(file, mapping);
  try {
    const { tensors, metadata } = readGgufHeader(bytes);
    requireWhole(file, metadata);
    const entries = new Map<string, TensorEntry>();
    for (const entry of tensors.flatMap(entriesOf)) {
      if (entries.has(entry.name)) {
        throw new Error(`${file}: two tensors mean ${show(entry.name)}, expected one`);
      }
      entries.set(entry.name, entry);
    }
    const texts = new Map<string, string>();
    for (const [key, value] of metadata) {
      if (value.type !== "array") texts.set(key, String(value.value));
    }
    const header = { tensors: entries, metadata: texts };
    return { file, header, bytes, [Symbol.dispose]: () => bytes[Symbol.dispose]() };
  } catch (error) {
    bytes[Symbol.dispose]();
    throw error;
  }
}

/** The metadata of a GGUF file. */
export async function readGgufMetadata(file: string): Promise<MetadataReader> {
  return new MetadataReader(file, (await readHeader(file)).metadata);
}

export async function readHeader(file: string): Promise<GgufHeader> {
  using bytes = await openFileBytes(file, false);
  return readGgufHeader(bytes);
}

function requireWhole(file: string, metadata: GgufHeader["metadata"]): void {
  const reader = new MetadataReader(file, metadata);
  const parts = reader.optionalCount("split.count", 0) ?? 0;
  if (parts > 1) {
    throw new Error(
      `${file}: metadata key "split.count" says that this is one of ${parts} parts, expected a ` +
        "whole model; join them with `llama-gguf-split --merge`",
    );
  }
}

/** The checkpoint's entries of one tensor: one, or one an expert. */
function entriesOf(tensor: GgufTensor): TensorEntry[] {
  const destination = huggingFaceName(tensor.name);
  if (destination.kind === "one") return [entryOf(tensor, destination.name)];
  const [experts = 0, ...shape] = tensor.shape;
  if (experts === 0) return [];
  const byteLength = tensor.byteLength / experts; // whole rows, so whole blocks
  return Array.from({ length: experts }, (_, i) => {
    const offset = tensor.offset + i * byteLength;
    return entryOf({ ...tensor, shape, offset, byteLength }, destination.nameOf(i));
  });
}

function entryOf({ type, shape, offset, byteLength }: GgufTensor, name: string): TensorEntry {
  const place = { name, fileDType: type.name, shape, offset, byteLength };
  if (type.dtype) return { ...place, dtype: type.dtype };
  const decode = blockDecoders.get(type.name);
  if (!decode) return { ...place, dtype: undefined };
  return { ...place, dtype: "f32", blocks: { size: type.size, bytes: type.bytes, decode } };
}
