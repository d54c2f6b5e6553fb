/** Data sets in the formats in which they are published. Media are named or kept encoded, not decoded. */

export { readCocoObjects } from "./coco-objects.ts";
export { type Column, type ColumnOptions, readColumns } from "./columns.ts";
export { type GlueTask, readGlue } from "./glue.ts";
export {
  type ClassOptions,
  type ClassRecord,
  type ImageFolderOptions,
  readCocoCaptions,
  readImageClasses,
  readRefCoco,
  readVqa,
  type VqaOptions,
} from "./images.ts";
export { readMotions } from "./motions.ts";
export {
  type InstructionOptions,
  type InstructionRecord,
  readInstructions,
} from "./natural-instructions.ts";
export {
  type CaptionRecord,
  entailmentWords,
  readOfaCaptions,
  readOfaClasses,
  readOfaEntailment,
  readOfaGrounding,
  readOfaImageCodes,
  readOfaSummaries,
  readOfaVqa,
  type VqaRecord,
} from "./ofa-tsv.ts";
export { type ReaderOptions, RowError } from "./row.ts";
export { readLibriSpeech, readLjSpeech } from "./speech.ts";
export { readDart, readFetaQa, readSpider, readSudoku } from "./structures.ts";
export { readKinetics, readMsrVtt, readMsrVttQa, type VideoOptions } from "./videos.ts";
