/** What the parser knows of a modality, and how users add one. */

import type { Audio, Box, Image, Motion, Structure, Video } from "../../media/types.ts";
import type { Side } from "./ast.ts";
import { builtinModalities } from "./builtin-modalities.ts";

/**
 * What a slot of each modality takes (`in`) and gives (`out`; `never` where nothing writes it).
 * Files are given as a path or as bytes. A modality of your own is typed by declaration merging.
 * @example
 * declare module "onefold/task" {
 *   interface ModalityMap {
 *     DEPTH: { in: Float32Array; out: Float32Array };
 *   }
 * }
 */
export interface ModalityMap {
  TEXT: { in: string; out: string };
  IMAGE: { in: string | Uint8Array | Image; out: Image };
  BOX: { in: Box; out: Box };
  AUDIO: { in: string | Uint8Array | Audio; out: Audio };
  VIDEO: { in: string | Uint8Array | Video; out: never };
  MOTION: { in: string | Uint8Array | Motion; out: Motion };
  STRUCT: { in: Structure; out: string };
  PHONE: { in: string; out: string };
  CATEGORY: { in: string; out: string };
}

export type ModalityName = keyof ModalityMap & string;

/** What may stand behind an attribute's name, and on which sides. */
export interface AttributeRule {
  /** A flag takes no value; a name is an identifier or a quoted string. */
  readonly kind: "flag" | "integer" | "number" | "name";
  readonly sides: readonly Side[];
  /** Bounds of a number, both allowed. */
  readonly min?: number;
  readonly max?: number;
}

/** Names that `preprocess=` and `adaptor=` take; the first is what a slot without them gets. */
export interface Presets {
  readonly preprocess: readonly [string, ...string[]];
  readonly adaptor: readonly [string, ...string[]];
}

export interface Modality {
  /** Capitals and underscores. */
  readonly name: ModalityName;
  /** A side that is missing does not take the modality. */
  readonly sides: { readonly [S in Side]?: Presets };
  /** Written in tokens of text: may stand beside others that are, and in a group. */
  readonly isTextLike: boolean;
  /** Besides `preprocess` and `adaptor`, which every modality has. */
  readonly attributes: Readonly<Record<string, AttributeRule>>;
}

export type Modalities = ReadonlyMap<string, Modality>;

/** Attributes of every modality; which names they take is in its presets. */
export const commonAttributes = {
  preprocess: { kind: "name", sides: ["source", "target"] },
  adaptor: { kind: "name", sides: ["source", "target"] },
} as const satisfies Modality["attributes"];

const registered = new Map<string, Modality>(builtinModalities.map((each) => [each.name, each]));

/** All that instructions may name now: the nine of onefold, then your own in order. */
export const modalities: Modalities = registered;

/**
 * Makes a modality known to every instruction that is parsed from now on.
 * @returns a function that takes it back
 * @throws Error where the name is taken, or is not capitals and underscores; where no side takes
 * it; where an attribute's name is no identifier or is one of the common ones
 * @example
 * defineModality({
 *   name: "DEPTH",
 *   sides: { source: { preprocess: ["depth"], adaptor: ["depth_patches"] } },
 *   isTextLike: false,
 *   attributes: { max_depth: { kind: "number", sides: ["source"], min: 0 } },
 * });
 */
export function defineModality(modality: Modality): () => void {
  const { name } = modality;
  const refuse = (problem: string): never => {
    throw new Error(`modality '${name}': ${problem}`);
  };
  if (!/^[A-Z][A-Z_]*$/.test(name)) refuse("its name must be capitals and underscores");
  if (registered.has(name)) refuse("it is defined already");
  if (!modality.sides.source && !modality.sides.target) refuse("no side takes it");
  for (const key of Object.keys(modality.attributes)) {
    if (!/^[a-z][a-z0-9_]*$/i.test(key)) refuse(`'${key}' is no name for an attribute`);
    if (Object.hasOwn(commonAttributes, key)) refuse(`every modality has '${key}' already`);
  }
  registered.set(name, modality);
  return () => void registered.delete(name);
}
