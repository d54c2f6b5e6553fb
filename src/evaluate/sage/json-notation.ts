/** Sources, variants and verdicts as chat prompts and JSON: what any instructed model can read and write. */

import { answerLetter } from "../hellaswag-pro/answer-letter.ts";
import { letterOf } from "../task/filters.ts";
import { languageOf, rightOf } from "./invariants.ts";
import { jsonObjects } from "./json-objects.ts";
import { wantsNone } from "./known-types.ts";
import { orderingOf, sentenceLimits, sentencesOf } from "./ordering.ts";
import { fold } from "./reward.ts";
import type { ChoiceContent, Notation, Prompt, VariantType } from "./types.ts";
import { writeVerdict } from "./verdict.ts";

/** Longer is no question of a test. */
const MOST_CHARACTERS = 20_000;
const MOST_CHOICES = 26;

export const jsonNotation: Notation = {
  version: "json 1",
  ask: (type, source) =>
    asked([GENERATOR, typed(type), titled("Source", source), formOf(type, source)]),
  write(content, type) {
    const sentences = type?.id === "ordering" ? sentencesOf(content) : undefined;
    if (sentences) return JSON.stringify({ sentences });
    const { question, choices, label } = content;
    return JSON.stringify({ question, choices, answer: letterOf(label) });
  },
  read(text, type) {
    const objects = jsonObjects(text);
    if (type?.id === "ordering") return readSentences(objects);
    const value = objects.findLast((each) => "question" in each && "choices" in each);
    if (!value) throw new Error('no JSON object with "question" and "choices"');
    return readContent(value);
  },
  judge: (type, source, variant) =>
    asked([
      VERIFIER,
      typed(type),
      titled("Source", source),
      titled("Variant", variant),
      'Answer with one JSON object: {"reason": "<one short sentence>", "type_ok": 0 or 1, "label_ok": 0 or 1, "unique_ok": 0 or 1}',
    ]),
  verdict: writeVerdict,
  digits: ["0", "1"],
  blind: {
    answer: (question, choices) =>
      asked([question, lettered(choices), "Answer with the letter of the right choice alone."]),
    answers: (choices) => choices.map((_, i) => letterOf(i)),
    readAnswer(text, choices) {
      const letter = answerLetter(text, choices);
      const place = choices.findIndex((_, i) => letterOf(i) === letter);
      return place < 0 ? undefined : place;
    },
    accept: (question, choice) =>
      asked([
        `Question: ${question}`,
        `Answer: ${choice}`,
        "Is this answer right? Answer 1 for yes or 0 for no, and nothing else.",
      ]),
  },
};

const GENERATOR =
  "You write variants of multiple-choice questions for a test of robustness. A variant needs the same knowledge as its source, and exactly one of its choices is right. Write in the language of the source.";
const VERIFIER =
  "You judge a variant of a multiple-choice question. type_ok: it is a variant of the type described, and needs the same knowledge. label_ok: the choice marked as right is right. unique_ok: no other choice is right as well.";

const asked = (parts: readonly string[]): Prompt => [{ role: "user", content: parts.join("\n\n") }];
const typed = ({ id, definition }: VariantType): string => `Type: ${id}. ${definition}`;
const lettered = (choices: readonly string[]): string =>
  choices.map((choice, i) => `${letterOf(i)}. ${choice}`).join("\n");
const titled = (title: string, content: ChoiceContent): string =>
  `${title}:\n${content.question}\n${lettered(content.choices)}\nRight: ${letterOf(content.label)}. ${rightOf(content)}`;

function formOf(type: VariantType, source: ChoiceContent): string {
  if (type.id === "ordering") {
    const { least, most } = sentenceLimits;
    return `Answer with one JSON object that holds ${least} to ${most} sentences in their right order: {"sentences": ["...", "..."]}`;
  }
  const aim =
    type.id === "critical" && wantsNone(source) ? 'Here, "none of the above" is to be right. ' : "";
  return `${aim}Answer with one JSON object: {"question": "...", "choices": ["...", "..."], "answer": "<letter of the right choice>"}`;
}

type Fields = Readonly<Record<string, unknown>>;

function readSentences(objects: readonly Fields[]): ChoiceContent {
  const found = objects.findLast((each) => "sentences" in each)?.sentences;
  const { least, most } = sentenceLimits;
  if (!isTexts(found)) throw new Error('no JSON object with "sentences", a list of texts');
  if (found.length < least || found.length > most) {
    throw new Error(`${found.length} sentences, expected ${least} to ${most}`);
  }
  return orderingOf(found, languageOf(found.join(" ")));
}

function readContent({ question, choices, answer, label }: Fields): ChoiceContent {
  if (typeof question !== "string") throw new Error('"question" is no text');
  if (!isTexts(choices)) throw new Error('"choices" is no list of texts');
  if (choices.length > MOST_CHOICES) throw new Error(`${choices.length} choices are too many`);
  if (question.length + choices.join("").length > MOST_CHARACTERS) {
    throw new Error(`more than ${MOST_CHARACTERS} characters`);
  }
  const bare = choices.every((choice, i) => choice.trim().startsWith(`${letterOf(i)}. `))
    ? choices.map((choice) => choice.trim().slice(3))
    : choices;
  return { question, choices: bare, label: placeOf(answer ?? label, bare) };
}

/** A letter, an index, or the choice itself. */
function placeOf(answer: unknown, choices: readonly string[]): number {
  if (Number.isInteger(answer)) return answer as number; // the gate refuses one that is out of range
  if (typeof answer === "string") {
    const letter = /^\(?([A-Z])(?:[.):]|$)/.exec(answer.trim())?.[1];
    const place = choices.findIndex(
      (choice, i) => letterOf(i) === letter || fold(choice) === fold(answer),
    );
    if (place >= 0) return place;
  }
  throw new Error(`"answer" is none of the choices`);
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === "string");
