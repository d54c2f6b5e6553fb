/** Parameter scopes: a model reaches its weights by path, whoever supplies them. */

import type { DType } from "../graph/dtype.ts";
import { parameter } from "../graph/ops/leaf.ts";
import { labelled, type Tensor } from "../graph/tensor.ts";

/** How a fresh parameter is filled. */
export type Initialiser =
  | { readonly kind: "normal"; readonly deviation: number }
  | { readonly kind: "constant"; readonly value: number };

export const normal = (deviation: number): Initialiser => ({ kind: "normal", deviation });
export const zeros: Initialiser = { kind: "constant", value: 0 };
export const ones: Initialiser = { kind: "constant", value: 1 };

export interface ParameterSpec {
  /** Full name, as in the checkpoint. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: Initialiser;
}

/** Supplies the tensor for a parameter; a rebinding scope (LoRA, quantised) wraps another. */
export type ParameterSource = (spec: ParameterSpec) => Tensor;

/** A place in the tree of parameters. Building a model asks it for weights by name. */
export class Scope {
  readonly path: string;
  private readonly source: ParameterSource;

  constructor(source: ParameterSource, path = "") {
    this.source = source;
    this.path = path;
  }

  /** The scope below, e.g. `p.in("layers", 0, "self_attn")`. */
  in(...segments: readonly (string | number)[]): Scope {
    return new Scope(this.source, [this.path, ...segments].filter((s) => s !== "").join("."));
  }

  /** The weight `name` of this scope; the same name gives the same tensor (tied weights). */
  parameter(name: string, shape: readonly number[], init: Initialiser): Tensor {
    return this.source({ name: this.path === "" ? name : `${this.path}.${name}`, shape, init });
  }

  /** Traces `f` under this scope's path, which errors and profiles then show. */
  trace<T>(f: () => T): T {
    return labelled(this.path, f);
  }
}

export interface Parameters {
  readonly root: Scope;
  /** Every parameter asked for so far, in the order of first use. */
  readonly specs: ReadonlyMap<string, ParameterSpec>;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/**
 * A root scope whose parameters are leaves of the graph, filled later: from `initialise`, from a
 * checkpoint, or by training.
 *
 * @example
 * const { root, tensors } = createParameters();
 * const y = linear(root.in("proj"), x, 64); // tensors has "proj.weight"
 */
export function createParameters(dtype: DType = "f32"): Parameters {
  const specs = new Map<string, ParameterSpec>();
  const tensors = new Map<string, Tensor>();
  const root = new Scope((spec) => {
    const known = tensors.get(spec.name);
    if (known) {
      if (`${known.shape}` !== `${spec.shape}`) {
        throw new Error(
          `parameter ${spec.name}: asked for with shapes [${known.shape}] and [${spec.shape}]`,
        );
      }
      return known;
    }
    const tensor = parameter(spec.name, dtype, spec.shape);
    specs.set(spec.name, spec);
    tensors.set(spec.name, tensor);
    return tensor;
  });
  return { root, specs, tensors };
}
