/** How slots of a modality are filled in. No DOM here. */

/** Kinds of files that a slot takes, as file choosers know them; undefined: text is written. */
const accepted: Readonly<Record<string, string>> = {
  IMAGE: "image/*",
  AUDIO: "audio/*,.wav,.mp3,.flac,.ogg,.opus,.m4a",
  VIDEO: "video/*,image/gif,image/webp",
  MOTION: ".bvh",
};

export const acceptOf = (modality: string): string | undefined =>
  Object.hasOwn(accepted, modality) ? accepted[modality] : undefined;

export const hints: Readonly<Record<string, string>> = {
  IMAGE: "Drop an image, or choose one",
  AUDIO: "Drop a recording, or choose one",
  VIDEO: "Drop a video or GIF, or choose one",
  MOTION: "Drop a BVH file, or choose one",
  TEXT: "Text",
  BOX: "left, top, right, bottom in pixels",
  STRUCT: "Text, or a table as JSON",
  PHONE: "Phones",
};

/** Whether a dropped file is one for a slot: a GIF is an image, and a video. */
export function fits(modality: string, { type, name }: { type: string; name: string }): boolean {
  if (modality === "MOTION") return /\.bvh$/i.test(name);
  if (modality === "VIDEO") return /^video\/|^image\/(gif|webp)$/.test(type);
  if (modality === "AUDIO") return type.startsWith("audio/") || /\.(flac|opus)$/i.test(name);
  return modality === "IMAGE" && type.startsWith("image/");
}
