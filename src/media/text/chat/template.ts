/** Chat templates of checkpoints: found, compiled and rendered as Python would. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isGguf } from "../../../checkpoint/gguf/path.ts";
import { describe, type JsonObject, Place, parseJson } from "../check-json.ts";
import { readOptional } from "../read-optional.ts";
import type { Conversation } from "./conversation.ts";

/** A compiled chat template. */
export interface ChatTemplate {
  /** Jinja text, by name; most checkpoints have only "default". */
  readonly sources: ReadonlyMap<string, string>;
  /**
   * Renders a conversation to the prompt.
   * @throws one sentence, also for what the template refuses itself (`raise_exception`), or when
   *   it does not come to an end
   */
  render(conversation: Conversation): string;
}

/** A template longer than this is not one. */
const SOURCE_LIMIT = 1 << 20;

/** Special tokens that templates may read. */
const TOKEN_KEYS = [
  "bos_token",
  "eos_token",
  "unk_token",
  "sep_token",
  "pad_token",
  "cls_token",
  "mask_token",
];

/**
 * Compiles a chat template. Templates come from elsewhere: they see the conversation and nothing
 * of the host, and the work and the text they may produce are bounded.
 *
 * @param template Jinja text, or the parsed tokenizer_config.json that holds it
 * @param file name used in messages
 * @example
 * const template = await createChatTemplate("{{ messages[0].content | trim }}");
 * template.render({ messages: [{ role: "user", content: " hi " }] }); // "hi"
 */
export async function createChatTemplate(
  template: string | JsonObject,
  file = typeof template === "string" ? "chat template" : "tokenizer_config.json",
): Promise<ChatTemplate> {
  const config = typeof template === "string" ? {} : template;
  const sources =
    typeof template === "string"
      ? new Map([["default", template]])
      : configTemplates(config, new Place(file));
  if (sources.size === 0) {
    throw new Error(`${file}: has no chat_template; base models have none, give one explicitly`);
  }
  return compile(sources, tokenVariables(config), file);
}

/**
 * Renders a conversation with a checkpoint's template; `createChatTemplate` once and `render` is
 * cheaper for many.
 *
 * @param template Jinja text, or the parsed tokenizer_config.json that holds it
 */
export async function renderChat(
  template: string | JsonObject,
  conversation: Conversation,
): Promise<string> {
  return (await createChatTemplate(template)).render(conversation);
}

/**
 * Loads the chat template of a checkpoint folder: chat_template.jinja (with
 * additional_chat_templates/), else chat_template.json, else tokenizer_config.json; or that of a
 * GGUF file's metadata.
 */
export async function loadChatTemplate(folder: string): Promise<ChatTemplate> {
  if (isGguf(folder)) {
    const { readGgufTemplates } = await import("../gguf.ts");
    return createChatTemplate(await readGgufTemplates(folder), folder);
  }
  const configFile = join(folder, "tokenizer_config.json");
  const configText = await readOptional(configFile);
  const config =
    configText === undefined ? {} : new Place(configFile).object(parseJson(configText, configFile));
  const variables = tokenVariables(config);
  const jinjaFile = join(folder, "chat_template.jinja");
  const jinja = await readOptional(jinjaFile);
  if (jinja !== undefined) {
    const sources = new Map([["default", jinja]]);
    for (const [name, source] of await additionalTemplates(folder)) sources.set(name, source);
    return compile(sources, variables, jinjaFile);
  }
  const jsonFile = join(folder, "chat_template.json");
  for (const [file, text] of [
    [jsonFile, await readOptional(jsonFile)],
    [configFile, configText],
  ] as const) {
    if (text === undefined) continue;
    const place = new Place(file);
    const sources = configTemplates(place.object(parseJson(text, file)), place);
    if (sources.size > 0) return compile(sources, variables, file);
  }
  const { readTiktokenConfig } = await import("../tiktoken.ts");
  const first = await readTiktokenConfig(folder);
  if (first?.chat_template !== undefined) return createChatTemplate(first, folder);
  throw new Error(
    `${folder}: no chat template in chat_template.jinja, chat_template.json or ` +
      "tokenizer_config.json; a base model continues texts as they are (`onefold run --raw`)",
  );
}

