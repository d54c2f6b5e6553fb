/** Any multiple-choice set as items, row by row. */

import { isObject, show } from "../../../checkpoint/json.ts";
import { checkWidth } from "../../../task/readers/read-rows.ts";
import { idOf, listOf, type Row, RowError, textOf, valueAt } from "../../../task/readers/row.ts";
import { letterOf } from "../../task/filters.ts";
import { tableRows } from "../../task/table-rows.ts";
import type { EvalItem } from "../../types.ts";
import { fold } from "../reward.ts";
import type { ChoiceItem } from "../types.ts";

/** A row that is no item: counted, and left out. */
export interface BadItem {
  /** File and line, or the task's item. */
  readonly place: string;
  readonly problem: string;
}

const QUESTIONS = ["question", "context", "query", "ctx", "stem"];
const CHOICES = ["choices", "endings", "options"];
const ANSWERS = ["label", "answer", "gold", "answerKey"];
const LETTERS = ["A", "B", "C", "D", "E", "F", "G", "H"];

/**
 * Items of a .jsonl, .json, .csv or .parquet file. Columns: a question (or context, query, ctx,
 * stem), choices (or endings, options; or A, B, C, D), and label (or answer, gold, answerKey): an
 * index from 0, a letter, or the choice's text. `id` and `license` are kept.
 */
export async function* readChoiceItems(file: string): AsyncGenerator<ChoiceItem | BadItem> {
  let index = 0;
  const ids = new Map<string, string>();
  for await (const row of tableRows(file)) {
    const found = row instanceof RowError ? problemOf(row, row.place) : itemOf(row, String(index));
    index++;
    if (!("id" in found)) {
      yield found;
      continue;
    }
    const { place } = row;
    const earlier = ids.get(found.id);
    ids.set(found.id, earlier ?? place);
    if (earlier === undefined) yield found;
    else yield { place, problem: `${place}: the id ${show(found.id)} is that of ${earlier}` };
  }
}

/** Items of a task whose documents have such keys (mmlu, hellaswag, arc, …). */
export async function* choiceItemsOf(
  name: string,
  items: AsyncIterable<EvalItem> | Iterable<EvalItem>,
): AsyncGenerator<ChoiceItem | BadItem> {
  for await (const { id, doc, problem } of items) {
    const place = `${name} ${id}`;
    if (problem !== undefined) yield { place, problem: `${place}: ${problem}` };
    else yield itemOf({ place, values: { ...doc, id } }, id);
  }
}

function itemOf(row: Row, id: string): ChoiceItem | BadItem {
  try {
    checkWidth(row);
    const question = textOf(row, keyOf(row, QUESTIONS));
    const choices = choicesOf(row);
    const label = labelOf(row, choices);
    const { license } = row.values;
    return {
      id: row.values.id === undefined || row.values.id === null ? id : idOf(row, "id"),
      question,
      choices,
      label,
      ...(typeof license === "string" ? { license } : {}),
    };
  } catch (error) {
    if (error instanceof RowError) return problemOf(error, row.place);
    throw error;
  }
}

const problemOf = (error: RowError, place: string): BadItem => ({ place, problem: error.message });

/** The first key that the row has; the first of all where it has none, for the error. */
const keyOf = ({ values }: Row, keys: readonly string[]): string =>
  keys.find((key) => Object.hasOwn(values, key)) ?? keys[0]!;

function choicesOf(row: Row): string[] {
  const lettered = LETTERS.filter((letter) => Object.hasOwn(row.values, letter));
  const key = keyOf(row, CHOICES);
  const value = row.values[key];
  const given =
    value === undefined && lettered.length > 1
      ? lettered.map((letter) => valueAt(row, letter))
      : typeof value === "string" && value.trim().startsWith("[")
        ? parsed(row, key, value) // a cell of a CSV file
        : isObject(value) && Array.isArray(value.text)
          ? value.text // the hub's ARC
          : listOf(row, key);
  const choices = given.map((choice: unknown) => {
    const text = typeof choice === "number" ? String(choice) : choice;
    if (typeof text === "string" && text.trim() !== "") return text;
    throw new RowError(row.place, `a choice in "${key}" must be text, found ${show(choice)}`);
  });
  if (choices.length < 2)
    throw new RowError(row.place, `has ${choices.length} choices, expected 2 or more`);
  const folded = choices.map(fold);
  const twice = choices.find((_, i) => folded.indexOf(folded[i]!) < i);
  if (twice !== undefined) throw new RowError(row.place, `the choice ${show(twice)} stands twice`);
  return choices;
}

function parsed(row: Row, key: string, text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value;
  } catch {}
  throw new RowError(row.place, `"${key}" must be an array, found ${show(text)}`);
}

function labelOf(row: Row, choices: readonly string[]): number {
  const key = keyOf(row, ANSWERS);
  const value = valueAt(row, key);
  const text = String(value).trim();
  const place = /^\d+$/.test(text) && !choices.includes(text) ? Number(text) : -1;
  const candidates = [
    typeof value === "number" ? value : place,
    choices.findIndex((_, i) => letterOf(i) === text),
    choices.indexOf(text),
  ];
  const found = candidates.find((each) => each >= 0 && each < choices.length);
  if (found !== undefined && Number.isInteger(found)) return found;
  throw new RowError(
    row.place,
    `"${key}" is ${show(value)}, expected an index from 0, a letter or one of ${choices.length} choices`,
  );
}
