/** A row as it stands in a file into a record, or the rule that it breaks. */

import { isDeepStrictEqual } from "node:util";
import { show } from "../../checkpoint/json.ts";
import type { ChatMessage } from "../../media/text/index.ts";
import { checkColumns, checkMessages, type Media } from "./check-messages.ts";
import { detectKind } from "./detect-kind.ts";
import type { RowProblem } from "./problem.ts";
import type { DataRecord, RecordKind, RowPlace, Side } from "./record.ts";
import { recordSchemas } from "./schema.ts";

export interface ParseOptions {
  /** Kinds that the training method takes. */
  readonly kinds: readonly RecordKind[];
  /** What the model takes besides text; undefined: not known, so not checked. */
  readonly media?: readonly Media[];
}

type Row = Readonly<Record<string, unknown>>;

/** @param row an object; what it holds is checked here */
export function parseRecord(
  row: Row,
  { file, line }: RowPlace,
  { kinds, media }: ParseOptions,
): DataRecord | RowProblem {
  const kind = detectKind(row, kinds);
  if (typeof kind !== "string") return kind;
  const parsed = recordSchemas[kind].safeParse(row);
  if (!parsed.success) return typeProblem(parsed.error.issues as readonly Issue[], row);
  const wrong = checkWeight(row, kind) ?? checkText(row) ?? (media && checkColumns(row, media));
  if (wrong) return wrong;
  const common = {
    file,
    line,
    ...(isGiven(row.id) ? { id: String(row.id) } : {}),
    ...(isGiven(row.channel) ? { channel: String(row.channel) } : {}),
    weight: kind !== "reward" && isGiven(row.weight) ? Number(row.weight) : 1,
  };
  if (kind === "text") {
    const text = row.text as string; // checked by the schema, as are all below
    if (text.trim() === "") return blank("text");
    return { ...common, kind, text };
  }
  if (kind === "repository") return repository(row, common);
  const chat = { ...common, ...chatOf(row) };
  switch (kind) {
    case "messages": {
      const messages = normalise(row.messages);
      const problem = checkMessages(messages, "messages", media) ?? checkTurns(messages);
      return problem ?? { ...chat, kind, messages };
    }
    case "preference":
      return preference(row, chat, media);
    case "reward": {
      const prompt = sideOf(row.prompt);
      const problem = checkPrompt(prompt, media);
      return problem ?? { ...chat, kind, prompt, columns: columnsOf(row) };
    }
    default: {
      const [prompt, completion] = [sideOf(row.prompt), sideOf(row.completion)];
      const problem =
        checkPrompt(prompt, media) ?? checkAnswer(prompt, completion, "completion", media);
      if (problem) return problem;
      if (kind === "completion") return { ...chat, kind, prompt, completion };
      return { ...chat, kind, prompt, completion, label: row.label as boolean };
    }
  }
}

/** Losses over pairs and judged answers have no weights of rows. */
function checkWeight(row: Row, kind: RecordKind): RowProblem | undefined {
  if ((kind !== "preference" && kind !== "unpaired") || !isGiven(row.weight)) return undefined;
  const fix = "leave it out";
  return { field: "weight", rule: "kind", found: `does not count in rows of kind ${kind}`, fix };
}

function repository(
  row: Row,
  common: Omit<DataRecord & { kind: "repository" }, "kind" | "repo" | "files">,
): DataRecord | RowProblem {
  const { repo, files } = row as { repo: string; files: { path: string; content: string }[] };
  const at = files.findIndex(({ content }) => content.trim() === "");
  if (at >= 0) return blank(`files[${at}].content`);
  const kept = files.map(({ path, content }) => ({ path, content }));
  return { ...common, kind: "repository", repo, files: kept };
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** Everything that a template sees besides the messages. */
function chatOf(row: Row) {
  const { tools, chat_template_kwargs: given, enable_thinking: thinking } = row;
  const variables = {
    ...(given as Record<string, unknown> | undefined | null),
    ...(isGiven(thinking) ? { enable_thinking: thinking } : {}),
  };
  const list = (tools ?? []) as readonly Record<string, unknown>[];
  return {
    ...(list.length > 0 ? { tools: list } : {}),
    ...(Object.keys(variables).length > 0 ? { variables } : {}),
  };
}

const KNOWN = ["prompt", "tools", "chat_template_kwargs", "enable_thinking", "id", "channel"];
const columnsOf = (row: Row): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).filter(([key]) => !KNOWN.includes(key)));

