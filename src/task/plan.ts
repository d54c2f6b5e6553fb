/** From an instruction to what is done for each slot: preprocess, adaptor, generator, criterion. */

import type { Instruction, Segment, Slot } from "./grammar/ast.ts";
import { InstructionError } from "./grammar/instruction-error.ts";
import { modalities } from "./grammar/modality.ts";
import { checkSupported } from "./supported.ts";

/** A stretch of text: fixed words, or what a slot's value becomes in tokens. */
export type Piece =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "slot"; readonly slot: Slot };

/** What enters the network as one segment: adjacent text-like pieces together, others alone. */
export type SourceGroup =
  | { readonly kind: "text"; readonly pieces: readonly Piece[] }
  | { readonly kind: MediaKind; readonly slot: Slot };

export type MediaKind = "image" | "video" | "audio";

export type TargetPlan =
  /** Tokens: a given prefix, then what is generated. */
  | {
      readonly kind: "tokens";
      readonly prefix: readonly Piece[];
      readonly generated: readonly Slot[];
      /** Pieces that are written again and again, in place of `generated`. */
      readonly repeated?: readonly Piece[];
      readonly isClosed: boolean;
    }
  /** An image as a fixed number of codes. */
  | { readonly kind: "codes"; readonly prefix: readonly Piece[]; readonly slot: Slot }
  /** A spectrogram frame by frame. */
  | { readonly kind: "speech"; readonly slot: Slot }
  /** Motion by diffusion. */
  | { readonly kind: "motion"; readonly slot: Slot };

export interface Plan {
  readonly instruction: Instruction;
  readonly source: readonly SourceGroup[];
  readonly target: TargetPlan;
}

/**
 * Plans an instruction.
 *
 * @throws InstructionError for what no network of onefold does: motion on the encoder side, text
 *   before sound, presets and attributes of OFASys that are not there yet
 * @example
 * planOf(parseInstruction("[IMAGE:img] what does the image describe? -> [TEXT:cap]")).source
 * // [{ kind: "image", slot }, { kind: "text", pieces: [{ kind: "text", value: "what …" }] }]
 */
export function planOf(instruction: Instruction): Plan {
  checkSupported(instruction);
  return {
    instruction,
    source: sourceGroups(instruction),
    target: targetPlan(instruction),
  };
}

const isTextLike = ({ modality }: Slot): boolean =>
  modality === "CATEGORY" || modalities.get(modality)?.isTextLike === true;

const pieceOf = (segment: Exclude<Segment, { kind: "group" }>): Piece =>
  segment.kind === "text"
    ? { kind: "text", value: segment.value }
    : { kind: "slot", slot: segment };

function sourceGroups({ text, source }: Instruction): SourceGroup[] {
  const groups: SourceGroup[] = [];
  let pieces: Piece[] = [];
  const flush = (): void => {
    if (pieces.length > 0) groups.push({ kind: "text", pieces });
    pieces = [];
  };
  for (const segment of source) {
    if (segment.kind === "group") continue; // the parser refuses groups here
    if (segment.kind === "text" || isTextLike(segment)) {
      pieces.push(pieceOf(segment));
      continue;
    }
    flush();
    groups.push({ kind: mediaKind(text, segment), slot: segment });
  }
  flush();
  return groups;
}

const mediaKinds: Readonly<Record<string, MediaKind>> = {
  IMAGE: "image",
  VIDEO: "video",
  AUDIO: "audio",
};

function mediaKind(text: string, { modality, position }: Slot): MediaKind {
  const kind = mediaKinds[modality];
  if (kind) return kind;
  throw new InstructionError(
    text,
    position,
    `[${modality}] cannot be read on the encoder side; expected TEXT, IMAGE, VIDEO, AUDIO, BOX, ` +
      "STRUCT or PHONE",
  );
}

function targetPlan({ text, target }: Instruction): TargetPlan {
  const isGiven = (segment: Segment): boolean =>
    segment.kind === "text" || (segment.kind === "slot" && segment.attributes.no_loss === true);
  const start = target.findIndex((segment) => !isGiven(segment));
  const prefix = target.slice(0, start).flatMap((s) => (s.kind === "group" ? [] : [pieceOf(s)]));
  const generated = target.slice(start);
  const [first] = generated;
  if (first.kind === "group") {
    return {
      kind: "tokens",
      prefix,
      generated: [],
      repeated: first.items.map(pieceOf),
      isClosed: false,
    };
  }
  const slots = generated.filter((segment) => segment.kind === "slot");
  const [slot] = slots;
  if (isTextLike(slot)) {
    const isClosed = slots.some(({ attributes }) => attributes.closed_set === true);
    return {
      kind: "tokens",
      prefix,
      generated: slots,
      isClosed: isClosed || slot.modality === "CATEGORY",
    };
  }
  if (slot.modality === "IMAGE") return { kind: "codes", prefix, slot };
  const [before] = prefix;
  if (before) {
    throw new InstructionError(text, slot.position, `[${slot.modality}] takes no text before it`);
  }
  if (slot.modality === "AUDIO") return { kind: "speech", slot };
  if (slot.modality === "MOTION") return { kind: "motion", slot };
  throw new InstructionError(text, slot.position, `[${slot.modality}] cannot be generated`);
}
