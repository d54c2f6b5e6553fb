/** Reads a local copy of HellaSwag-Pro in its published layout. No row of it ships with onefold. */

import { join } from "node:path";
import { filesBelow } from "../../task/readers/data-folder.ts";
import { idOf, integerOf, type Row, RowError, textOf, textsOf } from "../../task/readers/row.ts";
import { describeProblem } from "../../train/data/problem.ts";
import { START } from "../../train/data/read-lines.ts";
import { rowsOf } from "../../train/data/read-rows.ts";
import {
  type Form,
  inQuestionOrder,
  type Language,
  type ProDoc,
  type ProItem,
  type ProTags,
  variantNames,
  variants,
} from "./forms.ts";

/** Longest row in bytes, and most choices (letters reach as far): others are problems. */
const MAX_ROW_BYTES = 2 ** 20;
const MAX_CHOICES = 8;

const ORIGINAL = /(?:^|\/)exper_original_(en|cn)(?:_test)?\.jsonl$/;
const VARIANT = /(?:^|\/)exper_robust_(en|zh)\/data\/(\w+)\.jsonl$/;
const EXAMPLES = /(?:^|\/)exper_(en|zh)_(cot|cot_en|xlt)_validation\.jsonl$/;
const CHINESE_HELLASWAG = /(?:^|\/)cn_hellaswag\/data\/\w+_(short|medium|long)\.jsonl$/;

const LAYOUT =
  "exper_original_{en,cn}/…_test.jsonl and exper_robust_{en,zh}/data/VARIANT.jsonl of lm_eval/datasets";

export interface ProData {
  readonly items: readonly ProItem[];
  /** For prompts with examples; none where the copy has none. */
  readonly examples: readonly ProDoc[];
}

/** Which examples: the published ones differ by the prompt's language and by what is asked for. */
export interface ExampleKind {
  readonly prompt: Language;
  readonly isCrossLingual: boolean;
}

/**
 * Questions of one language: a question's forms one after the other. A row that cannot be used is an
 * item with a problem. Where there is no original of a variant, it is taken from the variant's own
 * columns. Categories are those of Chinese HellaSwag's rows with the same context.
 *
 * @param folder the files may lie anywhere below it
 * @throws Error where the folder holds no file of the language
 */
export async function readPublished(
  folder: string,
  language: Language,
  kind: ExampleKind = { prompt: language, isCrossLingual: false },
): Promise<ProData> {
  const names = await filesBelow(folder, /\.jsonl$/);
  const categories = await readCategories(folder, language === "zh" ? names : []);
  const items: ProItem[] = [];
  const borrowed = new Map<string, Row>();
  for (const name of names) {
    const form = formOf(name, language);
    if (!form) continue;
    let index = 0;
    for await (const row of rowsIn(join(folder, name))) {
      const item = toItem(row, form, language, `${name}:${++index}`, categories);
      items.push(item);
      if (row instanceof RowError || form === "original" || !("id" in row.values)) continue;
      if (!borrowed.has(item.tags.question)) borrowed.set(item.tags.question, row);
    }
  }
  if (items.length === 0) {
    throw new Error(`${folder}: no ${language} file of HellaSwag-Pro; expected ${LAYOUT}`);
  }
  for (const { tags } of items) if (tags.variant === "original") borrowed.delete(tags.question);
  const originals = [...borrowed.values()]
    .filter(({ values }) => values.original_context !== undefined)
    .map((row) => toItem(originalOf(row), "original", language, row.place, categories));
  const examples = await readExamples(folder, names, language, kind);
  return { items: inQuestionOrder([...items, ...originals]), examples };
}

/** The form that a file holds, where it is of the language. */
function formOf(name: string, language: Language): Form | undefined {
  const original = ORIGINAL.exec(name);
  if (original) return (original[1] === "cn") === (language === "zh") ? "original" : undefined;
  const [, found, stem] = VARIANT.exec(name) ?? [];
  if (found !== language) return undefined;
  return variantNames.find((variant) => variants[variant] === stem);
}

/** A variant's row as one of the original. */
const originalOf = ({ place, values }: Row): Row => ({
  place,
  values: {
    id: values.id,
    context: values.original_context,
    choices: values.original_choices,
    label: values.original_label,
  },
});

async function* rowsIn(file: string): AsyncGenerator<Row | RowError> {
  for await (const raw of rowsOf(file, START, MAX_ROW_BYTES)) {
    const place = `${file}:${raw.line}`;
    if ("row" in raw) yield { place, values: raw.row };
    else yield new RowError(place, describeProblem({ file, line: raw.line, ...raw.problem }));
  }
}

