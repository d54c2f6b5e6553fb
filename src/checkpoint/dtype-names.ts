/** Names of element types in safetensors files, which are not the names of this library. */

import type { DType } from "../graph/dtype.ts";

/**
 * Ordered as the reference implementation orders its Dtype enum (by alignment, then history);
 * files are written with the last of this list first. Entries without `dtype` are legal names
 * that this library cannot read yet.
 * Source: huggingface/safetensors, safetensors/src/tensor.rs (Dtype).
 */
const table: readonly { readonly name: string; readonly dtype?: DType }[] = [
  { name: "BOOL", dtype: "bool" },
  { name: "F4" },
  { name: "F6_E2M3" },
  { name: "F6_E3M2" },
  { name: "U8", dtype: "u8" },
  { name: "I8", dtype: "i8" },
  { name: "F8_E5M2" },
  { name: "F8_E4M3" },
  { name: "F8_E8M0" },
  { name: "F8_E4M3FNUZ" },
  { name: "F8_E5M2FNUZ" },
  { name: "I16", dtype: "i16" },
  { name: "U16", dtype: "u16" },
  { name: "F16", dtype: "f16" },
  { name: "BF16", dtype: "bf16" },
  { name: "I32", dtype: "i32" },
  { name: "U32", dtype: "u32" },
  { name: "F32", dtype: "f32" },
  { name: "C64" },
  { name: "F64", dtype: "f64" },
  { name: "I64", dtype: "i64" },
  { name: "U64", dtype: "u64" },
];

const byName = new Map(table.map((entry) => [entry.name, entry]));
const byDType = new Map(table.flatMap((entry, rank) => (entry.dtype ? [[entry.dtype, rank]] : [])));

/** The library's dtype of a safetensors name; `known` tells a rare dtype from a made-up one. */
export function dtypeOfName(name: string): { known: boolean; dtype?: DType } {
  const entry = byName.get(name);
  return { known: entry !== undefined, dtype: entry?.dtype };
}

/** Position of a dtype in the reference's order, and its name in files. */
export function fileDType(dtype: DType): { name: string; rank: number } {
  const rank = byDType.get(dtype);
  if (rank === undefined) throw new Error(`safetensors: dtype ${dtype} has no name in the format`);
  return { name: table[rank as number].name, rank: rank as number };
}

export const supportedNames = table.filter((entry) => entry.dtype).map((entry) => entry.name);
