/** OFA's encoder-decoder as the network of a task. */

import { mul } from "../../graph/ops/elementwise.ts";
import { full } from "../../graph/ops/leaf.ts";
import { broadcastTo, expandDims, reshape } from "../../graph/ops/reshape.ts";
import type { Dim } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { embedding, linear, tiedHead } from "../../nn/linear.ts";
import { normal, type Scope } from "../../nn/scope.ts";
import type { BodyState, Embedded, SequenceBody, StatePort } from "../sequence-body.ts";
import type { OfaConfig } from "./config.ts";
import { decodeAll, decodeNext } from "./decoder.ts";
import { encode } from "./encoder.ts";
import { headsFirst, project, sourceState } from "./layer.ts";

/**
 * OFA's network (Wang et al., 2022; OFASys, 2022): an encoder of the source's segments and a decoder
 * that sees it. Parameters have the names of the Hugging Face port, so a scope over a published
 * checkpoint fits.
 *
 * A source segment of `modality` "text" or "image" has the positions, norm and type of the
 * checkpoint; any other has its own under `encoder.adaptor.MODALITY`. Layout "line" counts places,
 * "grid" has rows and columns, "frames" has both. A target of layout "grid" is image codes behind
 * their start symbol; others are lines.
 *
 * @example
 * const config = readOfaConfig("config.json", ofaSizes.tiny);
 * const body = ofaBody(config);
 * const embed = body.embedTokens(p, ids, "source"); // [batch, length, 256]
 * const source = { modality: "text", embed, layout: { kind: "line" } } as const;
 */
export function ofaBody(c: OfaConfig): SequenceBody {
  const tokens = normal(c.width ** -0.5);
  const table = (p: Scope): Scope => p.in("encoder", "embed_tokens");
  const forwardBoth: SequenceBody["forwardBoth"] = (p, segments, target, options) => {
    const source = encode(p, c, segments);
    return {
      source: source.states,
      target: decodeAll(p, c, source, target, options?.full ?? false),
    };
  };
  return {
    width: c.width,
    vocabSize: c.vocabSize,
    embedTokens(p, ids) {
      const embed = embedding(table(p), ids, c.vocabSize, c.width, tokens);
      return c.scaleEmbedding ? mul(embed, Math.sqrt(c.width)) : embed;
    },
    head: (p, hidden) =>
      c.tiedHead
        ? tiedHead(table(p), hidden, c.vocabSize, tokens)
        : linear(p.in("decoder", "output_projection"), hidden, c.vocabSize, { init: tokens }),
    forward: (...of) => forwardBoth(...of).target,
    forwardBoth,
    statePorts: (sourceLength, capacity) => statePorts(c, sourceLength, capacity),
    begin: (p, source, capacity) => begin(p, c, source, capacity),
    step: (p, target, state, past, options) =>
      decodeNext(p, c, target, state, past, options?.full ?? false),
  };
}

function statePorts(c: OfaConfig, sourceLength: Dim, capacity: Dim): StatePort[] {
  const heads = c.decoderHeads;
  const width = c.width / heads;
  const written = (name: string): StatePort => ({
    name,
    dtype: "f32",
    shape: [heads, capacity, width],
    isWritten: true,
  });
  const kept = (name: string, shape: readonly Dim[]): StatePort => ({
    name,
    dtype: "f32",
    shape,
    isWritten: false,
  });
  const ofSource = [heads, sourceLength, width];
  const layers = Array.from({ length: c.decoderLayers }, (_, i) => [
    written(`key.${i}`),
    written(`value.${i}`),
    kept(`cross_key.${i}`, ofSource),
    kept(`cross_value.${i}`, ofSource),
  ]);
  return [
    written("position_key"),
    kept("cross_position_key", ofSource),
    kept("source_mask", [sourceLength]),
    ...layers.flat(),
  ];
}

function begin(
  root: Scope,
  c: OfaConfig,
  segments: readonly Embedded[],
  capacity: number,
): BodyState {
  const source = encode(root, c, segments);
  const p = root.in("decoder");
  const heads = c.decoderHeads;
  const [batch, length] = source.states.shape;
  const width = c.width / heads;
  const empty = full([batch, heads, capacity, width], 0);
  const positions = headsFirst(project(p.in("cross_pos_k_linear"), c, source.positions), heads);
  const state: Record<string, Tensor> = {
    position_key: empty,
    // The same for all sequences, but a port has their axis.
    cross_position_key: broadcastTo(expandDims(positions, 0), [batch, heads, length, width]),
    source_mask: source.mask ? reshape(source.mask, [batch, length]) : full([batch, length], 0),
  };
  for (let i = 0; i < c.decoderLayers; i++) {
    const { key, value } = sourceState(p.in("layers", i), c, source.states);
    Object.assign(state, {
      [`key.${i}`]: empty,
      [`value.${i}`]: empty,
      [`cross_key.${i}`]: key,
      [`cross_value.${i}`]: value,
    });
  }
  return state;
}
