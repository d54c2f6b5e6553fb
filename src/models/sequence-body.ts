/**
 * What a network in the middle of a task is: it continues a target sentence given a source
 * sentence. Tasks know this interface alone, not whether an encoder-decoder (ofa.ts) or a decoder
 * (decoder-body.ts) stands behind it.
 */

import type { Dim } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Scope } from "../nn/scope.ts";

/** How the positions of a segment lie to each other. */
export type Layout =
  | { readonly kind: "line" }
  | { readonly kind: "grid"; readonly rows: number; readonly columns: number }
  | {
      readonly kind: "frames";
      readonly frames: number;
      readonly rows: number;
      readonly columns: number;
    };

/** A stretch of a sentence as embeddings: adjacent text is one, an image is another. */
export interface Embedded {
  /** The slot's modality in lower case; text, boxes, phones, structures and codes are "text". */
  readonly modality: string;
  /** [batch, length, width] */
  readonly embed: Tensor;
  /** bool [batch, length]: false is padding. Left out: all count. */
  readonly valid?: Tensor;
  readonly layout: Layout;
}

/** A named array that a body keeps of the source and of the target so far; batch is axis 0. */
export interface StatePort {
  readonly name: string;
  readonly dtype: "f32" | "bool" | "i32";
  /** Without the batch. */
  readonly shape: readonly Dim[];
  /**
   * Whether steps write it: it is then bound in place, has [heads, positions, width], and follows
   * beams. Otherwise `begin` alone does.
   */
  readonly isWritten: boolean;
  /** The target's positions stand behind the source's (default: they are alone). */
  readonly isBehindSource?: boolean;
}

export type BodyState = Readonly<Record<string, Tensor>>;

export interface SequenceBody {
  /** Width of embeddings and hidden states. */
  readonly width: number;
  readonly vocabSize: number;
  /** ids i64 [batch, length] -> [batch, length, width]. */
  embedTokens(p: Scope, ids: Tensor, side: "source" | "target"): Tensor;
  /** hidden [..., width] -> logits [..., vocabSize]. */
  head(p: Scope, hidden: Tensor): Tensor;
  /**
   * The hidden states of all target positions [batch, length, width], for training and scoring.
   * Each sees the source and the target up to itself; with `full`, the whole target.
   */
  forward(
    p: Scope,
    source: readonly Embedded[],
    target: Embedded,
    options?: { readonly full?: boolean },
  ): Tensor;
  /** As `forward`, with those of the source's positions, segment behind segment. */
  forwardBoth(
    p: Scope,
    source: readonly Embedded[],
    target: Embedded,
    options?: { readonly full?: boolean },
  ): { readonly source: Tensor; readonly target: Tensor };
  /** What the source leaves for steps over targets of at most `capacity` positions. */
  statePorts(sourceLength: Dim, capacity: Dim): readonly StatePort[];
  /** Reads the source (a batch without padding). Gives the ports of `statePorts`. */
  begin(p: Scope, source: readonly Embedded[], capacity: number): BodyState;
  /**
   * The next target positions.
   *
   * @param target [batch, new positions, width]
   * @param past i32 [batch]: target positions before them
   * @param options `full`: they see each other (then they are the whole target, of `capacity`)
   * @returns their hidden states, and the written ports after them
   */
  step(
    p: Scope,
    target: Embedded,
    state: BodyState,
    past: Tensor,
    options?: { readonly full?: boolean },
  ): { readonly hidden: Tensor; readonly state: BodyState };
}
