/** A model as ONNX files that run elsewhere: the step program, or the layout of transformers.js. */

import { basename, join } from "node:path";
import { writeFileAtomically } from "../checkpoint/atomic.ts";
import { lower } from "../graph/onnx/lowering.ts";
import {
  lengthOf,
  type ModelPiece,
  placeWeights,
  type WeightPlace,
} from "../graph/onnx/place-weights.ts";
import { cast, equal, where } from "../graph/ops/elementwise.ts";
import { pad, slice } from "../graph/ops/join.ts";
import { dimSize, input, scalar } from "../graph/ops/leaf.ts";
import { broadcastTo, expandDims } from "../graph/ops/reshape.ts";
import type { Port, Program, WeightSource } from "../graph/program.ts";
import { dim, dimAdd } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type DecoderConfig, decoder, type LayerState, lmHead } from "./decoder.ts";
import { decoderParameters } from "./decoder-parameters.ts";
import type { Model } from "./load.ts";
import { stepProgram } from "./programs.ts";
import { isRecurrent } from "./state.ts";

/** Protobuf cannot hold 2 GiB, and no browser loads a longer piece. */
const MAX_FILE_BYTES = 2_000_000_000;
/** Engines map external data; a multiple of the page size suits every one of them. */
const ALIGNMENT = 4096;

export interface ExportOnnxOptions {
  /**
   * Where weights go: into the model file ("inline"), or beside it ("external": `NAME_data`,
   * `NAME_data_1`, …). Default: inline while the whole stays under 2 GB.
   */
  readonly weights?: "inline" | "external";
}

export interface ExportTextGenerationOptions extends ExportOnnxOptions {
  /**
   * Tokens whose logits come out: all (default), or the last one, [batch, 1, vocab], which
   * generating needs and which saves a long prompt most of its memory.
   */
  readonly logits?: "all" | "last";
}

export interface OnnxExport {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Files with weights beside the model, in the order of their numbers. */
  readonly dataFiles: readonly string[];
}

/**
 * Writes the program that makes one step (or reads a prompt) behind a cache. Inputs `tokens` i64
 * [batch, seq], `past` i32 [batch] and the state arrays `key.0`, `value.0`, … f32 [batch, kvHeads,
 * capacity, headDim], of which the first `past` rows count; outputs `logits` f32 [batch, vocab] of
 * the last token and `present_key.0`, … to be fed back.
 *
 * @param file the .onnx file to write
 * @throws Error of one sentence; nothing half-written is left
 * @example
 * using model = await loadModel("models/onefold-mini");
 * const { inputs } = await exportOnnx(model, "mini.onnx");
 */
export function exportOnnx(
  model: Pick<Model, "config" | "weights">,
  file: string,
  options: ExportOnnxOptions = {},
): Promise<OnnxExport> {
  return writeProgram(stepProgram(model.config), model.weights, file, options);
}

/**
 * As {@link exportOnnx}, with the inputs and outputs that transformers.js and optimum use for
 * text generation: `input_ids`, `attention_mask`, `position_ids`, `past_key_values.N.key` and
 * `.value` [batch, kvHeads, past, headDim]; `logits` [batch, seq, vocab], `present.N.key`, ….
 */
export function exportTextGeneration(
  model: Pick<Model, "config" | "weights">,
  file: string,
  { logits = "all", ...options }: ExportTextGenerationOptions = {},
): Promise<OnnxExport> {
  const program = textGenerationProgram(model.config, logits === "last");
  return writeProgram(program, model.weights, file, options);
}

