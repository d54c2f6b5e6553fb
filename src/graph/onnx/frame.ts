/** A graph under construction, and what is named in it. */

import type { Tensor } from "../tensor.ts";
import type { NodeProto } from "./proto.ts";

/** ONNX names of values that hold for one graph and the graphs nested in it. */
export interface Frame {
  readonly parent: Frame | undefined;
  readonly nodes: NodeProto[];
  readonly values: Map<Tensor, string>;
  readonly dims: Map<string, string>;
  readonly shared: Map<string, string>;
}

export const frameIn = (parent: Frame | undefined): Frame => ({
  parent,
  nodes: [],
  values: new Map(),
  dims: new Map(),
  shared: new Map(),
});

export function outermost(frame: Frame): Frame {
  let found = frame;
  while (found.parent) found = found.parent;
  return found;
}

/** A value that has been named, and is emitted where something reads it. */
export interface Deferred {
  readonly emit: () => void;
  readonly frame: Frame;
  readonly label: string;
  isEmitted: boolean;
}
