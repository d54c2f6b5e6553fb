/** A file beside a message. A GIF goes as a video, and browsers show it as an image. */

import type { Attachment } from "./attachment.ts";
import { MediaFile } from "./media-file.tsx";

export const AttachedFile = ({ kind, name, url }: Attachment) => (
  <MediaFile
    class="attached"
    kind={url.startsWith("data:image/") ? "image" : kind}
    name={name}
    url={url}
  />
);
