/**
 * Where a message is written. Enter sends, Shift+Enter breaks the line, Escape stops; a file is
 * chosen, dropped or pasted.
 */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { AttachedFile } from "./attached-file.tsx";
import { ATTACHED, type Attachment } from "./attachment.ts";
import { Icon } from "./icons.tsx";
import { readAttachment } from "./read-attachment.ts";
import type { Settings } from "./settings.ts";

interface Props {
  readonly model: string;
  readonly isStreaming: boolean;
  readonly canThink: boolean;
  readonly takesFiles: boolean;
  readonly settings: Settings;
  readonly rate: string;
  readonly onSettings: (change: Partial<Settings>) => void;
  readonly onSend: (text: string, file?: Attachment) => void;
  readonly onStop: () => void;
  /** ArrowUp in the empty field. */
  readonly onEditLast: () => void;
}

export const FIELD = "message";

export function Composer(props: Props) {
  const { model, isStreaming, canThink, takesFiles, settings, rate } = props;
  const [text, setText] = useState("");
  const attached = useAttached(takesFiles);
  const { file } = attached;
  const isEmpty = text.trim() === "" && !file;
  const field = useRef<HTMLTextAreaElement>(null);
  // At once, not after the next frame: keys that are pressed in between would go elsewhere.
  useLayoutEffect(() => {
    // On a touch screen the focus would cover half of the page with a keyboard.
    if (!isStreaming && matchMedia("(hover: hover)").matches) field.current?.focus();
  }, [isStreaming]);
  const send = (): void => {
    if (isEmpty || isStreaming) return;
    props.onSend(text.trim(), file);
    setText("");
    attached.clear();
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
      onDragOver={(event) => takesFiles && event.preventDefault()}
      onDrop={(event) => attached.take(event, event.dataTransfer)}
      onPaste={(event) => attached.take(event, event.clipboardData)}
    >
      {file && <Attached {...file} onRemove={attached.clear} />}
      {attached.problem && (
        <p class="problem" role="alert">
          {attached.problem}
        </p>
      )}
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
        {takesFiles && <AttachButton onFile={attached.read} />}
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
          <button type="submit" class="primary round" aria-label="Send" disabled={isEmpty}>
            <Icon name="send" />
          </button>
        )}
      </div>
    </form>
  );
}

/** The file that goes with the next message. */
function useAttached(takesFiles: boolean) {
  const [file, setFile] = useState<Attachment>();
  const [problem, setProblem] = useState<string>();
  const clear = (): void => {
    setFile(undefined);
    setProblem(undefined);
  };
  const read = (given: File): void => {
    clear();
    readAttachment(given).then(setFile, (error: Error) => setProblem(error.message));
  };
  /** A file that was dropped or pasted; text goes its usual way. */
  const take = (event: Event, data: DataTransfer | null): void => {
    const [given] = data?.files ?? [];
    if (!given || !takesFiles) return;
    event.preventDefault();
    read(given);
  };
  return { file, problem, clear, read, take };
}

function Attached({ onRemove, ...file }: Attachment & { readonly onRemove: () => void }) {
  return (
    <div class="attachment">
      <AttachedFile {...file} />
      <span class="name">{file.name}</span>
      <button type="button" aria-label={`Remove ${file.name}`} onClick={onRemove}>
        <Icon name="close" />
      </button>
    </div>
  );
}

function AttachButton({ onFile }: { readonly onFile: (file: File) => void }) {
  const chooser = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class="toggle"
        aria-label="Attach a picture, a recording or a video"
        title="Attach a picture, a recording or a video"
        onClick={() => chooser.current?.click()}
      >
        <Icon name="attach" />
      </button>
      <input
        ref={chooser}
        type="file"
        hidden
        aria-label="File for the message"
        accept={ATTACHED}
        onChange={(event) => {
          const [chosen] = event.currentTarget.files ?? [];
          if (chosen) onFile(chosen);
          event.currentTarget.value = ""; // the same file can be chosen again
        }}
      />
    </>
  );
}
