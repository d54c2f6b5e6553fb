/** Figures as pictures, for models that see. */

import { svgToPng } from "../../media/index.ts";
import { evalImage } from "../image.ts";
import type { EvalItem } from "../types.ts";

const MARK = "<figure>";

/** Stands before a question whose figure is shown. */
export const pictureOpening = `Figure:\n${MARK}\n`;

/** Items with their figure as a PNG; one whose program draws none cannot be asked. */
export async function* withPictures(items: readonly EvalItem[]): AsyncGenerator<EvalItem> {
  for (const item of items) {
    const { svg } = item.doc;
    if (typeof svg === "string") {
      yield { ...item, images: { [MARK]: evalImage("figure", await svgToPng(svg)) } };
    } else yield { problem: "its program draws no figure to show", ...item };
  }
}
