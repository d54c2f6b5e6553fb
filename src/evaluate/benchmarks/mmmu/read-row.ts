/** Rows of MMMU's published Parquet files, checked: they come from outside. */

import { show } from "../../../checkpoint/json.ts";
import { imageBytesOf } from "../../../task/readers/media-bytes.ts";
import { type Row, RowError, textOf, valueAt } from "../../../task/readers/row.ts";
import { evalImage } from "../../image.ts";
import { letterOf } from "../../task/filters.ts";
import type { EvalImage, JsonObject } from "../../types.ts";
import type { DataFile, ReadRow } from "../data-files.ts";
import { parsePythonList } from "./python-list.ts";
import { disciplineOf } from "./subjects.ts";

/** A to I, as the published evaluation has them. */
const MOST_OPTIONS = 9;
/** An image may be shown again and again. */
const MOST_SHOWN = 64;

/**
 * The question with the images that its text and options show.
 *
 * @throws RowError for options that are no list of texts, an answer outside them, or an image that
 *   is shown and not there
 */
export function readRow(row: Row, { parts: { subject = "" } }: DataFile): ReadRow {
  const question = textOf(row, "question");
  const options = optionsOf(row);
  const images = imagesOf(row, [question, ...(options ?? [])].join("\n"));
  const shown = Object.values(images).map(({ name, sha256, bytes }) => ({ name, sha256, bytes }));
  const doc: JsonObject = { question, options, answers: answersOf(row, options), images: shown };
  return {
    id: textOf(row, "id"),
    doc,
    tags: { subject, discipline: disciplineOf.get(subject)! },
    images,
  };
}

/** null: the question is open. */
function optionsOf(row: Row): string[] | null {
  const kind = textOf(row, "question_type");
  if (kind === "open") return null;
  if (kind !== "multiple-choice") {
    const expected = "expected multiple-choice or open";
    throw new RowError(row.place, `"question_type" is ${show(kind)}, ${expected}`);
  }
  const options = listOf(row, "options", textOf(row, "options"));
  if (options.length > 0 && options.length <= MOST_OPTIONS) return options;
  throw new RowError(row.place, `has ${options.length} options, expected 1 to ${MOST_OPTIONS}`);
}

/** A letter or a text, or several that are right, as an array or the text of a list. */
function answersOf(row: Row, options: readonly string[] | null): string[] {
  const value = valueAt(row, "answer");
  const given = typeof value === "string" && /^\s*\[\s*['"]/.test(value);
  const answers = given ? listOf(row, "answer", value) : [value].flat();
  if (answers.length === 0) throw new RowError(row.place, '"answer" is an empty list');
  const letters = options?.map((_, i) => letterOf(i));
  return answers.map((answer) => {
    if (typeof answer !== "string" || answer.trim() === "") {
      throw new RowError(row.place, `"answer" is ${show(answer)}, expected text`);
    }
    if (!letters || letters.includes(answer)) return answer;
    const expected = `expected one of ${letters.join(", ")}`;
    throw new RowError(row.place, `"answer" is ${show(answer)}, ${expected}`);
  });
}

function listOf({ place }: Row, key: string, literal: string): string[] {
  try {
    return parsePythonList(literal);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RowError(place, `"${key}" is no list of texts: ${error.message}`);
  }
}

/** Images by their marks in a text: `<image 2>` stands for the column image_2. */
function imagesOf(row: Row, text: string): Record<string, EvalImage> {
  const shown = Array.from(text.matchAll(/<image (\d+)>/g), ([mark, n]) => [mark, n] as const);
  if (shown.length > MOST_SHOWN) {
    throw new RowError(row.place, `shows ${shown.length} images, more than ${MOST_SHOWN}`);
  }
  const marks = new Map(shown);
  return Object.fromEntries(
    Array.from(marks, ([mark, n]) => {
      const name = `image_${n}`;
      return [mark, evalImage(name, imageBytesOf(row, name, {}))];
    }),
  );
}
