/** Traces a plan's groups into the segments that a body reads. */

import { input } from "../../graph/ops/leaf.ts";
import { dim } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import {
  audioAdaptor,
  audioWidth,
  imageAdaptor,
  videoAdaptor,
} from "../../models/adaptors/index.ts";
import { ofaImage, ofaVideo } from "../../models/ofa/index.ts";
import type { Embedded, SequenceBody } from "../../models/sequence-body.ts";
import type { Scope } from "../../nn/scope.ts";
import type { TaskModelConfig } from "./config.ts";

/** Kinds of source groups, in order: what decides which program a sample runs through. */
export type GroupKinds = readonly ("text" | "image" | "video" | "audio")[];

/** Names of a group's inputs: see `sourceInputs`. */
export const groupInput = (index: number, what: string): string => `source.${index}.${what}`;

export interface SourceInputs {
  /** Inputs of the program, by group: `ids` and `valid`, `pixels`, or `features` and `valid`. */
  readonly inputs: readonly Tensor[];
  /** Embeds them. */
  readonly embed: (p: Scope) => Embedded[];
}

/**
 * Inputs of a source sentence.
 *
 * @param isPadded samples of a batch may differ in length: with inputs `valid`
 */
export function sourceInputs(
  c: TaskModelConfig,
  body: SequenceBody,
  kinds: GroupKinds,
  isPadded: boolean,
): SourceInputs {
  const batch = dim("batch");
  const inputs: Tensor[] = [];
  const embeds: ((p: Scope) => Embedded)[] = [];
  const add = (tensor: Tensor): Tensor => {
    inputs.push(tensor);
    return tensor;
  };
  kinds.forEach((kind, i) => {
    const length = dim(`length${i}`);
    const valid = (): Tensor | undefined =>
      isPadded ? add(input(groupInput(i, "valid"), "bool", [batch, length])) : undefined;
    if (kind === "text") {
      const ids = add(input(groupInput(i, "ids"), "i64", [batch, length]));
      const counts = valid();
      embeds.push((p) => ({
        modality: "text",
        embed: body.embedTokens(p, ids, "source"),
        valid: counts,
        layout: { kind: "line" },
      }));
    } else if (kind === "image") {
      const { size } = expected(c.image, "image");
      const pixels = add(input(groupInput(i, "pixels"), "f32", [batch, 3, size, size]));
      embeds.push((p) => embedImage(p, c, pixels, body.width));
    } else if (kind === "video") {
      const { frames, size } = expected(c.video, "video");
      const shape = [batch, frames, 3, size, size];
      const pixels = add(input(groupInput(i, "pixels"), "f32", shape));
      embeds.push((p) => embedVideo(p, c, pixels, body.width));
    } else {
      const shape = [batch, length, audioWidth(expected(c.audio, "audio"))];
      const features = add(input(groupInput(i, "features"), "f32", shape));
      const counts = valid();
      embeds.push((p) =>
        audioAdaptor(p.in("adaptors", "audio"), c.audio!, features, counts, body.width),
      );
    }
  });
  return { inputs, embed: (p) => embeds.map((embed) => embed(p)) };
}

function embedImage(p: Scope, c: TaskModelConfig, pixels: Tensor, width: number): Embedded {
  if (c.body.kind === "ofa") return ofaImage(p, c.body.config, pixels);
  return imageAdaptor(p.in("adaptors", "image"), c.image!, pixels, width);
}

function embedVideo(p: Scope, c: TaskModelConfig, pixels: Tensor, width: number): Embedded {
  if (c.body.kind === "ofa") return ofaVideo(p, c.body.config, pixels);
  return videoAdaptor(p.in("adaptors", "video"), c.video!, pixels, width);
}

/** @throws Error where the model has no such adaptor */
function expected<T>(adaptor: T | undefined, what: string): T {
  if (adaptor !== undefined) return adaptor;
  throw new Error(`task: the model has no ${what} adaptor (config "${what}")`);
}
