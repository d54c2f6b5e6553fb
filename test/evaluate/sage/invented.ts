/** Invented items, and models that write and judge variants of them by rule. */

import { jsonNotation } from "../../../src/evaluate/sage/json-notation.ts";
import type { ChoiceContent, ChoiceItem } from "../../../src/evaluate/sage/types.ts";
import type { EvalModel, GenerateRequest } from "../../../src/evaluate/types.ts";

const places = "Arda Brev Cole Dorn Elba Fenn Gorm Hild Ivar Jura Kelm Lund".split(" ");

/** Facts of lands that do not exist: "What is the capital of Arda?". */
export const inventedItems = (count: number): ChoiceItem[] =>
  places.slice(0, count).map((place, i) => ({
    id: place.toLowerCase(),
    question: `What is the capital of ${place}?`,
    choices: [`${place}stad`, "Oslo", "Lima", "Rome"],
    label: 0,
    ...(i === 0 ? { license: "CC0" } : {}),
  }));

/** A valid variant, as the generator writes it. */
export function writeInvented(type: string, { question, choices, label }: ChoiceContent): string {
  const place = /of (\w+)\?/.exec(question)?.[1];
  const right = choices[label]!;
  if (type === "restatement") {
    const other = { question: `From which city is the land ${place} governed?`, choices, label };
    return jsonNotation.write(other);
  }
  if (type === "negation") {
    const asked = `Which of these is not a name by which people of ${place} call their seat?`;
    return jsonNotation.write({
      question: asked,
      choices: [right, "Old Town", "The Court", "Lima"],
      label: 3,
    });
  }
  const all = [...choices, "None of the above."];
  return jsonNotation.write({
    question: `What is the name of the moon of ${place}?`,
    choices: all,
    label: 4,
  });
}

/** What a prompt of the notation asks about. */
export function readAsked(request: Pick<GenerateRequest, "prompt">) {
  const { prompt } = request;
  const text =
    typeof prompt === "string" ? prompt : prompt.map(({ content }) => content).join("\n");
  const type = /^Type: (\w+)\./m.exec(text)?.[1] ?? "";
  const [, question = "", choices = "", letter = "A"] =
    /Source:\n(.*)\n((?:[A-Z]\. .*\n)+)Right: ([A-Z])\./.exec(text) ?? [];
  const source: ChoiceContent = {
    question,
    choices: [...choices.matchAll(/^[A-Z]\. (.*)$/gm)].map(([, choice]) => choice!),
    label: letter.charCodeAt(0) - 65,
  };
  return { text, type, source, isVerdict: text.includes("type_ok") };
}

export const verdict = (value: 0 | 1): string =>
  JSON.stringify({ reason: "seen", type_ok: 1, label_ok: value, unique_ok: 1 });

/** @param answer an answer to each request, in their order */
export function fakeModel(
  answer: (request: GenerateRequest) => string,
  change: Partial<EvalModel> = {},
): EvalModel & { readonly asked: GenerateRequest[] } {
  const asked: GenerateRequest[] = [];
  const usage = { requests: 0, promptTokens: 0, completionTokens: 0, retries: 0 };
  return {
    name: "fake",
    identity: "fake",
    concurrency: 1,
    asked,
    async generate(requests) {
      return requests.map((request) => {
        const text = answer(request);
        asked.push(request);
        usage.promptTokens += 100;
        usage.completionTokens += 10;
        return { text, finishReason: "stop", promptTokens: 100, completionTokens: 10 };
      });
    },
    usage: () => usage,
    [Symbol.dispose]() {},
    ...change,
  };
}
