/** Parameter scopes: a model reaches its weights by path, whoever supplies them. */

import type { DType } from "../graph/dtype.ts";
import { parameter } from "../graph/ops/leaf.ts";
import type { BlockLayout } from "../graph/ops/quantized-linear.ts";
import { labelled, type Tensor } from "../graph/tensor.ts";
import type { RouteHooks } from "./moe-routing.ts";

/** How a fresh parameter is filled. */
export type Initialiser =
  | { readonly kind: "normal"; readonly deviation: number }
  | { readonly kind: "constant"; readonly value: number }
  /** Evenly between -bound and bound. */
  | { readonly kind: "uniform"; readonly bound: number }
  /** Euclidean norms of the rows of another parameter, by its full name. */
  | { readonly kind: "rowNorms"; readonly of: string };

export const normal = (deviation: number): Initialiser => ({ kind: "normal", deviation });
export const zeros: Initialiser = { kind: "constant", value: 0 };
export const ones: Initialiser = { kind: "constant", value: 1 };

export interface ParameterSpec {
  /** Full name, as in the checkpoint. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: Initialiser;
  /** Where it is not that of the other parameters: parts of quantised weights. */
  readonly dtype?: DType;
}

/** Supplies the tensor for a parameter; a rebinding scope (LoRA, quantised) wraps another. */
export type ParameterSource = (spec: ParameterSpec) => Tensor;

/** How a quantised weight is stored, and so which product it takes. */
export type WeightFormat =
  | (BlockLayout & {
      readonly kind: "blocks";
      /** It stores zero points. */
      readonly hasZeros: boolean;
      /** Its inputs are stored in another order, which it names (GPTQ's `desc_act`). */
      readonly isOrdered?: boolean;
      /** Multiply in f32 rather than with activations of 8 bits. */
      readonly exact?: boolean;
    })
  /** i8 [inputs, outputs], multiplied by activations rounded to 8 bits token by token. */
  | { readonly kind: "per-token" };

/** Formats of the weights that are quantised, by full name. */
export type WeightFormats = ReadonlyMap<string, WeightFormat>;

/** Sees what linear maps multiply: the weight's full name and x [..., inputs]. */
export type ProductObserver = (weight: string, x: Tensor) => void;

/**
 * Changes what a linear map gives, e.g. by a low-rank product.
 *
 * @param p the map's scope
 * @param x [..., inputs]
 * @param y [..., outputs], before the bias
 */
export type LinearAdapter = (p: Scope, x: Tensor, y: Tensor) => Tensor;

export interface ScopeHooks {
  /** Sees the inputs of linear maps while they are traced. */
  readonly observer?: ProductObserver;
  /** Changes the results of linear maps. */
  readonly adapter?: LinearAdapter;
  /** Watches and limits how tokens are sent to experts. */
  readonly routes?: RouteHooks;
}

/** A place in the tree of parameters. Building a model asks it for weights by name. */
export class Scope {
  readonly path: string;
  private readonly source: ParameterSource;
  private readonly formats: WeightFormats | undefined;
  private readonly hooks: ScopeHooks;

  constructor(source: ParameterSource, path = "", formats?: WeightFormats, hooks: ScopeHooks = {}) {
    this.source = source;
    this.path = path;
    this.formats = formats;
    this.hooks = hooks;
  }

  /** The scope below, e.g. `p.in("layers", 0, "self_attn")`. */
  in(...segments: readonly (string | number)[]): Scope {
    const path = [this.path, ...segments].filter((s) => s !== "").join(".");
    return new Scope(this.source, path, this.formats, this.hooks);
  }

  /** Tells whoever watches that x [..., inputs] is multiplied by the weight `name`. */
  observe(name: string, x: Tensor): void {
    this.hooks.observer?.(this.path === "" ? name : `${this.path}.${name}`, x);
  }

  /** What the product y of this scope's linear map becomes: `LinearAdapter`. */
  adapt(x: Tensor, y: Tensor): Tensor {
    return this.hooks.adapter?.(this, x, y) ?? y;
  }

  /** The same scope, where training watches or limits the routing to experts. */
  withRoutes(routes: RouteHooks): Scope {
    return new Scope(this.source, this.path, this.formats, { ...this.hooks, routes });
  }

  /** What is done with routers here; undefined: nothing but routing. */
  get routes(): RouteHooks | undefined {
    return this.hooks.routes;
  }

  /** How the weight `name` of this scope is quantised; undefined where it is not. */
  formatOf(name: string): WeightFormat | undefined {
    return this.formats?.get(this.path === "" ? name : `${this.path}.${name}`);
  }

  /** The weight `name` of this scope; the same name gives the same tensor (tied weights). */
  parameter(name: string, shape: readonly number[], init: Initialiser, dtype?: DType): Tensor {
    const path = this.path === "" ? name : `${this.path}.${name}`;
    return this.source({ name: path, shape, init, dtype });
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
 * @param formats of the weights that a checkpoint holds quantised
 * @example
 * const { root, tensors } = createParameters();
 * const y = linear(root.in("proj"), x, 64); // tensors has "proj.weight"
 */
export function createParameters(
  dtype: DType = "f32",
  formats?: WeightFormats,
  hooks?: ScopeHooks,
): Parameters {
  const specs = new Map<string, ParameterSpec>();
  const tensors = new Map<string, Tensor>();
  const source: ParameterSource = (spec) => {
    const known = tensors.get(spec.name);
    if (known) {
      if (`${known.shape}` !== `${spec.shape}`) {
        throw new Error(
          `parameter ${spec.name}: asked for with shapes [${known.shape}] and [${spec.shape}]`,
        );
      }
      return known;
    }
    const tensor = parameter(spec.name, spec.dtype ?? dtype, spec.shape);
    specs.set(spec.name, spec);
    tensors.set(spec.name, tensor);
    return tensor;
  };
  return { root: new Scope(source, "", formats, hooks), specs, tensors };
}
