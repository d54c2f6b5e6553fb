/** Rows and answers are invented; what each instruction takes follows the published code. */

import { expect, test } from "vitest";
import { instructions, looseForms } from "../../../src/evaluate/benchmarks/ifeval/instructions.ts";
import { isLanguage } from "../../../src/evaluate/benchmarks/ifeval/language.ts";
import { askMini, askWith, folderOf, jsonl, scoreOf } from "./ask.ts";

/** Instruction, arguments, an answer that follows it, one that does not. */
const cases: [string, Record<string, unknown>, string, string][] = [
  ["keywords:existence", { keywords: ["cat", "dog"] }, "Dogs and cats.", "Dogs."],
  [
    "keywords:frequency",
    { keyword: "la", frequency: 3, relation: "at least" },
    "la LA la",
    "la la",
  ],
  ["keywords:forbidden_words", { forbidden_words: ["cat"] }, "concatenate", "A Cat."],
  [
    "keywords:letter_frequency",
    { letter: "e", let_frequency: 2, let_relation: "less than" },
    "Be",
    "Ee",
  ],
  [
    "language:response_language",
    { language: "de" },
    "Das ist nicht die Katze.",
    "The cat is in it.",
  ],
  [
    "length_constraints:number_sentences",
    { num_sentences: 2, relation: "at least" },
    "Hi. You.",
    "Hi.",
  ],
  [
    "length_constraints:number_paragraphs",
    { num_paragraphs: 2 },
    "one\n***\ntwo\n***",
    "a *** *** b",
  ],
  [
    "length_constraints:number_words",
    { num_words: 3, relation: "less than" },
    "well-known",
    "a b c",
  ],
  [
    "length_constraints:nth_paragraph_first_word",
    { num_paragraphs: 2, nth_paragraph: 2, first_word: "so" },
    'One.\n\n"So, two.',
    "So.\n\nTwo.",
  ],
  ["detectable_content:number_placeholders", { num_placeholders: 2 }, "[a] and [b]", "[a]"],
  ["detectable_content:postscript", { postscript_marker: "P.P.S" }, "x\nP. P. S more", "P.S. more"],
  ["detectable_format:number_bullet_lists", { num_bullets: 2 }, "* a\n- b", "* a\n* b\n- c"],
  ["detectable_format:constrained_response", {}, "Well. My answer is no.", "no"],
  ["detectable_format:number_highlighted_sections", { num_highlights: 2 }, "*a* and *b*", "*a* **"],
  [
    "detectable_format:multiple_sections",
    { section_spliter: "SECTION", num_sections: 2 },
    "SECTION 1\na\nSECTION 2\nb",
    "SECTION 1\na",
  ],
  ["detectable_format:json_format", {}, '```json\n{"a": 1}\n```', "{a: 1}"],
  ["detectable_format:title", {}, "<<joy>>\ntext", "<< >>"],
  ["combination:two_responses", {}, "one\n******\ntwo", "one ****** one"],
  ["combination:repeat_prompt", { prompt_to_repeat: "Say hi." }, "say HI. Hi!", "Hi! Say hi."],
  ["startend:end_checker", { end_phrase: "Bye now." }, '"Well, bye now."', "Bye now. Not."],
  ["startend:quotation", {}, '"all of it"', '"'],
  [
    "change_case:capital_word_frequency",
    { capital_frequency: 2, capital_relation: "at least" },
    "STOP at the RED light",
    "STOP at the red light",
  ],
  ["change_case:english_capital", {}, "THE END OF IT IS THAT.", "The END OF IT IS THAT."],
  ["change_case:english_lowercase", {}, "the end of it is that.", "The end of it is that."],
  ["punctuation:no_comma", {}, "none here", "one, here"],
];

const given = (values: Record<string, unknown>) => ({
  text: (key: string) => values[key] as string,
  count: (key: string) => values[key] as number,
  texts: (key: string) => values[key] as string[],
});

test("each of the 25 instructions is told followed from broken", () => {
  expect(cases.map(([id]) => id).sort()).toEqual(Object.keys(instructions).sort());
  for (const [id, values, good, bad] of cases) {
    expect(instructions[id]!(good, given(values)), `${id}: ${good}`).toBe(true);
    expect(instructions[id]!(bad, given(values)), `${id}: ${bad}`).toBe(false);
  }
});

test("languages by letters and common words; unknown ones are refused", () => {
  const texts: Record<string, string> = {
    ru: "Это не тот дом, но он на холме.",
    bg: "Това не е за да се каже, че са тук.",
    hi: "यह मेरा घर है और वह नहीं है।",
    mr: "हे माझे घर आहे आणि ते मोठे आहे.",
    fa: "این خانه از آن من است و در شهر است",
    ja: "これは私の家です。",
    zh: "这是我的房子。",
  };
  for (const [code, text] of Object.entries(texts)) {
    const found = Object.keys(texts).filter((each) => isLanguage(text, each));
    expect(found, text).toEqual([code]);
  }
  expect(() => isLanguage("a", "xx")).toThrow('the language "xx"');
});

test("an answer's loose forms drop bold, first and last line", () => {
  expect(looseForms("a\n*b*\nc")).toEqual([
    ...["a\n*b*\nc", "*b*\nc", "a\n*b*", "*b*"],
    ...["a\nb\nc", "b\nc", "a\nb", "b"],
  ]);
});

test("IFEval: prompts and instructions, strictly and loosely", async () => {
  const row = (ids: string[], kwargs: object[]) => ({
    key: 1,
    prompt: `Do ${ids.length}.`,
    instruction_id_list: ids,
    kwargs,
  });
  const comma = "punctuation:no_comma";
  const data = await folderOf({
    "ifeval/input_data.jsonl": jsonl(
      row([comma, "detectable_format:title"], [{}, { num_words: null }]),
      row([comma], [{}]),
      row(["length_constraints:number_words"], [{ relation: "at least" }]),
      row(["made:up"], [{}]),
    ),
  });
  const answers = ["Sure, here:\n<<A title>>", "fine", "some words"];
  const { prompts, result } = await askWith(answers, "ifeval", data);
  expect(prompts).toEqual(["Do 2.", "Do 1.", "Do 1."]);
  expect(result).toMatchObject({ requested: 4, scored: 2, failed: 2 });
  expect(result.failures[0]!.error).toContain('"num_words" is nothing, expected a number');
  expect(result.failures[1]!.error).toContain('the instruction "made:up" is none');
  // Strictly, 1 of 2 and 1 of 1 are followed; loosely, without the first line, all.
  expect(scoreOf(result, "prompt_level_strict_acc")).toBe(1 / 4);
  expect(scoreOf(result, "inst_level_strict_acc")).toBe(2 / 3);
  expect(scoreOf(result, "prompt_level_loose_acc")).toBe(2 / 4);
  expect(scoreOf(result, "inst_level_loose_acc")).toBe(1);
  const mini = await folderOf({ "ifeval/input_data.jsonl": jsonl(row([comma], [{}])) });
  expect(await askMini("ifeval", mini)).toMatchObject({ scored: 1, failed: 0 });
});
