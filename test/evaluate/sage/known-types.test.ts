/** What programs see of each type of variant. */

import { expect, it } from "vitest";
import { noneOfTheAbove, type ProDoc } from "../../../src/evaluate/hellaswag-pro/forms.ts";
import { generateHellaswagPro } from "../../../src/evaluate/index.ts";
import { jsonNotation } from "../../../src/evaluate/sage/json-notation.ts";
import { knownTypes, wantsNone } from "../../../src/evaluate/sage/known-types.ts";
import { orderingOf, sentencesOf } from "../../../src/evaluate/sage/ordering.ts";
import { gateProblem } from "../../../src/evaluate/sage/reward.ts";
import type { ChoiceContent } from "../../../src/evaluate/sage/types.ts";

const source: ChoiceContent = {
  question: "What is the capital of France?",
  choices: ["Rome", "Paris", "Oslo", "Lima"],
  label: 1,
};
const types = new Map(knownTypes("facts").map((type) => [type.id as string, type]));
const problem = (id: string, variant: Partial<ChoiceContent>, of = source) =>
  gateProblem(types.get(id)!, of, { ...of, ...variant });

it("restatement keeps the wrong choices and changes the words", () => {
  const question = "From which city is France governed?";
  expect(problem("restatement", { question })).toBeUndefined();
  expect(
    problem("restatement", { question, choices: ["Rome", "the city of Paris", "Oslo", "Lima"] }),
  ).toBeUndefined();
  expect(problem("restatement", { question, choices: ["Bonn", "Paris", "Oslo", "Lima"] })).toBe(
    "the wrong choices are not those of the source",
  );
  expect(
    problem("restatement", {
      question: "Is the capital of France what? Rome",
      choices: ["Rome", "Paris!", "Oslo", "Lima"],
    }),
  ).toBe("the question has the words of the source");
  expect(problem("restatement", { question, choices: ["Rome", "Paris", "Oslo"] })).toBe(
    "3 choices, expected 4",
  );
  expect(problem("restatement", { question: "法国的首都是哪座城市？" })).toBe(
    "the question is in another language",
  );
});

it("reverse states the answer and offers the question", () => {
  const choices = [
    "What is the capital of Peru?",
    "What is the capital of France?",
    "Where is Oslo?",
    "Who is Lima?",
  ];
  const question = "Which question is answered by Paris?";
  expect(problem("reverse", { question, choices })).toBeUndefined();
  expect(problem("reverse", { question, choices, label: 0 })).toBe(
    "the right choice is not the source's question",
  );
  expect(problem("reverse", { question: "Which question is it?", choices })).toBe(
    "the question does not state the source's right choice",
  );
});

it("causal states question and answer, and asks for another thing", () => {
  const question = "What is the capital of France? Paris. Why?";
  const choices = ["It has a port", "The government sits there", "It is old", "It is warm"];
  expect(problem("causal", { question, choices })).toBeUndefined();
  expect(
    problem("causal", { question, choices: ["It has a port", "Paris", "It is old", "It is warm"] }),
  ).toBe("the source's right choice is among the choices");
  expect(problem("causal", { question: "Why Paris?", choices })).toBe(
    "the question does not state that of the source",
  );
});

it("ordering is mixed by a program, and choices are orders", () => {
  const sentences = [
    "France is a state.",
    "It has a capital.",
    "That is Paris.",
    "Its mayor lives there.",
  ];
  const made = orderingOf(sentences, "en");
  expect(sentencesOf(made)).toEqual(sentences);
  expect(new Set(made.choices).size).toBe(4);
  expect(problem("ordering", made)).toBeUndefined();
  const read = (text: string) => jsonNotation.read(text, types.get("ordering"));
  expect(read(jsonNotation.write(made, types.get("ordering")))).toEqual(made);
  expect(() => read('{"sentences": ["a", "b"]}')).toThrow("2 sentences, expected 3 to 6");
  expect(() => read('{"question": "a", "choices": []}')).toThrow('no JSON object with "sentences"');
  expect(
    problem("ordering", { ...made, choices: ["1-2-3-4", "1-2-3", "4-3-2-1", "2-1-3-4"], label: 0 }),
  ).toBe("a choice is no order of all sentences");
  const other = orderingOf(["a", "b", "c"], "en");
  expect(problem("ordering", other)).toBe("the question does not state the source's right choice");
  expect(
    problem("ordering", { question: "none here", choices: ["1-2", "2-1"], label: 0 }),
  ).toContain("no numbered sentences");
});

it("refinement keeps the choices and makes another one right", () => {
  const question = "What would be the capital of France if it were Norway?";
  expect(problem("refinement", { question, label: 2 })).toBeUndefined();
  expect(problem("refinement", { question })).toBe("the right choice is that of the source");
  expect(
    problem("refinement", { question, label: 2, choices: ["Rome", "Paris", "Oslo", "Bonn"] }),
  ).toBe("the choices are not those of the source");
});

