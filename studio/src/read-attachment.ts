/** Files that were chosen, dropped or pasted. */

import { type Attachment, attachedKind } from "./attachment.ts";

/** @throws Error where the file is of no kind that a message takes, or cannot be read */
export async function readAttachment(file: File): Promise<Attachment> {
  const kind = attachedKind(file);
  if (!kind) throw new Error(`${file.name}: a message takes a picture, a recording or a video`);
  const url = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string); // readAsDataURL gives text
    reader.onerror = () => reject(new Error(`${file.name}: cannot be read`));
    reader.readAsDataURL(file);
  });
  return { kind, name: file.name, url };
}
