/** A plan as people and programs read it: what each part becomes, and what is done with it. */

import { audioWidth } from "../models/adaptors/index.ts";
import { codeCount, codesPerImage } from "../models/image-codes.ts";
import { imageStride } from "../models/ofa/index.ts";
import type { Segment, Side, Slot } from "./grammar/ast.ts";
import { formatInstruction } from "./grammar/format.ts";
import { lackedParts } from "./lacks.ts";
import type { TaskModelConfig } from "./model/config.ts";
import { UNGUIDED } from "./model/noise.ts";
import type { Vocabulary } from "./model/vocabulary.ts";
import type { Plan, TargetPlan } from "./plan.ts";
import { GENERATE_DEFAULTS } from "./run/options.ts";
import { checkModel } from "./supported.ts";

type Settings = Readonly<Record<string, string | number>>;

/** A stretch of fixed words, or a slot. */
export interface ExplainedPart {
  readonly side: Side;
  /** Of fixed words. */
  readonly text?: string;
  /** Of a slot. */
  readonly slot?: string;
  readonly modality: string;
  readonly attributes: Slot["attributes"];
  /** Read by the network, given as a prefix of what it writes, or written (and learned). */
  readonly role: "read" | "given" | "written";
  /** One of a group, which is written again and again. */
  readonly isRepeated: boolean;
  /** From a record's value to numbers. */
  readonly preprocess: string;
  /** From numbers to what enters the network. */
  readonly adaptor: string;
  /** Positions of the network that it takes: `count`, or at most `most`; null where it depends. */
  readonly positions: { readonly count: number } | { readonly most: number } | null;
}

export interface Explanation {
  /** In its canonical form. */
  readonly instruction: string;
  readonly parts: readonly ExplainedPart[];
  /** How what is written is found. */
  readonly generator: { readonly name: string; readonly settings: Settings };
  /** What training minimises. */
  readonly criterion: { readonly name: string; readonly settings: Settings };
  /** What the given model lacks for it; empty where it can do it, or no model is given. */
  readonly lacks: readonly string[];
}

/** What the explanation is for; left out: tasks in general. */
export interface ExplainedModel {
  readonly config: TaskModelConfig;
  readonly vocabulary: Vocabulary;
}

/**
 * @param model fills in sizes and positions, and says what it lacks
 * @throws InstructionError where a slot names an adaptor that the model does not have
 * @example
 * const plan = planOf(parseInstruction("[IMAGE:img] what is it? -> [TEXT:name]"));
 * explainPlan(plan).generator.name; // "beam search"
 */
export function explainPlan(plan: Plan, model?: ExplainedModel): Explanation {
  const { instruction, target } = plan;
  if (model) checkModel(instruction, model.config);
  return {
    instruction: formatInstruction(instruction),
    parts: [
      ...instruction.source.flatMap((segment, i) => explain(segment, "source", model, i === 0)),
      ...instruction.target.flatMap((segment, i) => explain(segment, "target", model, i === 0)),
    ],
    generator: generatorOf(target),
    criterion: criterionOf(target),
    lacks: model ? lackedParts(plan, model.config) : [],
  };
}

function explain(
  segment: Segment,
  side: Side,
  model: ExplainedModel | undefined,
  isFirst: boolean,
  isRepeated = false,
): ExplainedPart[] {
  if (segment.kind === "group") {
    return segment.items.flatMap((item) => explain(item, side, model, false, true));
  }
  if (segment.kind === "text") {
    const { value: text } = segment;
    const role = side === "source" ? "read" : isRepeated ? "written" : "given";
    const count = model?.vocabulary.encode(text, isFirst).length;
    return [
      {
        side,
        text,
        modality: "TEXT",
        attributes: {},
        role,
        isRepeated,
        ...TOKENS,
        positions: count === undefined ? null : { count },
      },
    ];
  }
  const { name: slot, modality, attributes } = segment;
  const isWritten = attributes.no_loss !== true;
  return [
    {
      side,
      slot,
      modality,
      attributes,
      role: side === "source" ? "read" : isWritten ? "written" : "given",
      isRepeated,
      ...entryOf(segment, side, model?.config),
    },
  ];
}

type Entry = Pick<ExplainedPart, "preprocess" | "adaptor" | "positions">;

const TOKENS = { preprocess: "tokens of text", adaptor: "token embeddings" } as const;

/** How a slot's value enters the network. @param c left out: sizes are left out */
function entryOf(slot: Slot, side: Side, c: TaskModelConfig | undefined): Entry {
  const { modality } = slot;
  if (modality === "IMAGE") return side === "source" ? pictureEntry(c) : codesEntry(c);
  if (modality === "VIDEO") return filmEntry(c);
  if (modality === "AUDIO") return side === "source" ? soundEntry(c) : speechEntry(c);
  if (modality === "MOTION") return motionEntry(c);
  if (modality === "BOX") {
    const bins = c?.bins ? `one of ${c.bins} steps` : "a step";
    const preprocess = `left, top, right, bottom, each ${bins} of the first image's side`;
    return { preprocess, adaptor: TOKENS.adaptor, positions: { count: 4 } };
  }
  return textEntry(slot, side);
}

function textEntry({ modality, attributes }: Slot, side: Side): Entry {
  const { max_length: most } = attributes;
  const steps = [
    modality === "STRUCT" && "one line of text",
    attributes.uncased && "lower case",
    attributes.no_punctuation && "no punctuation",
    attributes.mask_ratio && `in training ${attributes.mask_ratio} of its words masked`,
    TOKENS.preprocess,
    side === "target" &&
      attributes.noise_ratio &&
      `in training ${attributes.noise_ratio} of the tokens replaced`,
    most && `cut at ${most}`,
  ];
  const preprocess = steps.filter((step) => step).join(", ");
  const positions = typeof most === "number" ? { most } : null;
  return { preprocess, adaptor: TOKENS.adaptor, positions };
}

