/**
 * Text to instruction. Nothing is ignored: what is not understood is an error with its place.
 *
 *     instruction = sentence "->" sentence
 *     sentence    = { text | slot | group }
 *     group       = "(" { text | slot } ")*"                 with a slot in it; target only
 *     slot        = "[" MODALITY [ ":" name ] { "," key [ "=" value ] } "]"
 *     value       = name | number | string in double quotes
 */

import type { Group, Instruction, Segment, Side, Slot, TextSegment } from "./ast.ts";
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
  const reader = new SlotReader(text);
  const read = (side: Side): Segment[] => {
    const isHere = ({ position }: Part) => position < arrow.position === (side === "source");
    return assemble(parts.filter(isHere), side, reader);
  };
  const instruction = { text, source: read("source"), target: read("target") };
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

/** Turns tokens into slots and counts them, because one without a name is named by its place. */
class SlotReader {
  readonly instruction: string;
  #count = 0;

  constructor(instruction: string) {
    this.instruction = instruction;
  }

  read(token: SlotToken, side: Side): Slot {
    const { modality, position } = token;
    const place = String(this.#count++);
    const name = token.name ?? place;
    if (!modality.sides[side]) {
      const only = side === "target" ? "encoder" : "decoder";
      const problem = `[${modality.name}] only applies to the ${only} side`;
      throw new InstructionError(this.instruction, position, problem);
    }
    if (name === "__proto__") {
      throw new InstructionError(this.instruction, position, "no slot may be named '__proto__'");
    }
    const attributes = readAttributes(this.instruction, token, side);
    const isNamed = token.name !== undefined;
    return { kind: "slot", modality: modality.name, name, isNamed, attributes, position };
  }
}

function assemble(parts: readonly Part[], side: Side, reader: SlotReader): Segment[] {
  const ends = findGroups(parts);
  const segments: Segment[] = [];
  let index = 0;
  while (index < parts.length) {
    const end = ends.get(index);
    if (end === undefined) {
      const next = [...ends.keys()].filter((start) => start > index);
      const until = Math.min(parts.length, ...next);
      segments.push(...readItems(parts.slice(index, until), side, reader));
      index = until;
      continue;
    }
    const { position } = parts[index]!;
    if (side === "source") {
      const problem = "a group '( … )*' only applies to the decoder side";
      throw new InstructionError(reader.instruction, position, problem);
    }
    const items = readItems(parts.slice(index + 1, end), side, reader);
    segments.push({ kind: "group", items, position } satisfies Group);
    index = end + 1;
  }
  return segments;
}

/** From the "(" of each group to its ")*": pairs of parentheses with a slot between them. */
function findGroups(parts: readonly Part[]): Map<number, number> {
  const groups = new Map<number, number>();
  const open: number[] = [];
  for (const [index, { kind }] of parts.entries()) {
    if (kind === "(") open.push(index);
    if (kind !== ")" && kind !== ")*") continue;
    const start = open.pop();
    if (start === undefined || kind === ")") continue;
    const hasSlot = parts.slice(start, index).some((part) => part.kind === "slot");
    if (hasSlot) groups.set(start, index);
  }
  return groups;
}

/** Slots, and the text between them as one segment each. */
function readItems(parts: readonly Part[], side: Side, reader: SlotReader): (TextSegment | Slot)[] {
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
      items.push(reader.read(part, side));
    } else {
      if (!text) start = part.position;
      text += part.value;
    }
  }
  endText();
  return items;
}
