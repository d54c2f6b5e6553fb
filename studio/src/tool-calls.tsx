/** Calls that a model made, and the form that answers them. */

import { useState } from "preact/hooks";
import type { ToolCall } from "./conversation.ts";
import { Icon } from "./icons.tsx";
import { jsonParts, prettyJson } from "./json.ts";

export function Json({ text }: { readonly text: string }) {
  return (
    <pre class="json">
      <code>
        {jsonParts(text).map(({ kind, text: part }, i) =>
          kind === "rest" ? (
            part
          ) : (
            <span key={i} class={kind}>
              {part}
            </span>
          ),
        )}
      </code>
    </pre>
  );
}

export function ToolCallView({ call }: { readonly call: ToolCall }) {
  return (
    <section class="tool" aria-label={`Call of ${call.name}`}>
      <h3>
        <Icon name="tool" />
        {call.name}
      </h3>
      <Json text={prettyJson(call.arguments) ?? call.arguments} />
    </section>
  );
}

interface ResultsProps {
  readonly calls: readonly ToolCall[];
  /** One text a call. */
  readonly onSend: (results: readonly string[]) => void;
}

/** Nothing runs in this page: the user says what a call gave. */
export function ToolResults({ calls, onSend }: ResultsProps) {
  const [results, setResults] = useState(() => calls.map(() => ""));
  return (
    <form
      class="results"
      onSubmit={(event) => {
        event.preventDefault();
        onSend(results);
      }}
    >
      {calls.map((call, i) => (
        <label key={call.id}>
          Result of {call.name}
          <textarea
            rows={1}
            value={results[i]}
            placeholder='{"result": …}'
            onInput={({ currentTarget }) =>
              setResults(results.map((old, at) => (at === i ? currentTarget.value : old)))
            }
          />
        </label>
      ))}
      <button type="submit" class="primary">
        Send {calls.length === 1 ? "result" : "results"}
      </button>
    </form>
  );
}
