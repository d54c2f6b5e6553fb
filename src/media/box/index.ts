/** Boxes: bins, overlap, and what a resize does to them. */

export { type BinOptions, binsToBox, boxToBins } from "./bins.ts";
export {
  boxArea,
  clipBox,
  fitWithin,
  iou,
  type ResizePlan,
  scaleBox,
} from "./geometry.ts";