async function additionalTemplates(folder: string): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  const place = join(folder, "additional_chat_templates");
  const names = await readdir(place).catch(() => []);
  for (const name of names.filter((each) => each.endsWith(".jinja"))) {
    const source = await readOptional(join(place, name));
    if (source !== undefined) sources.set(name.slice(0, -".jinja".length), source);
  }
  return sources;
}

/** `chat_template`: one text, or a list of named ones. */
function configTemplates(config: JsonObject, place: Place): Map<string, string> {
  const value = config.chat_template;
  const at = place.at("chat_template");
  if (value === undefined || value === null) return new Map();
  if (typeof value === "string") return new Map([["default", value]]);
  if (!Array.isArray(value)) {
    throw at.error(`must be text or a list of named templates, but is ${describe(value)}`);
  }
  return new Map(
    value.map((entry: unknown, i) => {
      const named = at.at(i).object(entry);
      const name = at.at(i).at("name").string(named.name);
      return [name, at.at(i).at("template").string(named.template)];
    }),
  );
}

function tokenVariables(config: JsonObject): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const key of TOKEN_KEYS) {
    const value = config[key];
    if (typeof value === "string") variables[key] = value;
    else if (typeof value === "object" && value !== null && "content" in value) {
      if (typeof value.content === "string") variables[key] = value.content;
    }
  }
  return variables;
}

async function compile(
  sources: ReadonlyMap<string, string>,
  variables: Readonly<Record<string, string>>,
  file: string,
): Promise<ChatTemplate> {
  const { createEnvironment } = await import("./environment.ts");
  const { parseTemplate, PythonInterpreter } = await import("./interpreter.ts");
  const programs = new Map<string, unknown>();
  for (const [name, source] of sources) {
    if (source.length > SOURCE_LIMIT) {
      throw new Error(`${file}: chat template "${name}" is longer than ${SOURCE_LIMIT} characters`);
    }
    programs.set(
      name,
      attempt(file, "does not parse", () => parseTemplate(source)),
    );
  }
  return {
    sources,
    render(conversation) {
      const { messages, tools = null, add_generation_prompt = true, ...extra } = conversation;
      // As transformers chooses: "tool_use" where tools are given and there is such a template.
      const program =
        (tools === null ? undefined : programs.get("tool_use")) ??
        programs.get("default") ??
        programs.values().next().value;
      return attempt(file, "cannot render the conversation", () => {
        const environment = createEnvironment({
          ...variables,
          documents: null,
          ...extra,
          messages,
          tools,
          add_generation_prompt,
        });
        return String(new PythonInterpreter(environment, workFor(conversation)).run(program).value);
      });
    },
  };
}

/** Work granted to a rendering: some ten times what published templates need. */
function workFor({ messages, tools }: Conversation): number {
  let work = 1_000_000 + 2000 * (messages.length + (tools?.length ?? 0));
  for (const { content } of messages) if (typeof content === "string") work += content.length;
  return work;
}

/** Characters of an error that are shown: what a template raises can be of any length. */
const MESSAGE_LIMIT = 500;

/** A message on one line: the parser repeats what it stumbled over, control characters too. */
const printable = (text: string): string =>
  (text.length > MESSAGE_LIMIT ? `${text.slice(0, MESSAGE_LIMIT)}…` : text).replace(
    /\p{Cc}/gu,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );

/** Runs `act`; whatever goes wrong inside a template becomes one sentence. */
function attempt<T>(file: string, what: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    const isDeep = cause instanceof RangeError && /call stack/.test(cause.message);
    const message = cause instanceof Error ? cause.message : String(cause);
    const reason = isDeep ? "it nests too deeply" : printable(message);
    throw new Error(`${file}: the chat template ${what}: ${reason}`, { cause });
  }
}
