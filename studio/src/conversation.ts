/** A conversation as a tree: regenerating or editing a message adds a branch beside it. */

import { type Attachment, attachmentPart } from "./attachment.ts";

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, as it arrived. */
  readonly arguments: string;
}

export interface TokenInfo {
  readonly text: string;
  readonly logprob: number;
  readonly top: readonly { readonly text: string; readonly logprob: number }[];
}

/** An answer's tokens; the line ends before its first word are not shown. */
export const addTokens = (tokens: readonly TokenInfo[], more: readonly TokenInfo[]): TokenInfo[] =>
  tokens.length > 0 ? [...tokens, ...more] : more.slice(firstWord(more));

const firstWord = (tokens: readonly TokenInfo[]): number => {
  const at = tokens.findIndex(({ text }) => text.trim() !== "");
  return at < 0 ? tokens.length : at;
};

export interface Turn {
  readonly id: number;
  /** 0: the first message of the conversation. */
  readonly parent: number;
  /** "tool": what a call gave, as the user says. */
  readonly role: "user" | "assistant" | "tool";
  readonly content: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
  readonly tokens: readonly TokenInfo[];
  /** What lies beside a user's words. */
  readonly file?: Attachment;
  /** Of a tool's result: the call that it answers. */
  readonly callId?: string;
  /** Who answered. */
  readonly model?: string;
  /** From the first token of thinking to the first of the answer. */
  readonly thinkingSeconds?: number;
  /** Why the answer is not whole. */
  readonly problem?: string;
  readonly stats?: string;
}

export interface Conversation {
  readonly turns: ReadonlyMap<number, Turn>;
  /** The branch that is shown below each turn (0: the root). */
  readonly chosen: ReadonlyMap<number, number>;
}

export const emptyConversation: Conversation = { turns: new Map(), chosen: new Map() };

const blank = { content: "", reasoning: "", toolCalls: [], tokens: [] } as const;

/** Adds a turn below `parent` and shows it. @returns the conversation and the turn's id */
export function addTurn(
  { turns, chosen }: Conversation,
  parent: number,
  role: Turn["role"],
  content = "",
  more: Partial<Turn> = {},
): [Conversation, number] {
  const id = turns.size + 1;
  const turn: Turn = { ...blank, ...more, id, parent, role, content };
  return [{ turns: new Map(turns).set(id, turn), chosen: new Map(chosen).set(parent, id) }, id];
}

/** Replaces fields of a turn; a conversation that no longer holds it stays as it is. */
export function changeTurn(
  conversation: Conversation,
  id: number,
  change: (turn: Turn) => Partial<Turn>,
): Conversation {
  const turn = conversation.turns.get(id);
  if (!turn) return conversation;
  const turns = new Map(conversation.turns).set(id, { ...turn, ...change(turn) });
  return { ...conversation, turns };
}

/** The turns that are shown, first to last. */
export function shownTurns({ turns, chosen }: Conversation): Turn[] {
  const shown: Turn[] = [];
  for (let at = chosen.get(0); at !== undefined; at = chosen.get(at)) shown.push(turns.get(at)!);
  return shown;
}

/** Turns up to and including `id`, which a new answer is a continuation of. */
export function pathTo({ turns }: Conversation, id: number): Turn[] {
  const path: Turn[] = [];
  for (let turn = turns.get(id); turn; turn = turns.get(turn.parent)) path.unshift(turn);
  return path;
}

/** The alternatives to a turn, itself included, oldest first. */
export const siblingsOf = ({ turns }: Conversation, turn: Turn): Turn[] =>
  [...turns.values()].filter((other) => other.parent === turn.parent);

export const choose = (conversation: Conversation, turn: Turn): Conversation => ({
  ...conversation,
  chosen: new Map(conversation.chosen).set(turn.parent, turn.id),
});

/** The last question and what followed it: all that is sent where earlier messages are not. */
export const fromQuestion = (turns: readonly Turn[]): readonly Turn[] =>
  turns.slice(turns.findLastIndex(({ role }) => role === "user"));

/** What the chat endpoint takes; reasoning is not sent back, as templates drop it. */
export function messagesOf(turns: readonly Turn[], system: string): object[] {
  const head = system.trim() === "" ? [] : [{ role: "system", content: system }];
  const messages = turns.map(({ role, content, toolCalls, callId, file }) => {
    if (file) {
      const words = content === "" ? [] : [{ type: "text", text: content }];
      return { role, content: [attachmentPart(file), ...words] };
    }
    if (role === "tool") return { role, content, tool_call_id: callId };
    if (toolCalls.length === 0) return { role, content };
    const tool_calls = toolCalls.map(({ id, name, arguments: text }) => ({
      id,
      type: "function",
      function: { name, arguments: text },
    }));
    return { role, content, tool_calls };
  });
  return [...head, ...messages];
}

/** As JSON text, to be kept by the browser. */
export const saveText = ({ turns, chosen }: Conversation): string =>
  JSON.stringify({ turns: [...turns.values()], chosen: [...chosen] });

/** A conversation that {@link saveText} wrote; an empty one where the text is anything else. */
export function fromText(text: string | null): Conversation {
  try {
    const { turns, chosen } = JSON.parse(text ?? "") as {
      turns: Turn[];
      chosen: [number, number][];
    };
    const conversation = {
      turns: new Map(turns.map((turn) => [turn.id, { ...blank, ...turn }])),
      chosen: new Map(chosen),
    };
    // Children are younger than their parents: no walk through the tree goes in circles.
    const isTree =
      turns.every(({ id, parent }) => parent < id) &&
      [...conversation.chosen].every(([at, id]) => conversation.turns.get(id)?.parent === at);
    return isTree ? conversation : emptyConversation;
  } catch {
    return emptyConversation;
  }
}
