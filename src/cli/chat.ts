/** A conversation: prompts from a terminal or a pipe, answers from a model. */

import { type Answer, type Answerer, type Message, printAnswer } from "./answer.ts";
import { type ChatInput, chatHelp, parseChatInput } from "./chat-input.ts";
import { describeError } from "./errors.ts";
import type { Io } from "./io.ts";
import { type PromptReader, pipedPrompts, typedPrompts } from "./prompts.ts";
import { createPaint, formatTable } from "./render.ts";

export interface ChatOptions {
  readonly system?: string;
  readonly thinking?: boolean;
  readonly json?: boolean;
}

interface Conversation {
  messages: Message[];
  thinking: boolean | undefined;
}

const startWith = (system: string | undefined): Message[] =>
  system ? [{ role: "system", content: system }] : [];

/** Answers one prompt: `onefold run MODEL "prompt"`. */
export async function answerOnce(
  io: Io,
  model: Answerer,
  prompt: string,
  options: ChatOptions = {},
): Promise<void> {
  const conversation = { messages: startWith(options.system), thinking: options.thinking };
  await turn(io, model, conversation, prompt, io.interruptible(), options.json === true);
}

/** Answers every line of a pipe in turn, as one conversation. The first failure ends it. */
export async function answerLines(
  io: Io,
  model: Answerer,
  options: ChatOptions = {},
): Promise<void> {
  const conversation = { messages: startWith(options.system), thinking: options.thinking };
  const signal = io.interruptible();
  using prompts = pipedPrompts(io);
  for (let prompt = await prompts.next(); prompt !== undefined; prompt = await prompts.next()) {
    await turn(io, model, conversation, prompt, signal, options.json === true);
    if (signal.aborted) return;
  }
}

/** Chats at a terminal until /exit, Ctrl-D or Ctrl-C at the prompt. */
export async function chat(io: Io, model: Answerer, options: ChatOptions = {}): Promise<void> {
  let running: AbortController | undefined;
  using prompts: PromptReader = typedPrompts(io, () => running?.abort());
  const conversation: Conversation = {
    messages: startWith(options.system),
    thinking: options.thinking,
  };
  const paint = createPaint(io.stderr, io.env);
  const note = (text: string): void => void io.stderr.write(`${paint.dim(text)}\n`);
  note("Type a message; /help lists the commands.");
  for (let line = await prompts.next(); line !== undefined; line = await prompts.next()) {
    const input = parseChatInput(line);
    if (input.kind === "exit") return;
    if (input.kind !== "prompt") {
      const reply = applyCommand(conversation, input);
      if (reply) note(reply);
      continue;
    }
    running = new AbortController();
    try {
      await turn(io, model, conversation, input.text, running.signal, options.json === true);
    } catch (error) {
      // The conversation goes on without the turn that failed.
      if (!running.signal.aborted) io.stderr.write(`onefold: ${describeError(error)}\n`);
    } finally {
      running = undefined;
    }
  }
}

/** Changes the conversation as a slash command says. @returns what to tell the user */
export function applyCommand(conversation: Conversation, input: ChatInput): string | undefined {
  const system = conversation.messages.find(({ role }) => role === "system")?.content;
  switch (input.kind) {
    case "think":
      conversation.thinking = input.isOn;
      return `Thinking is ${input.isOn ? "on" : "off"}.`;
    case "system":
      conversation.messages = startWith(input.text);
      return input.text ? "New conversation with this system message." : "No system message.";
    case "clear":
      conversation.messages = startWith(system);
      return "New conversation.";
    case "help":
      return formatTable(chatHelp);
    case "unknown":
      return `There is no ${input.command}; ${
        input.nearest ? `did you mean ${input.nearest}?` : "/help lists the commands."
      }`;
    default:
      return undefined;
  }
}

async function turn(
  io: Io,
  model: Answerer,
  conversation: Conversation,
  prompt: string,
  signal: AbortSignal,
  json: boolean,
): Promise<Answer> {
  const messages: Message[] = [...conversation.messages, { role: "user", content: prompt }];
  const pieces = model.answer({ messages, thinking: conversation.thinking, signal });
  const answer = await printAnswer(io, pieces, { prompt, json });
  const reasoning = answer.thinking ? { reasoning_content: answer.thinking } : {};
  conversation.messages = [...messages, { role: "assistant", content: answer.text, ...reasoning }];
  return answer;
}
