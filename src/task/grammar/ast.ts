/** An instruction once parsed: two sentences of text, slots and repeated groups. */

import type { ModalityName } from "./modality.ts";

/** Left of the arrow, what the network reads; right of it, what it writes. */
export type Side = "source" | "target";

export interface Instruction {
  /** As it was written. */
  readonly text: string;
  readonly source: readonly Segment[];
  readonly target: readonly Segment[];
}

export type Segment = TextSegment | Slot | Group;

export interface TextSegment {
  readonly kind: "text";
  /** Escapes resolved, blanks at both ends dropped, blanks inside kept; never empty. */
  readonly value: string;
  /** Where it starts in the instruction's text, from 0. */
  readonly position: number;
}

export interface Slot {
  readonly kind: "slot";
  readonly modality: ModalityName;
  /** The column of the record; a slot without a name has its place among all slots, from "0". */
  readonly name: string;
  readonly isNamed: boolean;
  /** In the order written: a flag is true. */
  readonly attributes: Readonly<Record<string, string | number | true>>;
  readonly position: number;
}

/** `( [BOX:box] [TEXT:label] )*`: its slots are written again and again. */
export interface Group {
  readonly kind: "group";
  readonly items: readonly (TextSegment | Slot)[];
  readonly position: number;
}
