import { expect, it } from "vitest";
import {
  jsonProblem,
  requestFields,
  defaultSettings as settings,
} from "../../studio/src/settings.ts";

it("leaves to the model what was not set", () => {
  expect(JSON.parse(JSON.stringify(requestFields(settings)))).toEqual({
    chat_template_kwargs: { enable_thinking: true },
  });
});

it("asks for what was set, in the API's names", () => {
  const fields = requestFields({
    ...settings,
    temperature: 0,
    topK: 5,
    maxTokens: 9,
    seed: "7",
    thinking: false,
    probabilities: true,
    format: "schema",
    schema: '{"type":"object"}',
    tools: '[{"type":"function","function":{"name":"add"}}]',
  });
  expect(fields).toMatchObject({
    temperature: 0,
    top_k: 5,
    max_tokens: 9,
    seed: 7,
    chat_template_kwargs: { enable_thinking: false },
    logprobs: true,
    response_format: { type: "json_schema", json_schema: { schema: { type: "object" } } },
    tools: [{ function: { name: "add" } }],
  });
  expect(requestFields({ ...settings, format: "json" }).response_format).toEqual({
    type: "json_object",
  });
});

it("says which field is no JSON", () => {
  expect(() => requestFields({ ...settings, tools: "[1," })).toThrow(/^Settings, Tools: /);
  expect(() => requestFields({ ...settings, format: "schema" })).toThrow(
    /JSON schema: it is empty/,
  );
  expect(jsonProblem("{}")).toBeUndefined();
  expect(jsonProblem("{")).toBeTruthy();
});
