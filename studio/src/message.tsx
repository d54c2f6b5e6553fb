/** One turn: markdown, folded thinking, tool calls, token probabilities, its alternatives. */

import { useState } from "preact/hooks";
import type { TokenInfo, ToolCall, Turn } from "./conversation.ts";
import { renderMarkdown } from "./markdown.ts";

interface Props {
  readonly turn: Turn;
  readonly siblings: readonly Turn[];
  readonly isStreaming: boolean;
  readonly onChoose: (turn: Turn) => void;
  readonly onRegenerate: () => void;
  readonly onEdit: (text: string) => void;
}

export function Message({ turn, siblings, isStreaming, onChoose, onRegenerate, onEdit }: Props) {
  const [draft, setDraft] = useState<string | undefined>();
  const isUser = turn.role === "user";
  if (draft !== undefined) {
    const send = () => {
      setDraft(undefined);
      onEdit(draft);
    };
    return (
      <article class="turn user">
        <textarea
          aria-label="Edit message"
          rows={3}
          value={draft}
          onInput={(event) => setDraft(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") setDraft(undefined);
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
              event.preventDefault();
              send();
            }
          }}
        />
        <footer>
          <button type="button" onClick={send}>
            Send
          </button>
          <button type="button" onClick={() => setDraft(undefined)}>
            Cancel
          </button>
        </footer>
      </article>
    );
  }
  return (
    <article class={`turn ${turn.role}`} aria-busy={isStreaming}>
      {turn.reasoning !== "" && (
        <details class="thinking" open={isStreaming && turn.content === ""}>
          <summary>{isStreaming && turn.content === "" ? "Thinking…" : "Thought"}</summary>
          <pre>{turn.reasoning}</pre>
        </details>
      )}
      {turn.tokens.length > 0 ? (
        <Tokens tokens={turn.tokens} />
      ) : isUser ? (
        <p class="plain">{turn.content}</p>
      ) : (
        <Content text={turn.content} />
      )}
      {turn.toolCalls.map((call) => (
        <ToolCallView key={call.id} call={call} />
      ))}
      {turn.problem && (
        <p class="problem" role="alert">
          {turn.problem}
        </p>
      )}
      {!isStreaming && (
        <footer>
          {siblings.length > 1 && <Branches turn={turn} siblings={siblings} onChoose={onChoose} />}
          {isUser ? (
            <button type="button" onClick={() => setDraft(turn.content)}>
              Edit
            </button>
          ) : (
            <button type="button" onClick={onRegenerate}>
              Regenerate
            </button>
          )}
          <button type="button" onClick={() => navigator.clipboard?.writeText(turn.content)}>
            Copy
          </button>
          {turn.stats && <small>{turn.stats}</small>}
        </footer>
      )}
    </article>
  );
}

/** JSON answers are shown as such, all else as markdown. */
function Content({ text }: { readonly text: string }) {
  const json = prettyJson(text);
  if (json !== undefined) return <pre class="json">{json}</pre>;
  return <div class="markdown" dangerouslySetInnerHTML={{ __html: renderMarkdown(text) }} />;
}

export function prettyJson(text: string): string | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return undefined;
  }
}

function ToolCallView({ call }: { readonly call: ToolCall }) {
  return (
    <div class="tool">
      <b>{call.name}</b>
      <pre>{prettyJson(call.arguments) ?? call.arguments}</pre>
    </div>
  );
}

function Branches({ turn, siblings, onChoose }: Pick<Props, "turn" | "siblings" | "onChoose">) {
  const at = siblings.findIndex((s) => s.id === turn.id);
  const step = (by: number, label: string, sign: string) => (
    <button
      type="button"
      aria-label={label}
      disabled={!siblings[at + by]}
      onClick={() => onChoose(siblings[at + by]!)}
    >
      {sign}
    </button>
  );
  return (
    <span class="branches">
      {step(-1, "Previous version", "‹")}
      {at + 1}/{siblings.length}
      {step(1, "Next version", "›")}
    </span>
  );
}

const percent = (logprob: number): string => `${(100 * Math.exp(logprob)).toFixed(1)} %`;

/** Each token shaded by how unlikely it was; what else could have come stands in its tip. */
function Tokens({ tokens }: { readonly tokens: readonly TokenInfo[] }) {
  return (
    <p class="tokens">
      {tokens.map((token, i) => (
        <span
          key={i}
          style={{ "--doubt": String(1 - Math.exp(token.logprob)) }}
          title={[
            `${JSON.stringify(token.text)} ${percent(token.logprob)}`,
            ...token.top.map((t) => `  ${JSON.stringify(t.text)} ${percent(t.logprob)}`),
          ].join("\n")}
        >
          {token.text}
        </span>
      ))}
    </p>
  );
}