const sideOf = (value: unknown): Side => (typeof value === "string" ? value : normalise(value));

/**
 * Messages without their nulls. Parts that are all text become one text: most templates of text
 * models show nothing of a list.
 */
function normalise(value: unknown): ChatMessage[] {
  return (value as readonly ChatMessage[]).map((message) => {
    const given = Object.fromEntries(Object.entries(message).filter(([, v]) => isGiven(v)));
    const { role, content, tool_calls: calls } = message;
    if (!isGiven(content) && calls && calls.length > 0) return { ...given, role, content: "" };
    if (!Array.isArray(content)) return { ...given, role };
    const isText = content.every((part) => part.type === "text");
    const text = content.map((part) => part.text).join("");
    return { ...given, role, content: isText ? text : content };
  });
}

const blank = (field: string): RowProblem => ({
  field,
  rule: "empty",
  found: "is blank",
  fix: "fill it in, or leave the row out",
});

function checkTurns(messages: readonly ChatMessage[]): RowProblem | undefined {
  if (messages[0].role === "assistant") {
    return {
      field: "messages[0].role",
      rule: "role",
      found: "is assistant: the conversation begins with an answer",
      fix: "put a question before it",
    };
  }
  if (messages.some(({ role }) => role === "assistant")) return undefined;
  return {
    field: "messages",
    rule: "supervised",
    found: "has no message of the assistant, so there is nothing to learn",
    fix: "add the answer",
  };
}

function checkPrompt(prompt: Side, media: readonly Media[] | undefined): RowProblem | undefined {
  if (typeof prompt === "string") return prompt.trim() === "" ? blank("prompt") : undefined;
  const problem = checkMessages(prompt, "prompt", media);
  if (problem || prompt.at(-1)?.role !== "assistant") return problem;
  return {
    field: `prompt[${prompt.length - 1}].role`,
    rule: "role",
    found: "is assistant: the prompt ends with an answer",
    fix: "move it into what is learned",
  };
}

function checkAnswer(
  prompt: Side,
  answer: Side,
  field: string,
  media: readonly Media[] | undefined,
): RowProblem | undefined {
  if (typeof prompt !== typeof answer) {
    return {
      field,
      rule: "type",
      found: `is ${typeof answer === "string" ? "text" : "a list"}, the prompt is not`,
      fix: "give both as text, or both as lists of messages",
    };
  }
  if (typeof answer === "string") return answer.trim() === "" ? blank(field) : undefined;
  if (answer[0].role !== "assistant") {
    return {
      field: `${field}[0].role`,
      rule: "role",
      found: `is ${answer[0].role}`,
      fix: "begin it with the assistant's message, and put what is before into the prompt",
    };
  }
  const problem = checkMessages([...(prompt as readonly ChatMessage[]), ...answer], "", media);
  if (!problem) return undefined;
  // The answer's own place: the prompt was found good before.
  const at = Number(/^\[(\d+)\]/.exec(problem.field ?? "")?.[1]);
  const rest = problem.field?.replace(/^\[\d+\]/, "") ?? "";
  return { ...problem, field: `${field}[${at - prompt.length}]${rest}` };
}

function preference(
  row: Row,
  chat: Omit<DataRecord & { kind: "preference" }, "kind" | "prompt" | "chosen" | "rejected">,
  media: readonly Media[] | undefined,
): DataRecord | RowProblem {
  const split = splitPair(row);
  if ("rule" in split) return split;
  const { prompt, chosen, rejected } = split;
  const problem =
    checkPrompt(prompt, media) ??
    checkAnswer(prompt, chosen, "chosen", media) ??
    checkAnswer(prompt, rejected, "rejected", media);
  if (problem) return problem;
  if (isDeepStrictEqual(chosen, rejected)) {
    return {
      field: "rejected",
      rule: "pair",
      found: "is the same as chosen",
      fix: "leave the row out: it prefers nothing",
    };
  }
  return { ...chat, kind: "preference", prompt, chosen, rejected };
}

