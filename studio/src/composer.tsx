/** Where a message is written. Enter sends, Shift+Enter breaks the line, Escape stops. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icons.tsx";
import type { Settings } from "./settings.ts";

interface Props {
  readonly model: string;
  readonly isStreaming: boolean;
  readonly canThink: boolean;
  readonly settings: Settings;
  readonly rate: string;
  readonly onSettings: (change: Partial<Settings>) => void;
  readonly onSend: (text: string) => void;
  readonly onStop: () => void;
  /** ArrowUp in the empty field. */
  readonly onEditLast: () => void;
}

export const FIELD = "message";

export function Composer(props: Props) {
  const { model, isStreaming, canThink, settings, rate } = props;
  const [text, setText] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  // At once, not after the next frame: keys that are pressed in between would go elsewhere.
  useLayoutEffect(() => {
    // On a touch screen the focus would cover half of the page with a keyboard.
    if (!isStreaming && matchMedia("(hover: hover)").matches) field.current?.focus();
  }, [isStreaming]);
  const send = (): void => {
    if (text.trim() === "" || isStreaming) return;
    props.onSend(text.trim());
    setText("");
  };
  const toggle = (key: "thinking" | "probabilities", icon: "bulb" | "chart", label: string) => (
    <button
      type="button"
      class="toggle"
      aria-pressed={settings[key]}
      onClick={() => props.onSettings({ [key]: !settings[key] })}
    >
      <Icon name={icon} />
      {label}
    </button>
  );
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        id={FIELD}
        aria-label="Message"
        placeholder={model ? `Message ${model}` : "Message"}
        rows={1}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "ArrowUp" && text === "") {
            event.preventDefault();
            props.onEditLast();
          }
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            send();
          }
        }}
      />
      <div class="tools">
        {canThink && toggle("thinking", "bulb", "Think")}
        {toggle("probabilities", "chart", "Probabilities")}
        <output class="rate" aria-label="Throughput" aria-live="off">
          {rate}
        </output>
        {isStreaming ? (
          <button type="button" class="primary round" aria-label="Stop" onClick={props.onStop}>
            <Icon name="stop" />
          </button>
        ) : (
          <button
            type="submit"
            class="primary round"
            aria-label="Send"
            disabled={text.trim() === ""}
          >
            <Icon name="send" />
          </button>
        )}
      </div>
    </form>
  );
}