it("negation negates, and what was right is wrong", () => {
  const question = "Which of these is not a name of the capital of France?";
  const choices = ["Lutetia", "Paris", "Oslo", "City of Light"];
  expect(problem("negation", { question, choices, label: 2 })).toBeUndefined();
  expect(problem("negation", { question: "Which is it?", choices, label: 2 })).toBe(
    "the question has no negation",
  );
  expect(problem("negation", { question, choices, label: 1 })).toBe(
    "the source's right choice is not among the wrong ones",
  );
  expect(types.get("negation")!.applies!({ ...source, question })).toBe(false);
});

it("critical adds a choice, which is right for half of the items", () => {
  const none = noneOfTheAbove.en;
  const items = Array.from({ length: 400 }, (_, i) => ({ ...source, question: `What is ${i}?` }));
  const wanting = items.filter(wantsNone).length;
  expect(Math.abs(wanting - 200)).toBeLessThan(50); // 5 standard deviations
  const [changed, kept] = [items.find(wantsNone)!, items.find((item) => !wantsNone(item))!];
  const choices = [...source.choices, none];
  expect(types.get("critical")!.derive!(kept)).toEqual({ ...kept, choices });
  expect(types.get("critical")!.derive!(changed)).toBeUndefined();
  expect(problem("critical", { choices }, kept)).toBeUndefined();
  expect(problem("critical", { choices, label: 4 }, kept)).toBe(
    "the right choice is not the source's",
  );
  expect(
    problem("critical", { question: "And what of Peru?", choices, label: 4 }, changed),
  ).toBeUndefined();
  expect(problem("critical", { choices, label: 4 }, changed)).toBe(
    "the question is that of the source",
  );
  expect(problem("critical", { question: "And what of Peru?", choices }, changed)).toBe(
    "the right choice is not the last one",
  );
  expect(problem("critical", { question: "And Peru?", label: 3 }, changed)).toBe(
    `the last choice is not "${none}"`,
  );
});

const FEW = "the question has the words of the source";

it("finds nothing wrong with variants whose type a program made", () => {
  for (const language of ["en", "zh"] as const) {
    const docs = generateHellaswagPro(language).items.flatMap((item) =>
      item.problem === undefined ? [{ ...item.doc, tags: item.tags }] : [],
    );
    const contentOf = ({ context: question, choices, label }: ProDoc) => {
      return { question, choices, label };
    };
    const originals = new Map(
      docs
        .filter(({ form }) => form === "original")
        .map((doc) => [doc.tags.question, contentOf(doc)]),
    );
    for (const type of knownTypes("events")) {
      // One of the 32 restatements in each language changes too few words for the paper's rule of 0.8.
      // Which half of critical has no answer is told otherwise there, and contexts are changed by other means.
      if (type.id === "critical") continue;
      const found = docs
        .filter(({ form }) => form === type.id)
        .map((doc) => gateProblem(type, originals.get(doc.tags.question)!, contentOf(doc)));
      const wrong = found.filter((each) => each !== undefined);
      const isFew = type.id === "restatement";
      expect([type.id, language, ...wrong]).toEqual([type.id, language, ...(isFew ? [FEW] : [])]);
    }
  }
});

it("items with all of the above have no variants that depend on each choice alone", () => {
  const item = { ...source, choices: ["Rome", "Paris", "Oslo", "All of the above"] };
  const left = [...types.values()].filter(({ applies }) => applies?.(item) ?? true);
  expect(left.map(({ id }) => id)).toEqual(["restatement"]);
});

it("reads what generators write, and says what is wrong with the rest", () => {
  const written = jsonNotation.write(source);
  expect(jsonNotation.read(`Sure:\n${written}`)).toEqual(source);
  const read = (change: object) =>
    jsonNotation.read(JSON.stringify({ ...JSON.parse(written), ...change }));
  expect(read({ answer: "Paris" })).toEqual(source);
  expect(read({ answer: 1 })).toEqual(source);
  expect(read({ choices: source.choices.map((c, i) => `${"ABCD"[i]}. ${c}`) })).toEqual(source);
  expect(() => jsonNotation.read("no")).toThrow('no JSON object with "question" and "choices"');
  expect(() => read({ answer: "Z" })).toThrow('"answer" is none of the choices');
  expect(() => read({ question: 1 })).toThrow('"question" is no text');
  expect(() => read({ choices: [1] })).toThrow('"choices" is no list of texts');
  expect(() => read({ choices: Array(30).fill("a") })).toThrow("30 choices are too many");
  expect(() => read({ question: "a".repeat(30_000) })).toThrow("more than 20000 characters");
});
