/**
 * `onefold/testing`: a model that says what a test tells it, for the tests of applications.
 *
 * @example
 * import { mockModel } from "onefold/testing";
 *
 * const model = mockModel([{ toolCalls: [{ name: "add", input: { a: 1, b: 2 } }] }, "It is 3."]);
 * const { content } = await model.generate("1 + 2?", { tools: { add } });
 */

import {
  createLoadedModel,
  type LoadedModel,
  type Turn,
  type TurnRequest,
} from "./loaded-model.ts";

/** What the model says in one turn. */
export interface MockAnswer {
  readonly reasoning?: string;
  readonly content?: string;
  readonly toolCalls?: readonly { readonly name: string; readonly input: unknown }[];
}

export interface MockModel extends LoadedModel {
  /** What it was asked, in order. */
  readonly requests: readonly TurnRequest[];
}

/** @param answers one a turn, in order; a text is content. Asked more often, the model throws. */
export function mockModel(answers: readonly (string | MockAnswer)[]): MockModel {
  const requests: TurnRequest[] = [];
  async function* turn(request: TurnRequest): Turn {
    const given = answers[requests.length];
    requests.push(request);
    if (given === undefined) {
      throw new Error(`the mock model has ${answers.length} answers and was asked once more`);
    }
    const {
      reasoning = "",
      content = "",
      toolCalls = [],
    } = typeof given === "string" ? { content: given } : given;
    let completionTokens = 0;
    const parts: [text: string, type: "reasoning" | "content"][] = [
      [reasoning, "reasoning"],
      [content, "content"],
    ];
    for (const [all, type] of parts) {
      for (const text of all.match(/\s*\S+|\s+$/g) ?? []) {
        completionTokens++;
        yield { type, text };
      }
    }
    for (const [index, { name, input }] of toolCalls.entries()) {
      completionTokens++;
      const id = `call_${requests.length}_${index}`;
      yield { type: "toolCall", index, id, name, arguments: JSON.stringify(input) };
    }
    const promptTokens = request.messages.length;
    const counts = { promptTokens, cachedTokens: 0, completionTokens, reasoningTokens: 0 };
    return { finishReason: "stop", ...counts };
  }
  return { ...createLoadedModel("mock", turn, () => {}), requests };
}
