/** Thinking blocks: `<think>...</think>` taken apart as the text comes, and cut to a budget. */

export const THINK_OPEN = "<think>";
export const THINK_CLOSE = "</think>";

export type ChatPart = { readonly type: "reasoning" | "content"; readonly text: string };

/**
 * How an answer begins. "open": the prompt opened the block (templates that end in `<think>\n`).
 * "closed": the prompt holds an empty block, all is content. "auto": the model opens it or not.
 */
export type ThinkingStart = "open" | "closed" | "auto";

/** What the end of a prompt says about the answer's thinking block. */
export function thinkingStart(prompt: string): ThinkingStart {
  const end = prompt.trimEnd();
  if (end.endsWith(THINK_OPEN)) return "open";
  return end.endsWith(THINK_CLOSE) ? "closed" : "auto";
}

export interface ThinkingParser {
  /** Parts in order; reasoning without the line ends next to its tags. */
  push(text: string): ChatPart[];
  /** What was held back because a tag could begin there. */
  flush(): ChatPart[];
  /** Inside the block now. */
  readonly isThinking: boolean;
}

type State = "start" | "reasoning" | "content";

/**
 * Parses in one pass; the tags may be special tokens or plain text cut anywhere. Only a `<think>`
 * at the very beginning opens a block, only its first `</think>` closes it; without one, all is
 * reasoning. The line ends that chat templates put around the tags are left out.
 */
export function createThinkingParser(start: ThinkingStart = "auto"): ThinkingParser {
  let state: State = start === "open" ? "reasoning" : start === "closed" ? "content" : "start";
  let held = "";
  /** At the beginning of a part: its leading line ends are dropped. */
  let isEdge = start !== "closed";

  const content = (text: string): ChatPart[] => {
    const shown = isEdge ? text.replace(/^\n+/, "") : text;
    if (shown === "") return [];
    isEdge = false;
    return [{ type: "content", text: shown }];
  };
  const reasoning = (text: string): ChatPart[] => {
    const shown = isEdge ? text.replace(/^\n+/, "") : text;
    if (shown === "") return [];
    isEdge = false;
    return [{ type: "reasoning", text: shown }];
  };

  return {
    get isThinking() {
      return state === "reasoning";
    },
    push(text) {
      if (state === "content") return content(text);
      held += text;
      if (state === "start") {
        const trimmed = held.trimStart();
        if (THINK_OPEN.startsWith(trimmed.slice(0, THINK_OPEN.length)) && trimmed.length < 7)
          return [];
        if (!trimmed.startsWith(THINK_OPEN)) {
          state = "content";
          isEdge = false;
          const all = held;
          held = "";
          return content(all);
        }
        state = "reasoning";
        isEdge = true;
        held = trimmed.slice(THINK_OPEN.length);
      }
      const close = held.indexOf(THINK_CLOSE);
      if (close >= 0) {
        const before = reasoning(held.slice(0, close).replace(/\n+$/, ""));
        const after = held.slice(close + THINK_CLOSE.length);
        state = "content";
        isEdge = true;
        held = "";
        return [...before, ...content(after)];
      }
      // Line ends before a possible tag belong to the tag if it is one.
      const tail = held.length - partialTag(held, THINK_CLOSE);
      let end = tail;
      while (end > 0 && held[end - 1] === "\n") end--;
      const shown = held.slice(0, end);
      held = held.slice(end);
      return reasoning(shown);
    },
    flush() {
      const rest = held;
      held = "";
      if (state === "start") {
        isEdge = false;
        return content(rest);
      }
      // An unclosed block ends in its text, as a closed one does.
      return state === "reasoning" ? reasoning(rest.replace(/\n+$/, "")) : [];
    },
  };
}

/** Length of the longest end of `text` that begins `tag`. */
function partialTag(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(tag.slice(0, length))) return length;
  }
  return 0;
}

/** An empty block, for a budget of 0: what templates write when thinking is off. */
export const EMPTY_BLOCK_END = "\n\n</think>\n\n";