const square = (side: number | undefined): string =>
  side === undefined ? "a square" : `${side} x ${side} pixels`;

/** Layers among the patches, and how many positions a picture takes on each side. */
function patches(c: TaskModelConfig | undefined, kind: "image" | "video") {
  const own = c?.[kind];
  if (!c || !own) return { adaptor: "patches or a convolutional stem" };
  if (c.body.kind === "ofa") {
    const stride = imageStride(c.body.config);
    return { adaptor: `OFA's stem, ${stride} pixels a position`, side: own.size / stride };
  }
  const { patch, layers, merge = 1 } = own;
  const joined = merge > 1 ? `, ${merge} x ${merge} merged` : "";
  const adaptor = `patches of ${patch} x ${patch} pixels, ${layers} layers${joined}`;
  return { adaptor, side: own.size / patch / merge };
}

function pictureEntry(c: TaskModelConfig | undefined): Entry {
  const { adaptor, side } = patches(c, "image");
  const preprocess = `decoded, upright, ${square(c?.image?.size)} (bicubic), -1 to 1`;
  return { preprocess, adaptor, positions: side === undefined ? null : { count: side ** 2 } };
}

function filmEntry(c: TaskModelConfig | undefined): Entry {
  const { adaptor, side } = patches(c, "video");
  const frames = c?.video?.frames;
  const preprocess =
    `${frames ?? "some"} frames evenly over its time, each ${square(c?.video?.size)} ` +
    "(bicubic), -1 to 1";
  const positions = frames && side ? { count: frames * side ** 2 } : null;
  return { preprocess, adaptor, positions };
}

function soundEntry(c: TaskModelConfig | undefined): Entry {
  const { audio } = c ?? {};
  const bands = audio ? `${audio.mels} log-mel bands` : "log-mel bands";
  const preprocess = `one channel, 16 kHz, ${bands} every 10 ms`;
  if (!audio) return { preprocess, adaptor: "layers over stacked frames", positions: null };
  const frames = audioWidth(audio) / audio.mels;
  const adaptor = `${audio.layers} layers, ${frames} frames (${10 * frames} ms) a position`;
  return { preprocess, adaptor, positions: { most: audio.maxPositions } };
}

function codesEntry(c: TaskModelConfig | undefined): Entry {
  const { codes } = c ?? {};
  const adaptor = TOKENS.adaptor;
  if (!codes) return { preprocess: "a grid of image codes", adaptor, positions: null };
  const count = codesPerImage(codes);
  const preprocess =
    `${square(codes.size)}, patches of ${codes.patch} x ${codes.patch} as ${count} codes ` +
    `of ${codeCount(codes)}`;
  return { preprocess, adaptor, positions: { count } };
}

function speechEntry(c: TaskModelConfig | undefined): Entry {
  const { speech } = c ?? {};
  const adaptor = "a prenet over the frames before";
  if (!speech) return { preprocess: "frames of a mel spectrogram", adaptor, positions: null };
  const { mels, sampleRate, stack, maxPositions: most } = speech;
  const preprocess = `${sampleRate} Hz, ${mels} log-mel bands, normalised, ${stack} frames a position`;
  return { preprocess, adaptor, positions: { most } };
}

function motionEntry(c: TaskModelConfig | undefined): Entry {
  const { motion } = c ?? {};
  const adaptor = "frames with the noise they carry";
  if (!motion) return { preprocess: "joints as 6-D rotations", adaptor, positions: null };
  const { rate, features, maxFrames: most } = motion;
  const preprocess = `${rate} frames a second, ${features} numbers a frame (6-D rotations), normalised`;
  return { preprocess, adaptor, positions: { most } };
}

function generatorOf(target: TargetPlan): Explanation["generator"] {
  const { beam, noRepeatNgram, lengthPenalty, maxLength, drawing } = GENERATE_DEFAULTS;
  if (target.kind === "motion") {
    const { steps, guidance } = GENERATE_DEFAULTS;
    return { name: "diffusion (DDIM)", settings: { steps, guidance } };
  }
  if (target.kind === "speech") return { name: "frame by frame", settings: {} };
  if (target.kind === "codes") {
    return { name: "sampling", settings: { ...drawing, among: "image codes" } };
  }
  const [first] = target.generated;
  const most = first?.attributes.max_length;
  if (target.isClosed) return { name: "greedy search", settings: { among: "the closed set" } };
  if (target.generated.length === 1 && first?.modality === "BOX") {
    return { name: "greedy search", settings: { among: "box steps", length: 4 } };
  }
  const longest = typeof most === "number" ? most : maxLength;
  const settings = { beam, noRepeatNgram, lengthPenalty, maxLength: longest };
  return { name: "beam search", settings };
}

function criterionOf(target: TargetPlan): Explanation["criterion"] {
  if (target.kind === "motion") {
    const settings = { predicts: "the motion", distance: "absolute", unguided: UNGUIDED };
    return { name: "diffusion", settings };
  }
  if (target.kind === "speech") {
    const distance = "absolute and squared";
    return { name: "frames", settings: { distance, stop: "binary cross-entropy" } };
  }
  const isClosed = target.kind === "tokens" && target.isClosed;
  return { name: "cross-entropy", settings: { over: isClosed ? "the closed set" : "all tokens" } };
}
