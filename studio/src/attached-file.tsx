/** An attached file, as it looks or sounds. */

import type { Attachment } from "./attachment.ts";

export function AttachedFile({ kind, name, url }: Attachment) {
  if (kind === "image" || url.startsWith("data:image/")) {
    return <img class="attached" src={url} alt={name} />;
  }
  if (kind === "audio") {
    // biome-ignore lint/a11y/useMediaCaption: the user's own file
    return <audio class="attached" controls src={url} aria-label={name} />;
  }
  return <video class="attached" controls muted src={url} aria-label={name} />;
}