/** Takes the prompt from the messages with which both answers begin, where they hold it. */
function splitPair(row: Row): { prompt: Side; chosen: Side; rejected: Side } | RowProblem {
  const [chosen, rejected] = [sideOf(row.chosen), sideOf(row.rejected)];
  const given = isGiven(row.prompt) ? sideOf(row.prompt) : undefined;
  if (typeof chosen === "string" || typeof rejected === "string") {
    if (given !== undefined) return { prompt: given, chosen, rejected };
    return {
      field: "prompt",
      rule: "kind",
      found: "is missing, and two texts do not say where it ends",
      fix: 'give "prompt", or chosen and rejected as lists of messages',
    };
  }
  if (chosen[0].role === "assistant" && given !== undefined) {
    return { prompt: given, chosen, rejected };
  }
  let shared = 0;
  while (
    shared < Math.min(chosen.length, rejected.length) - 1 &&
    isDeepStrictEqual(chosen[shared], rejected[shared])
  ) {
    shared++;
  }
  const prompt = chosen.slice(0, shared);
  const isSame =
    given === undefined ||
    (typeof given === "string"
      ? prompt.some(({ content }) => content === given)
      : isDeepStrictEqual(given, prompt));
  if (shared > 0 && isSame) {
    return { prompt, chosen: chosen.slice(shared), rejected: rejected.slice(shared) };
  }
  return {
    field: "rejected",
    rule: "pair",
    found: "does not begin with the same prompt as chosen",
    fix: "let both begin with the prompt's messages, or give them in prompt alone",
  };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly errors?: readonly (readonly Issue[])[];
}

/** Of a value that fits no branch of a union, the complaint that reaches deepest. */
function deepest(issue: Issue): Issue {
  const inner = (issue.errors ?? []).flatMap((errors) => errors.map((each) => deepest(each)));
  const best = inner.reduce<Issue | undefined>(
    (a, b) => (b.path.length > (a?.path.length ?? 0) ? b : a),
    undefined,
  );
  if (!best) return issue;
  return { ...best, path: [...issue.path, ...best.path] };
}

const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) =>
      typeof key === "number"
        ? `${text}[${key}]`
        : text === ""
          ? String(key)
          : `${text}.${String(key)}`,
    "",
  );

/** Names that other tools give to the roles. */
const otherRoles: Readonly<Record<string, string>> = {
  human: "user",
  gpt: "assistant",
  bot: "assistant",
  model: "assistant",
  ai: "assistant",
  developer: "system",
  function: "tool",
  observation: "tool",
};

function typeProblem(issues: readonly Issue[], row: Row): RowProblem {
  const issue = deepest(issues[0]);
  const value = issue.path.reduce<unknown>(
    (found, key) => (found as Record<PropertyKey, unknown> | null | undefined)?.[key],
    row,
  );
  const isRole = issue.path.at(-1) === "role";
  const known = typeof value === "string" && Object.hasOwn(otherRoles, value);
  return {
    field: pathText(issue.path),
    rule: isRole ? "role" : "type",
    found: `must be ${issue.message}, found ${show(value)}`,
    fix: known
      ? `write ${otherRoles[value as string]}`
      : "`onefold data schema` shows what a row may hold",
  };
}

/** Text that no tokenizer can take as it is: what replaced it would not be the data. */
function checkText(row: Row): RowProblem | undefined {
  const visit = (value: unknown, path: readonly PropertyKey[]): RowProblem | undefined => {
    if (typeof value === "string") {
      const what = /\p{Surrogate}/u.test(value) ? "half a surrogate pair" : "";
      if (what === "" && !value.includes("\0")) return undefined;
      return {
        field: pathText(path),
        rule: "encoding",
        found: `holds ${what || "a NUL character"}, which is no text`,
        fix: "write the character whole, or leave it out",
      };
    }
    if (typeof value !== "object" || value === null) return undefined;
    for (const [key, each] of Object.entries(value)) {
      const found = visit(each, [...path, Array.isArray(value) ? Number(key) : key]);
      if (found) return found;
    }
    return undefined;
  };
  return visit(row, []);
}
