/** What every answer is asked for. No DOM here. */

/** Left out: as the model's own defaults say. */
export interface Sampling {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly minP?: number;
  readonly maxTokens?: number;
}

export interface Settings extends Sampling {
  readonly system: string;
  readonly seed: string;
  readonly thinking: boolean;
  readonly probabilities: boolean;
  /** Send the earlier messages of the conversation too. */
  readonly history: boolean;
  readonly format: "text" | "json" | "schema";
  /** JSON text of a JSON schema. */
  readonly schema: string;
  /** JSON text: a list of tools in OpenAI's form. */
  readonly tools: string;
  /** Single keys do something outside of text fields. */
  readonly shortcuts: boolean;
}

export const defaultSettings: Settings = {
  system: "",
  seed: "",
  thinking: true,
  probabilities: false,
  history: true,
  format: "text",
  schema: "",
  tools: "",
  shortcuts: true,
};

/**
 * The settings as fields of a chat request.
 *
 * @throws Error naming the field that is no JSON
 */
export function requestFields(settings: Settings): Record<string, unknown> {
  const { temperature, topP, topK, minP, maxTokens, seed, thinking, probabilities } = settings;
  const schema = settings.format === "schema" ? readJson("JSON schema", settings.schema) : {};
  const tools = settings.tools.trim() === "" ? undefined : readJson("Tools", settings.tools);
  return {
    temperature,
    top_p: topP,
    top_k: topK,
    min_p: minP,
    max_tokens: maxTokens,
    seed: seed === "" ? undefined : Number(seed),
    chat_template_kwargs: { enable_thinking: thinking },
    ...(probabilities ? { logprobs: true, top_logprobs: 5 } : {}),
    ...(settings.format === "json" ? { response_format: { type: "json_object" } } : {}),
    ...(settings.format === "schema"
      ? {
          response_format: {
            type: "json_schema",
            json_schema: { name: "answer", schema, strict: true },
          },
        }
      : {}),
    tools,
  };
}

/** Of a request's fields those that an answer about a file takes. */
export const fieldsForFile = (fields: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(
    ["temperature", "top_p", "top_k", "max_tokens", "seed"].map((key) => [key, fields[key]]),
  );

/** Why a text is no JSON; undefined where it is, or where there is none. */
export function jsonProblem(text: string): string | undefined {
  if (text.trim() === "") return undefined;
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function readJson(name: string, text: string): unknown {
  const problem = text.trim() === "" ? "it is empty" : jsonProblem(text);
  if (problem) throw new Error(`Settings, ${name}: ${problem}`);
  return JSON.parse(text);
}
