/** What a task model is made of: a body, and how each modality enters and leaves it. */

import type {
  AudioAdaptor,
  ImageAdaptor,
  MotionTarget,
  SpeechTarget,
  VideoAdaptor,
} from "../../models/adaptors/index.ts";
import type { DecoderConfig } from "../../models/decoder.ts";
import { decoderBody } from "../../models/decoder-body.ts";
import type { ImageCodes } from "../../models/image-codes.ts";
import { type OfaConfig, ofaBody } from "../../models/ofa/index.ts";
import type { Layout, SequenceBody } from "../../models/sequence-body.ts";
import type { TaskJson } from "./task-json.ts";

/** The network in the middle. Tasks do not know which it is. */
export type BodyConfig =
  | { readonly kind: "decoder"; readonly config: DecoderConfig }
  /** Images and videos enter by its own stem; of `image` and `video`, the sizes count. */
  | { readonly kind: "ofa"; readonly config: OfaConfig };

/** Left-out modalities are refused by name where an instruction asks for them. */
export interface TaskModelConfig {
  readonly body: BodyConfig;
  /**
   * Source positions of a decoder see the whole source (M6), not only what stands before them
   * (default). OFA's encoder always does.
   */
  readonly fullSource?: boolean;
  /** Steps in which a box's coordinates are told, as tokens `<bin_0>`, …; 0: no boxes. */
  readonly bins: number;
  readonly image?: ImageAdaptor;
  readonly video?: VideoAdaptor;
  readonly audio?: AudioAdaptor;
  /** Images as tokens `<code_0>`, …, to draw them. */
  readonly codes?: ImageCodes;
  readonly speech?: SpeechTarget;
  readonly motion?: MotionTarget;
}

export function bodyOf({ body, fullSource }: TaskModelConfig): SequenceBody {
  return body.kind === "ofa" ? ofaBody(body.config) : decoderBody(body.config, { fullSource });
}

/** Where the network of image codes lies among a model's weights. */
export const CODES = ["adaptors", "codes"] as const;

/** How the codes of an image lie as a target. */
export function codeLayout({ codes }: TaskModelConfig): Layout {
  if (!codes) throw new Error('task: the model draws no images (config "codes")');
  const side = codes.size / codes.patch;
  return { kind: "grid", rows: side, columns: side };
}

/** What `task.json` says of a model; its body is in config.json. */
export const taskJson = ({ body, ...rest }: TaskModelConfig): TaskJson => ({
  ...(structuredClone(rest) as Omit<TaskJson, "body">), // readonly lists become plain ones
  body: body.kind,
});
