/** What lowering produces and a runtime executes. Runtimes know this file and nothing else here. */

import type { DType } from "./dtype.ts";
import type { NDArray } from "./ndarray.ts";
import type { Shape } from "./shape.ts";

/** A named input, output or weight of a program. Dimensions are numbers or symbolic. */
export interface Port {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

export interface Program {
  /** Serialised ONNX ModelProto. Weights are external: named here, bytes handed over separately. */
  readonly model: Uint8Array;
  /** SHA-256 of `model` in hex: same trace, same hash. */
  readonly hash: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /**
   * Initialisers whose bytes a runtime asks for by name at session creation
   * (an ONNX external-data initialiser in `model` with the same name).
   */
  readonly weights: readonly Port[];
  /** Graph-side description of an ONNX node, for errors: node name -> op and parameter path. */
  readonly provenance: ReadonlyMap<string, string>;
}

/** Finds the bytes of a weight. The array must stay alive and unchanged while a session uses it. */
export type WeightSource = (port: Port) => NDArray;