type Categories = ReadonlyMap<string, Readonly<Record<string, string>>>;

function toItem(
  row: Row | RowError,
  form: Form,
  language: Language,
  place: string,
  categories: Categories,
): ProItem {
  let tags: ProTags = { variant: form, question: `${language}/${place}` };
  try {
    if (row instanceof RowError) throw row;
    tags = { ...tags, question: `${language}/${idOf(row, "id")}` };
    const doc = toDoc(row, form, language);
    const { original_context: original = doc.context, broad_type: own } = row.values;
    const category = typeof own === "string" ? { category: own } : categories.get(String(original));
    return { id: `${tags.question}/${form}`, doc, tags: { ...tags, ...category } };
  } catch (error) {
    if (!(error instanceof RowError)) throw error;
    return { id: `${tags.question}/${form}`, doc: {}, tags, problem: error.message };
  }
}

/** @throws RowError for what is missing, has the wrong type, or answers outside the choices */
function toDoc(row: Row, form: Form, language: Language): ProDoc {
  const context = textOf(row, "context");
  const choices = textsOf(row, "choices");
  const refuse = (problem: string): never => {
    throw new RowError(row.place, problem);
  };
  if (choices.length < 2 || choices.length > MAX_CHOICES) {
    refuse(`has ${choices.length} choices, expected 2 to ${MAX_CHOICES}`);
  }
  const blank = choices.findIndex((choice) => choice.trim() === "");
  if (blank >= 0) refuse(`"choices"[${blank}] is blank; expected text`);
  const label = integerOf(row, "label");
  if (label < 0 || label >= choices.length) {
    refuse(`"label" is ${label}, outside the ${choices.length} choices`);
  }
  return { form, language, context, choices, label };
}

async function readExamples(
  folder: string,
  names: readonly string[],
  language: Language,
  { prompt, isCrossLingual }: ExampleKind,
): Promise<ProDoc[]> {
  const found: ProDoc[] = [];
  const originals: ProDoc[] = [];
  for (const name of names) {
    const [, tongue, task = ""] = EXAMPLES.exec(name) ?? [];
    if (tongue !== prompt || task.startsWith("xlt") !== isCrossLingual) continue;
    for await (const row of rowsIn(join(folder, name))) {
      if (row instanceof RowError) throw row; // without its examples no prompt is the right one
      if (/\p{Script=Han}/u.test(textOf(row, "context")) !== (language === "zh")) continue;
      const form = variantOf(row);
      const doc = toDoc(row, form, language);
      const { cot_content: steps } = row.values;
      found.push(typeof steps === "string" ? { ...doc, reasoning: steps } : doc);
      if (row.values.original_context === undefined) continue;
      originals.push(toDoc(originalOf(row), "original", language));
    }
  }
  return [...originals.slice(0, MOST_ORIGINALS), ...found];
}

/** As many as each variant has. */
const MOST_ORIGINALS = 3;

/** Names in Chinese files, as they are published. */
const chineseNames: Readonly<Record<string, Form>> = {
  问题重述: "restatement",
  逆序转换: "reverse",
  溯因推理: "causal",
  句子排序: "ordering",
  场景细化: "refinement",
  否定测试: "negation",
  批判性思维: "critical",
};

function variantOf(row: Row): Form {
  const name = textOf(row, "perturbation_type");
  const known =
    variantNames.find((variant) => variants[variant] === name) ??
    (Object.hasOwn(chineseNames, name) ? chineseNames[name] : undefined);
  if (known) return known;
  const names = Object.values(variants).join(", ");
  throw new RowError(row.place, `"perturbation_type" is "${name}", expected one of ${names}`);
}

/** Categories of Chinese HellaSwag by context; rows that do not tell theirs are passed over. */
async function readCategories(folder: string, names: readonly string[]): Promise<Categories> {
  const found = new Map<string, Record<string, string>>();
  for (const name of names) {
    const length = CHINESE_HELLASWAG.exec(name)?.[1];
    if (!length) continue;
    for await (const row of rowsIn(join(folder, name))) {
      if (row instanceof RowError) continue;
      const { context, broad_type: category, detailed_type: topic } = row.values;
      if (typeof category !== "string" || typeof topic !== "string") continue;
      found.set(String(context), { category, topic, length });
    }
  }
  return found;
}
