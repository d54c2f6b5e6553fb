/** Moving skeletons: files, rotations, features for networks, pictures. */

export {
  type FeaturesToMotionOptions,
  featuresToMotion,
  motionFeatureSize,
  motionToFeatures,
} from "./features.ts";
export { animateFigure, type FigureOptions, figureSkeleton } from "./figure.ts";
export { type FigureAction, figureActions } from "./figure-moves.ts";
export { jointPositions, type Positions } from "./kinematics.ts";
export { parseBvh } from "./parse-bvh.ts";
export { type RenderMotionOptions, renderMotion } from "./render.ts";
export { resampleMotion, subsampleMotion } from "./resample.ts";
export type { EulerOrder } from "./rotation.ts";
export { motionStatistics } from "./statistics.ts";
export { type WriteBvhOptions, writeBvh } from "./write-bvh.ts";
