/** One turn: markdown, folded thinking, tool calls, token probabilities, its alternatives. */

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { AttachedFile } from "./attached-file.tsx";
import type { Turn } from "./conversation.ts";
import { formatShortTime } from "./format.ts";
import { Icon } from "./icons.tsx";
import { prettyJson, startsAsJson } from "./json.ts";
import { renderMarkdown } from "./markdown.ts";
import { Tokens } from "./tokens.tsx";
import { Json, ToolCallView, ToolResults } from "./tool-calls.tsx";

interface Props {
  readonly turn: Turn;
  readonly siblings: readonly Turn[];
  readonly isStreaming: boolean;
  /** The last one: its calls wait for results. */
  readonly isLast: boolean;
  readonly isEditing: boolean;
  readonly onChoose: (turn: Turn) => void;
  readonly onRegenerate: () => void;
  readonly onEditing: (isEditing: boolean) => void;
  readonly onEdit: (text: string) => void;
  readonly onResults: (results: readonly string[]) => void;
}

export function Message(props: Props) {
  const { turn, isStreaming, isLast, onResults } = props;
  const [asText, setAsText] = useState(false);
  if (props.isEditing) return <Editor {...props} />;
  const isThinking = isStreaming && turn.content === "" && turn.toolCalls.length === 0;
  const hasTokens = turn.tokens.length > 0;
  return (
    <article class={`turn ${turn.role}`} aria-busy={isStreaming} aria-label={labels[turn.role]}>
      {turn.reasoning !== "" && (
        <details class="thinking" open={isThinking}>
          <summary>{thinkingLabel(turn, isThinking)}</summary>
          <div>{turn.reasoning}</div>
        </details>
      )}
      {isThinking && turn.reasoning === "" && (
        <p class="waiting">
          <span class="dots" />
          <span class="unseen">Waiting for the first token</span>
        </p>
      )}
      {turn.role === "user" ? (
        <>
          {turn.file && <AttachedFile {...turn.file} />}
          {turn.content !== "" && <p class="plain">{turn.content}</p>}
        </>
      ) : turn.role === "tool" ? (
        <Json text={prettyJson(turn.content) ?? turn.content} />
      ) : hasTokens && !asText ? (
        <Tokens tokens={turn.tokens} />
      ) : (
        <Content text={turn.content} isStreaming={isStreaming} />
      )}
      {turn.toolCalls.map((call) => (
        <ToolCallView key={call.id} call={call} />
      ))}
      {turn.problem && (
        <p class="problem" role="alert">
          {turn.problem}
        </p>
      )}
      {!isStreaming && <Actions {...props} view={hasTokens ? [asText, setAsText] : undefined} />}
      {isLast && !isStreaming && turn.toolCalls.length > 0 && (
        <ToolResults calls={turn.toolCalls} onSend={onResults} />
      )}
    </article>
  );
}

const labels = { user: "You", assistant: "Answer", tool: "Result of a tool" } as const;

function thinkingLabel({ thinkingSeconds }: Turn, isThinking: boolean): string {
  if (isThinking) return "Thinking…";
  return thinkingSeconds === undefined
    ? "Thought"
    : `Thought for ${formatShortTime(thinkingSeconds)}`;
}

/** JSON answers are shown as such, all else as markdown. */
function Content({ text, isStreaming }: { readonly text: string; readonly isStreaming: boolean }) {
  const json = prettyJson(text) ?? (isStreaming && startsAsJson(text) ? text : undefined);
  const isMarkdown = json === undefined;
  const html = useMemo(() => (isMarkdown ? renderMarkdown(text) : ""), [text, isMarkdown]);
  if (!isMarkdown) return <Json text={json} />;
  return <div class="markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}

function Editor({ turn, onEdit, onEditing }: Props) {
  const [draft, setDraft] = useState(turn.content);
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  const isEmpty = draft.trim() === "" && turn.file === undefined;
  const send = (): void => {
    if (isEmpty) return;
    onEditing(false);
    onEdit(draft.trim());
  };
  return (
    <article class="turn editor" aria-label="You">
      {turn.file && <AttachedFile {...turn.file} />}
      <textarea
        ref={field}
        aria-label="Edit message"
        rows={3}
        value={draft}
        onInput={(event) => setDraft(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onEditing(false);
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            send();
          }
        }}
      />
      <footer>
        <button type="button" class="primary" disabled={isEmpty} onClick={send}>
          Send
        </button>
        <button type="button" onClick={() => onEditing(false)}>
          Cancel
        </button>
      </footer>
    </article>
  );
}

interface ActionsProps extends Props {
  /** Whether tokens are shown as text, and what switches it. */
  readonly view: readonly [boolean, (asText: boolean) => void] | undefined;
}

function Actions({ turn, siblings, view, onChoose, onRegenerate, onEditing }: ActionsProps) {
  return (
    <footer>
      {siblings.length > 1 && <Branches turn={turn} siblings={siblings} onChoose={onChoose} />}
      {turn.role === "user" && (
        <button type="button" onClick={() => onEditing(true)}>
          <Icon name="edit" />
          Edit
        </button>
      )}
      {turn.role === "assistant" && (
        <button type="button" onClick={onRegenerate}>
          <Icon name="again" />
          Regenerate
        </button>
      )}
      <CopyButton text={turn.content} />
      {view && (
        <button type="button" aria-pressed={!view[0]} onClick={() => view[1](!view[0])}>
          <Icon name="chart" />
          Probabilities
        </button>
      )}
      {turn.stats && <small>{turn.stats}</small>}
    </footer>
  );
}

function CopyButton({ text }: { readonly text: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard?.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button type="button" onClick={() => void copy()}>
      <Icon name="copy" />
      {isCopied ? "Copied" : "Copy"}
    </button>
  );
}

function Branches({ turn, siblings, onChoose }: Pick<Props, "turn" | "siblings" | "onChoose">) {
  const at = siblings.findIndex((s) => s.id === turn.id);
  const step = (by: number, label: string, icon: "left" | "right") => (
    <button
      type="button"
      aria-label={label}
      disabled={!siblings[at + by]}
      onClick={() => onChoose(siblings[at + by]!)}
    >
      <Icon name={icon} />
    </button>
  );
  return (
    <span class="branches">
      {step(-1, "Previous version", "left")}
      {at + 1}/{siblings.length}
      {step(1, "Next version", "right")}
    </span>
  );
}