function textGenerationProgram(c: DecoderConfig, lastOnly: boolean): Program {
  if (isRecurrent(c) || c.rope.type === "dynamic") {
    const what = isRecurrent(c) ? "layers with a recurrent state" : "dynamic rotary angles";
    throw new Error(
      `transformers.js export: ${what} (${c.modelType}) have no input there; use --format onnx`,
    );
  }
  const { root } = decoderParameters(c);
  const [batch, seq] = [dim("batch_size"), dim("sequence_length")];
  const past = dim("past_sequence_length");
  const total = dimAdd(past, seq);
  const tokens = input("input_ids", "i64", [batch, seq]);
  const mask = input("attention_mask", "i64", [batch, total]);
  const positions = input("position_ids", "i64", [batch, seq]);
  const held = Array.from({ length: c.layers }, (_, i) =>
    (["key", "value"] as const).map((part) =>
      input(`past_key_values.${i}.${part}`, "f32", [batch, c.kvHeads, past, c.headDim]),
    ),
  );
  // The step's attention writes behind the past: give it room for the new tokens.
  const layers = held.map((arrays): LayerState => {
    const [key, value] = arrays.map((array) => pad(array, 2, 0, seq));
    return { key: key!, value: value! };
  });
  const count = broadcastTo(cast(dimSize([past], "i64"), "i32"), [batch]);
  const hidden4 = expandDims(expandDims(equal(mask, scalar(0, "i64")), 1), 1);
  const bias = where(
    broadcastTo(hidden4, [batch, 1, seq, total]),
    scalar(-3.4028234663852886e38, "f32"), // finite: a padding token sees no key at all
    scalar(0, "f32"),
  );
  const cache = { layers, past: count };
  const { hidden, cache: present } = decoder(root, c, { tokens, positions, bias, cache });
  const scored = lastOnly ? slice(hidden, 1, -1) : hidden;
  const outputs: Record<string, Tensor> = { logits: lmHead(root, c, scored) };
  present.forEach((layer, i) => {
    for (const [part, array] of Object.entries(layer)) outputs[`present.${i}.${part}`] = array;
  });
  return lower({ inputs: [tokens, mask, positions, ...held.flat()], outputs });
}

async function writeProgram(
  program: Program,
  weights: WeightSource,
  file: string,
  options: ExportOnnxOptions,
): Promise<OnnxExport> {
  const inline = placeWeights(program.model, () => "inline");
  const fits = lengthOf(inline) <= MAX_FILE_BYTES;
  if (options.weights === "inline" && !fits) {
    throw new Error(
      `${file}: with its weights the model takes ${lengthOf(inline)} bytes, and an ONNX file ` +
        `holds at most ${MAX_FILE_BYTES}; keep the weights external`,
    );
  }
  const ports = new Map(program.weights.map((port) => [port.name, port]));
  const bytesOf = (name: string): Uint8Array => {
    const { data } = weights(ports.get(name)!);
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  };
  const isInline = options.weights === undefined ? fits : options.weights === "inline";
  const { pieces, files } = isInline
    ? { pieces: inline, files: [] }
    : placeBeside(program.model, basename(file));
  for (const { name, entries } of files) {
    await writeFileAtomically(join(file, "..", name), async (sink) => {
      let at = 0;
      for (const { weight, offset } of entries) {
        const bytes = bytesOf(weight);
        await sink.write(new Uint8Array(offset - at));
        await sink.write(bytes);
        at = offset + bytes.length;
      }
    });
  }
  await writeFileAtomically(file, async (sink) => {
    for (const piece of pieces) {
      await sink.write(piece instanceof Uint8Array ? piece : bytesOf(piece.weight));
    }
  });
  const { inputs, outputs } = program;
  return { inputs, outputs, dataFiles: files.map(({ name }) => name) };
}

interface DataFile {
  readonly name: string;
  readonly entries: { readonly weight: string; readonly offset: number }[];
  end: number;
}

function placeBeside(
  model: Uint8Array,
  base: string,
): { pieces: readonly ModelPiece[]; files: readonly DataFile[] } {
  const files: DataFile[] = [];
  const place = (weight: string, bytes: number): WeightPlace => {
    const aligned = (end: number): number => Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    let last = files.at(-1);
    if (!last || (last.end > 0 && aligned(last.end) + bytes > MAX_FILE_BYTES)) {
      const number = files.length === 0 ? "" : `_${files.length}`;
      last = { name: `${base}_data${number}`, entries: [], end: 0 };
      files.push(last);
    }
    const offset = aligned(last.end);
    last.entries.push({ weight, offset });
    last.end = offset + bytes;
    return { location: last.name, offset };
  };
  return { pieces: placeWeights(model, place), files };
}
