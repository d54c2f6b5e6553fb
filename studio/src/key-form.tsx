/** Asks for the key of a server that wants one. */

import { useEffect, useRef, useState } from "preact/hooks";

export function KeyForm({ onKey }: { readonly onKey: (key: string) => void }) {
  const [key, setKey] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <form
      class="key"
      onSubmit={(event) => {
        event.preventDefault();
        onKey(key.trim());
      }}
    >
      <h1>This server asks for a key</h1>
      <label>
        API key
        <input
          ref={field}
          type="password"
          autocomplete="off"
          value={key}
          onInput={(event) => setKey(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="primary" disabled={key.trim() === ""}>
        Continue
      </button>
      <small class="note">It is kept until this tab is closed.</small>
    </form>
  );
}
