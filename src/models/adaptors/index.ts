/** How images, video, sound and motion enter a task's network, and leave it. */

export {
  type MotionTarget,
  motionInput,
  motionOutput,
  NOISE_FEATURES,
  noiseFeatures,
} from "./motion.ts";
export { type ImageAdaptor, imageAdaptor, type VideoAdaptor, videoAdaptor } from "./picture.ts";
export {
  type AudioAdaptor,
  audioAdaptor,
  audioWidth,
  type SpeechTarget,
  speechInput,
  speechOutput,
} from "./sound.ts";
