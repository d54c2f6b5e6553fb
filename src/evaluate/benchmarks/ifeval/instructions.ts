/**
 * The 25 instructions of IFEval that a program verifies: Zhou et al., "Instruction-Following
 * Evaluation for Large Language Models" (2023). Each is a check of an answer under its arguments,
 * with the rules of the published code, be they odd (a heading counts as two highlights).
 */

import { isLanguage } from "./language.ts";
import { countSentences, countWords, upperWords } from "./words.ts";

/** Arguments as data sets give them. */
export interface Arguments {
  text(key: string): string;
  count(key: string): number;
  texts(key: string): readonly string[];
}
type Check = (answer: string, given: Arguments) => boolean;

/** "at least" or "less than" so many. */
function compare(found: number, wanted: number, relation: string): boolean {
  if (relation === "at least") return found >= wanted;
  if (relation === "less than") return found < wanted;
  throw new Error(`the relation "${relation}" is not "at least" or "less than"`);
}

/** Keywords are patterns in the published code; those that are none are taken letter by letter. */
function patternOf(text: string, flags: string): RegExp {
  try {
    return new RegExp(text, flags);
  } catch {
    return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), flags);
  }
}

const matches = (answer: string, pattern: RegExp): number => [...answer.matchAll(pattern)].length;
/** Has letters, all of them capitals. */
const isUpper = (text: string): boolean =>
  text !== text.toLowerCase() && text === text.toUpperCase();
const isLower = (text: string): boolean =>
  text !== text.toUpperCase() && text === text.toLowerCase();

export const instructions: Readonly<Record<string, Check>> = {
  "keywords:existence": (answer, given) =>
    given.texts("keywords").every((word) => patternOf(word, "i").test(answer)),
  "keywords:frequency": (answer, given) =>
    compare(
      matches(answer, patternOf(given.text("keyword").trim(), "gi")),
      given.count("frequency"),
      given.text("relation"),
    ),
  "keywords:forbidden_words": (answer, given) =>
    given.texts("forbidden_words").every((word) => !patternOf(`\\b${word}\\b`, "i").test(answer)),
  "keywords:letter_frequency": (answer, given) => {
    const letter = given.text("letter").trim().toLowerCase();
    const found = answer.toLowerCase().split(letter).length - 1;
    return compare(found, given.count("let_frequency"), given.text("let_relation"));
  },
  "language:response_language": (answer, given) => isLanguage(answer, given.text("language")),
  "length_constraints:number_sentences": (answer, given) =>
    compare(countSentences(answer), given.count("num_sentences"), given.text("relation")),
  "length_constraints:number_paragraphs": (answer, given) => {
    const parts = answer.split(/\s?\*\*\*\s?/);
    const inner = parts.slice(1, -1);
    if (inner.some((part) => !part.trim())) return false;
    return parts.filter((part) => part.trim()).length === given.count("num_paragraphs");
  },
  "length_constraints:number_words": (answer, given) =>
    compare(countWords(answer), given.count("num_words"), given.text("relation")),
  "length_constraints:nth_paragraph_first_word": (answer, given) => {
    const parts = answer.split("\n\n");
    const filled = parts.filter((part) => part.trim()).length;
    const nth = given.count("nth_paragraph");
    const paragraph = nth <= filled ? parts[nth - 1]!.trim() : "";
    if (!paragraph) return false;
    const word = paragraph.split(/\s+/)[0]!.replace(/^'+/, "").replace(/^"+/, "");
    const [first = ""] = word.split(/[.,?!'"]/);
    const isWanted = first.toLowerCase() === given.text("first_word").toLowerCase();
    return isWanted && filled === given.count("num_paragraphs");
  },
  "detectable_content:number_placeholders": (answer, given) =>
    matches(answer, /\[.*?\]/g) >= given.count("num_placeholders"),
  "detectable_content:postscript": (answer, given) => {
    const marker = given.text("postscript_marker").trim();
    const known: Record<string, RegExp> = { "P.P.S": /p\.\s?p\.\s?s/, "P.S.": /p\.\s?s\./ };
    return (known[marker] ?? patternOf(marker.toLowerCase(), "")).test(answer.toLowerCase());
  },
  "detectable_format:number_bullet_lists": (answer, given) => {
    const stars = matches(answer, /^\s*\*[^*].*$/gm);
    return stars + matches(answer, /^\s*-.*$/gm) === given.count("num_bullets");
  },
  "detectable_format:constrained_response": (answer) =>
    ["My answer is yes.", "My answer is no.", "My answer is maybe."].some((each) =>
      answer.includes(each),
    ),
  "detectable_format:number_highlighted_sections": (answer, given) => {
    const single = [...answer.matchAll(/\*[^\n*]*\*/g)];
    const double = [...answer.matchAll(/\*\*[^\n*]*\*\*/g)];
    const filled = [...single, ...double].filter(([text]) => text.replaceAll("*", "").trim());
    return filled.length >= given.count("num_highlights");
  },
  "detectable_format:multiple_sections": (answer, given) => {
    const mark = given.text("section_spliter").trim();
    return (
      matches(answer, patternOf(`\\s?${mark}\\s?\\d+\\s?`, "g")) >= given.count("num_sections")
    );
  },
  "detectable_format:json_format": (answer) => {
    const text = answer
      .trim()
      .replace(/^```(?:json|Json|JSON)?/, "")
      .replace(/```$/, "")
      .trim();
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  },
  "detectable_format:title": (answer) =>
    [...answer.matchAll(/<<[^\n]+>>/g)].some(([title]) =>
      title.replace(/^<+/, "").replace(/>+$/, "").trim(),
    ),
  "combination:two_responses": (answer) => {
    const parts = answer.split("******").map((part) => part.trim());
    if (parts.slice(1, -1).some((part) => part === "")) return false;
    const filled = parts.filter((part) => part !== "");
    return filled.length === 2 && filled[0] !== filled[1];
  },
  "combination:repeat_prompt": (answer, given) =>
    answer.trim().toLowerCase().startsWith(given.text("prompt_to_repeat").trim().toLowerCase()),
  "startend:end_checker": (answer, given) =>
    answer
      .trim()
      .replace(/^"+|"+$/g, "")
      .toLowerCase()
      .endsWith(given.text("end_phrase").trim().toLowerCase()),
  "startend:quotation": (answer) => /^".*"$/s.test(answer.trim()),
  "change_case:capital_word_frequency": (answer, given) =>
    compare(upperWords(answer), given.count("capital_frequency"), given.text("capital_relation")),
  "change_case:english_capital": (answer) => isUpper(answer) && isLanguage(answer, "en"),
  "change_case:english_lowercase": (answer) => isLower(answer) && isLanguage(answer, "en"),
  "punctuation:no_comma": (answer) => !answer.includes(","),
};

/** Answers of which any may follow an instruction loosely: without marks of bold, first or last line. */
export function looseForms(answer: string): string[] {
  const lines = answer.split("\n");
  const cuts = [lines.slice(1), lines.slice(0, -1), lines.slice(1, -1)];
  const forms = [answer, ...cuts.map((left) => left.join("\n").trim())];
  return [...forms, ...forms.map((form) => form.replaceAll("*", ""))];
}
