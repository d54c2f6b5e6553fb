/**
 * Text to instruction. Nothing is ignored: what is not understood is an error with its place.
 *
 *     instruction = sentence "->" sentence
 *     sentence    = { text | slot | group }
 *     group       = "(" { text | slot } ")*"                 with a slot in it; target only
 *     slot        = "[" MODALITY [ ":" name ] { "," key [ "=" value ] } "]"
 *     value       = letters, digits and . + - _, or a string in double quotes
 */

import type { Instruction, Segment, Side, Slot, TextSegment } from "./ast.ts";
import { readAttributes } from "./attributes.ts";
import { checkNames, checkTarget } from "./check.ts";
import { InstructionError } from "./instruction-error.ts";
import { type Modalities, modalities as registered } from "./modality.ts";
import { type Break, type SlotToken, scan, type TextToken, type Token } from "./scan.ts";

type Part = SlotToken | TextToken;

/**
 * @param text two sentences around an arrow, with slots for media
 * @param modalities what slots may be of; all that are defined when left out
 * @throws InstructionError with the place, what was expected there and the nearest word
 * @example
 * const { target } = parseInstruction("[IMAGE:img] what is it? -> [TEXT:label,closed_set]");
 */
export function parseInstruction(text: string, modalities: Modalities = registered): Instruction {
  const tokens = scan(text, modalities);
  const breaks = tokens.filter(isBreak);
  const alternative = breaks.find(({ kind }) => kind === "|||");
  if (alternative) {
    const problem = "'|||' stands between templates, expected one; split them with parseTemplates";
    throw new InstructionError(text, alternative.position, problem);
  }
  const [arrow, second] = breaks;
  if (!arrow) {
    const problem = "missing '->' between encoder and decoder sentence";
    throw new InstructionError(text, text.length, problem);
  }
  if (second) {
    const problem = "more than one '->'; write '\\->' for an arrow in the text";
    throw new InstructionError(text, second.position, problem);
  }
  const parts = tokens.filter((token): token is Part => !isBreak(token));
  const isSource = ({ position }: Part) => position < arrow.position;
  const source = readSentence(text, parts.filter(isSource), "source");
  const target = readSentence(
    text,
    parts.filter((part) => !isSource(part)),
    "target",
  );
  const instruction = { text, source, target };
  checkTarget(instruction, modalities);
  checkNames(instruction);
  return instruction;
}

/**
 * The templates of one task, written in one string with `|||` between them.
 * @throws InstructionError as {@link parseInstruction}, with the template at fault
 */
export function parseTemplates(text: string, modalities: Modalities = registered): Instruction[] {
  const cuts = scan(text, modalities).filter(({ kind }) => kind === "|||");
  const starts = [0, ...cuts.map(({ position }) => position + 3)];
  const ends = [...cuts.map(({ position }) => position), text.length];
  return starts.map((start, i) => parseInstruction(text.slice(start, ends[i]).trim(), modalities));
}

const isBreak = (token: Token): token is Break => token.kind === "->" || token.kind === "|||";

function readSentence(instruction: string, parts: readonly Part[], side: Side): Segment[] {
  const segments: Segment[] = [];
  let from = 0;
  for (const [start, end] of findGroups(instruction, parts)) {
    const { position } = parts[start]!;
    if (side === "source") {
      const problem = "a group '( … )*' only applies to the decoder side";
      throw new InstructionError(instruction, position, problem);
    }
    segments.push(...readItems(instruction, parts.slice(from, start), side));
    const items = readItems(instruction, parts.slice(start + 1, end), side);
    segments.push({ kind: "group", items, position });
    from = end + 1;
  }
  segments.push(...readItems(instruction, parts.slice(from), side));
  return segments;
}

/** Where groups start and end, in order: pairs of parentheses with a slot between them. */
function findGroups(instruction: string, parts: readonly Part[]): [start: number, end: number][] {
  const groups: [start: number, end: number][] = [];
  const open: { readonly start: number; readonly slots: number }[] = [];
  let slots = 0;
  for (const [index, { kind }] of parts.entries()) {
    if (kind === "slot") slots++;
    if (kind === "(") open.push({ start: index, slots });
    if (kind !== ")" && kind !== ")*") continue;
    const opening = open.pop();
    if (kind === ")" || !opening || opening.slots === slots) continue;
    const [inner] = groups.at(-1) ?? [-1];
    if (inner > opening.start) {
      const problem = "a group cannot stand in a group";
      throw new InstructionError(instruction, parts[inner]!.position, problem);
    }
    groups.push([opening.start, index]);
  }
  return groups;
}

/** Slots, and the text between them as one segment each. */
function readItems(
  instruction: string,
  parts: readonly Part[],
  side: Side,
): (TextSegment | Slot)[] {
  const items: (TextSegment | Slot)[] = [];
  let text = "";
  let start = 0;
  const endText = (): void => {
    const value = text.trim();
    const position = start + text.length - text.trimStart().length;
    if (value) items.push({ kind: "text", value, position });
    text = "";
  };
  for (const part of parts) {
    if (part.kind === "slot") {
      endText();
      items.push(readSlot(instruction, part, side));
    } else {
      if (!text) start = part.position;
      text += part.value;
    }
  }
  endText();
  return items;
}

function readSlot(instruction: string, token: SlotToken, side: Side): Slot {
  const { modality, name, isNamed, position } = token;
  if (!modality.sides[side]) {
    const only = side === "target" ? "encoder" : "decoder";
    const problem = `[${modality.name}] only applies to the ${only} side`;
    throw new InstructionError(instruction, position, problem);
  }
  const attributes = readAttributes(instruction, token, side);
  return { kind: "slot", modality: modality.name, name, isNamed, attributes, position };
}
