/** What a slot is given: text is written, files are dropped or chosen. */

import { useState } from "preact/hooks";
import { Icon } from "../icons.tsx";
import { MediaFile } from "../media-file.tsx";
import type { Slot } from "./api.ts";
import { acceptOf, hints } from "./modalities.ts";
import { useFileUrl } from "./use-file-url.ts";

interface Props {
  readonly slot: Slot;
  readonly value: string | File | undefined;
  readonly onValue: (value: string | File | undefined) => void;
}

export function SlotInput(props: Props) {
  const { modality, name } = props.slot;
  const accept = acceptOf(modality);
  return (
    <div class="slot-input">
      <label for={`slot-${name}`}>
        <small class={`slot ${modality.toLowerCase()}`}>{modality}</small> {name}
      </label>
      {accept === undefined ? <TextInput {...props} /> : <FileInput {...props} accept={accept} />}
    </div>
  );
}

function TextInput({ slot: { modality, name }, value, onValue }: Props) {
  return (
    <textarea
      id={`slot-${name}`}
      rows={modality === "STRUCT" ? 4 : 1}
      placeholder={hints[modality]}
      value={typeof value === "string" ? value : ""}
      onInput={(event) => onValue(event.currentTarget.value)}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        const [file] = event.dataTransfer?.files ?? [];
        if (!file) return; // dragged text
        event.preventDefault();
        event.stopPropagation();
        void file.text().then(onValue);
      }}
    />
  );
}

function FileInput({ slot, value, onValue, accept }: Props & { readonly accept: string }) {
  const { modality, name } = slot;
  const [isOver, setOver] = useState(false);
  const file = typeof value === "string" ? undefined : value;
  return (
    <fieldset
      aria-label={`File for ${name}`}
      class={isOver ? "drop over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation();
        setOver(false);
        const [dropped] = event.dataTransfer?.files ?? [];
        if (dropped) onValue(dropped);
      }}
    >
      {file && <Preview modality={modality} file={file} />}
      <span class="choice">
        <input
          id={`slot-${name}`}
          type="file"
          accept={accept}
          // A file that was dropped is none of the field's: it can be chosen again.
          onChange={(event) => {
            const [chosen] = event.currentTarget.files ?? [];
            if (chosen) onValue(chosen);
            event.currentTarget.value = "";
          }}
        />
        <small>{file ? file.name : hints[modality]}</small>
        {file && (
          <button
            type="button"
            class="quiet"
            aria-label={`Remove ${file.name}`}
            onClick={() => onValue(undefined)}
          >
            <Icon name="close" />
          </button>
        )}
      </span>
    </fieldset>
  );
}

function Preview({ modality, file }: { readonly modality: string; readonly file: File }) {
  const url = useFileUrl(file);
  if (!url || modality === "MOTION") return null;
  const seen = file.type.startsWith("image/") ? "image" : "video";
  return <MediaFile kind={modality === "AUDIO" ? "audio" : seen} name={file.name} url={url} />;
}
