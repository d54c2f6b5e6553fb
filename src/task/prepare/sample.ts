/** What a record becomes before it enters the network: numbers for each group of its plan. */

/** One sample's arrays of a source group. */
export type PreparedGroup =
  | { readonly kind: "text"; readonly ids: readonly number[] }
  /** [3, size, size] */
  | { readonly kind: "image"; readonly pixels: Float32Array }
  /** [frames, 3, size, size] */
  | { readonly kind: "video"; readonly pixels: Float32Array }
  /** [positions, `audioWidth`] */
  | { readonly kind: "audio"; readonly features: Float32Array; readonly positions: number };

export type PreparedTarget =
  | {
      readonly kind: "tokens";
      /** The given prefix, what is to be generated, and the end. */
      readonly ids: readonly number[];
      /** How many of them are given. */
      readonly prefix: number;
      /** They are an image's codes and nothing else. */
      readonly isCodes?: boolean;
      /** What it starts from (default: the vocabulary's start). */
      readonly start?: number;
      /** What the network is fed in place of `ids` (noise in the decoder's input). */
      readonly fed?: readonly number[];
      /** Which ids may stand at each place behind the prefix, where the set is closed. */
      readonly allowed?: readonly Int32Array[];
    }
  /** [frames, features] */
  | { readonly kind: "motion"; readonly frames: Float32Array; readonly count: number }
  /** [positions, stack * mels] */
  | { readonly kind: "speech"; readonly frames: Float32Array; readonly count: number };

export interface PreparedSource {
  readonly groups: readonly PreparedGroup[];
}

export interface PreparedSample extends PreparedSource {
  readonly target: PreparedTarget;
}

/** Positions of a sample's text, sound and target: pictures have the same in all samples. */
export function lengthOf({ groups, target }: PreparedSample): number {
  let length = target.kind === "tokens" ? target.ids.length : target.count;
  for (const group of groups) {
    if (group.kind === "text") length += group.ids.length;
    else if (group.kind === "audio") length += group.positions;
    else length += PICTURE;
  }
  return length;
}

/** About the positions of a picture. */
const PICTURE = 32;
