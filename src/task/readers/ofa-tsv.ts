/**
 * Tab-separated files with base64 images, as OFA and OFASys publish their data: no header, no quotes.
 * Columns are those of OFA-Sys/OFA's README.md and of `selected_cols` in its run_scripts.
 */

import { parseReferences } from "../../metrics/references.ts";
import { base64Of } from "./media-bytes.ts";
import { convertCells, readTsv } from "./read-rows.ts";
import { boxFrom, checkLabel, type ReaderOptions, RowError, textOf } from "./row.ts";

/** Of an image's caption; several are parted by `&&`. */
export interface CaptionRecord {
  readonly id: string;
  /** Encoded bytes, or a file's path. */
  readonly img: Uint8Array | string;
  /** The first of the references. */
  readonly cap: string;
  readonly references: readonly string[];
}

/**
 * Captions: uniq-id, image-id, captions, object labels, image.
 * @throws RowError naming file and line
 * @example for await (const { img, cap } of readOfaCaptions("caption_val.tsv")) console.log(cap);
 */
export const readOfaCaptions = (
  file: string,
  options: ReaderOptions = {},
): AsyncGenerator<CaptionRecord> =>
  convertCells(readTsv(file, ["id", "image_id", "cap", "objects", "img"]), options, (row) => {
    const references = parseReferences(textOf(row, "cap")).map(({ text }) => text);
    const img = base64Of(row, "img", options);
    return { id: textOf(row, "id"), img, cap: references[0]!, references };
  });

export interface VqaRecord {
  readonly id: string;
  readonly image: Uint8Array | string;
  readonly question: string;
  /** The one that most people gave. */
  readonly answer: string;
  /** What `vqa_score` compares with: weighted answers, or those of ten people. */
  readonly references: string | readonly string[];
}

/** Questions: question-id, image-id, question, answers with confidence (`0.6|!+no`), objects, image. */
export const readOfaVqa = (file: string, options: ReaderOptions = {}): AsyncGenerator<VqaRecord> =>
  convertCells(
    readTsv(file, ["id", "image_id", "question", "answer", "objects", "image"]),
    options,
    (row) => {
      const references = textOf(row, "answer");
      return {
        id: textOf(row, "id"),
        image: base64Of(row, "image", options),
        question: textOf(row, "question"),
        answer: checkLabel(mostConfident(references, row.place), row.place, options),
        references,
      };
    },
  );

function mostConfident(column: string, place: string): string {
  try {
    const answers = parseReferences(column);
    return answers.reduce((best, each) =>
      (each.confidence ?? 1) > (best.confidence ?? 1) ? each : best,
    ).text;
  } catch (error) {
    throw new RowError(place, error instanceof Error ? error.message : String(error));
  }
}

/** What SNLI-VE calls a pair, and the word that OFA generates for it. */
export const entailmentWords: Readonly<Record<string, string>> = {
  entailment: "yes",
  neutral: "maybe",
  contradiction: "no",
};

/** Visual entailment: uniq-id, image-id, image, hypothesis, caption, label. */
export const readOfaEntailment = (file: string, options: ReaderOptions = {}) =>
  convertCells(readTsv(file, ["id", "image_id", "img", "hyp", "cap", "label"]), options, (row) => {
    const label = checkLabel(textOf(row, "label").trim(), row.place, {
      labels: Object.keys(entailmentWords),
    });
    return {
      id: textOf(row, "id"),
      img: base64Of(row, "img", options),
      cap: textOf(row, "cap"),
      hyp: textOf(row, "hyp"),
      label: entailmentWords[label]!,
    };
  });

/** Visual grounding: uniq-id, image-id, text, box (left,top,right,bottom in pixels), image. */
export const readOfaGrounding = (file: string, options: ReaderOptions = {}) =>
  convertCells(readTsv(file, ["id", "image_id", "cap", "box", "img"]), options, (row) => ({
    id: textOf(row, "id"),
    img: base64Of(row, "img", options),
    cap: textOf(row, "cap"),
    patch_boxes: boxFrom(textOf(row, "box").split(","), row.place),
  }));

/** Summaries (Gigaword): article, summary. */
export const readOfaSummaries = (file: string, options: ReaderOptions = {}) =>
  convertCells(readTsv(file, ["src", "tgt"]), options, (row) => ({
    src: textOf(row, "src"),
    tgt: textOf(row, "tgt"),
  }));

/** Image classes: image, class id, class name. */
export const readOfaClasses = (file: string, options: ReaderOptions = {}) =>
  convertCells(readTsv(file, ["image", "class_id", "label_name"]), options, (row) => ({
    image: base64Of(row, "image", options),
    label_name: checkLabel(textOf(row, "label_name"), row.place, options),
  }));

/** Image codes: uniq-id, codes of the image parted by blanks (row by row), caption. */
export const readOfaImageCodes = (
  file: string,
  { codes: most = 8192, ...options }: ReaderOptions & { readonly codes?: number } = {},
) =>
  convertCells(readTsv(file, ["id", "code", "text"]), options, (row) => {
    const codes = textOf(row, "code").trim().split(/\s+/).map(Number);
    const bad = codes.findIndex((code) => !Number.isInteger(code) || code < 0 || code >= most);
    if (bad >= 0) {
      throw new RowError(row.place, `code ${bad + 1} must be a whole number below ${most}`);
    }
    return { id: textOf(row, "id"), text: textOf(row, "text"), codes };
  });
