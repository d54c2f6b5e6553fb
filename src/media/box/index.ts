/** Boxes: bins, overlap, and what a resize does to them. */

export { boxOverlap as iou } from "../../metrics/box-overlap.ts";
export { type BinOptions, binsToBox, boxToBins } from "./bins.ts";
export {
  clipBox,
  fitWithin,
  type ResizePlan,
  scaleBox,
} from "./geometry.ts";
