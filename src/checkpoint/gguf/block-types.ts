/**
 * Element types of GGUF files: plain ones, and blocks of quantised values.
 * Source of ids and sizes: ggml, include/ggml.h (enum ggml_type) and src/ggml-common.h (blocks).
 */

import type { DType } from "../../graph/dtype.ts";

export interface GgmlType {
  readonly id: number;
  readonly name: string;
  /** Values of one block: rows hold whole blocks. */
  readonly size: number;
  /** Bytes of one block. */
  readonly bytes: number;
  /** The same type in this library, where there is one. */
  readonly dtype?: DType;
}

const table: readonly (readonly [id: number, name: string, size: number, bytes: number, DType?])[] =
  [
    [0, "F32", 1, 4, "f32"],
    [1, "F16", 1, 2, "f16"],
    [2, "Q4_0", 32, 18],
    [3, "Q4_1", 32, 20],
    [6, "Q5_0", 32, 22],
    [7, "Q5_1", 32, 24],
    [8, "Q8_0", 32, 34],
    [9, "Q8_1", 32, 40],
    [10, "Q2_K", 256, 84],
    [11, "Q3_K", 256, 110],
    [12, "Q4_K", 256, 144],
    [13, "Q5_K", 256, 176],
    [14, "Q6_K", 256, 210],
    [15, "Q8_K", 256, 292],
    [16, "IQ2_XXS", 256, 66],
    [17, "IQ2_XS", 256, 74],
    [18, "IQ3_XXS", 256, 98],
    [19, "IQ1_S", 256, 50],
    [20, "IQ4_NL", 32, 18],
    [21, "IQ3_S", 256, 110],
    [22, "IQ2_S", 256, 82],
    [23, "IQ4_XS", 256, 136],
    [24, "I8", 1, 1, "i8"],
    [25, "I16", 1, 2, "i16"],
    [26, "I32", 1, 4, "i32"],
    [27, "I64", 1, 8, "i64"],
    [28, "F64", 1, 8, "f64"],
    [29, "IQ1_M", 256, 56],
    [30, "BF16", 1, 2, "bf16"],
    [34, "TQ1_0", 256, 54],
    [35, "TQ2_0", 256, 66],
    [39, "MXFP4", 32, 17],
  ];

const types = table.map(
  ([id, name, size, bytes, dtype]): GgmlType => ({ id, name, size, bytes, dtype }),
);
const byId = new Map(types.map((type) => [type.id, type]));
const byName = new Map(types.map((type) => [type.name, type]));

/** The type of an id in a file, or undefined. */
export const ggmlTypeOf = (id: number): GgmlType | undefined => byId.get(id);

/** The type of a name of the table above. */
export function ggmlType(name: string): GgmlType {
  const type = byName.get(name);
  if (!type) throw new Error(`gguf: "${name}" is not the name of an element type`);
  return type;
}
