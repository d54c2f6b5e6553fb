/** The instruction language: from text to slots, and back. */

export type { Group, Instruction, Segment, Side, Slot, TextSegment } from "./ast.ts";
export { slotsOf } from "./check.ts";
export { formatInstruction } from "./format.ts";
export { InstructionError } from "./instruction-error.ts";
export {
  type AttributeRule,
  commonAttributes,
  defineModality,
  type Modalities,
  type Modality,
  type ModalityMap,
  type ModalityName,
  modalities,
  type Presets,
} from "./modality.ts";
export { parseInstruction, parseTemplates } from "./parse.ts";
export {
  audio,
  box,
  category,
  image,
  instruction,
  motion,
  phone,
  type SlotValue,
  slotOf,
  struct,
  text,
  video,
} from "./tagged.ts";
export type {
  ArgsOf,
  Checked,
  CheckedTemplates,
  ClosedSet,
  DataOf,
  FirstTemplate,
  NeedsClosedSet,
  OutputOf,
  RecordOf,
} from "./types.ts";
