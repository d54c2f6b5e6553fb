/** Copies the task as a command. */

import { useState } from "preact/hooks";
import { Icon } from "../icons.tsx";
import type { TaskRequest } from "./api.ts";
import { curlCommand } from "./commands.ts";

/** Milliseconds for which the button says that it has copied. */
const SHOWN = 1500;

export function CopyButton({ request }: { readonly request: TaskRequest }) {
  const [isCopied, setCopied] = useState(false);
  const command = curlCommand(location.origin, request);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(command);
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN);
  };
  return (
    <button type="button" class="quiet copy" title={command} onClick={() => void copy()}>
      <Icon name="copy" />
      {isCopied ? "Copied" : "Copy as curl"}
    </button>
  );
}
