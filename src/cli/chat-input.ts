/** What a line typed into the chat means: a prompt, or a command that starts with a slash. */

import { nearest } from "../task/grammar/suggest.ts";

export type ChatInput =
  | { readonly kind: "prompt"; readonly text: string }
  | { readonly kind: "think"; readonly isOn: boolean }
  | { readonly kind: "system"; readonly text: string }
  | { readonly kind: "clear" }
  | { readonly kind: "help" }
  | { readonly kind: "exit" }
  | { readonly kind: "empty" }
  | { readonly kind: "unknown"; readonly command: string; readonly nearest?: string };

export const chatHelp = [
  ["/think, /no_think", "switch thinking on or off"],
  ["/system TEXT", "set the system message (empty: none) and start anew"],
  ["/clear", "start a new conversation"],
  ['"""', "open and close a prompt of several lines"],
  ["Ctrl-C", "stop the answer; at the prompt, leave"],
  ["/exit", "leave (also Ctrl-D)"],
] as const;

const commandNames = ["/think", "/no_think", "/system", "/clear", "/help", "/exit", "/quit"];

/**
 * A slash command is a known word alone (or `/system` with a text). Everything else is a prompt:
 * Qwen's soft switches (`/no_think` at the end of a question, or before one) reach the model.
 */
export function parseChatInput(line: string): ChatInput {
  const text = line.trim();
  if (!text) return { kind: "empty" };
  const [, command = "", rest = ""] = /^(\/\S+)\s*([\s\S]*)$/.exec(text) ?? [];
  if (command === "/system") return { kind: "system", text: rest };
  if (rest || !/^\/[a-z_?]+$/.test(command)) return { kind: "prompt", text };
  switch (command) {
    case "/think":
      return { kind: "think", isOn: true };
    case "/no_think":
      return { kind: "think", isOn: false };
    case "/clear":
      return { kind: "clear" };
    case "/help":
    case "/?":
      return { kind: "help" };
    case "/exit":
    case "/quit":
      return { kind: "exit" };
    default:
      return { kind: "unknown", command, nearest: nearest(command, commandNames) };
  }
}
