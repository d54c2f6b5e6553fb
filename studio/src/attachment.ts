/** A file beside a message. No DOM here. */

import { fits } from "./tasks/modalities.ts";

export interface Attachment {
  readonly kind: "image" | "audio" | "video";
  readonly name: string;
  /** A data: URL. */
  readonly url: string;
}

/** What file choosers offer. */
export const ATTACHED = "image/*,audio/*,video/*,.flac,.opus";

/** What a file is sent as, by what the browser takes it for: a GIF moves. */
export function attachedKind(file: { type: string; name: string }): Attachment["kind"] | undefined {
  if (file.type !== "image/webp" && fits("VIDEO", file)) return "video";
  if (fits("IMAGE", file)) return "image";
  return fits("AUDIO", file) ? "audio" : undefined;
}

/** The part of a message that the chat endpoint takes. */
export function attachmentPart({ kind, name, url }: Attachment): object {
  if (kind === "image") return { type: "image_url", image_url: { url } };
  if (kind === "video") return { type: "video_url", video_url: { url } };
  const format = /\.(\w{1,10})$/.exec(name)?.[1] ?? "wav";
  return {
    type: "input_audio",
    input_audio: { data: url.slice(url.indexOf(",") + 1), format },
  };
}
