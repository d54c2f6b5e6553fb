/** OFA and OFASys: one encoder-decoder for all modalities. */

export { ofaBody } from "./body.ts";
export {
  codeLayout,
  type OfaConfig,
  type OfaStem,
  ofaConfigJson,
  ofaSizes,
  readOfaConfig,
} from "./config.ts";
export { imageStride, ofaImage, ofaVideo } from "./image.ts";
export { loadOfa, type OfaModel } from "./load.ts";
export { isRunningStatistic } from "./resnet.ts";
