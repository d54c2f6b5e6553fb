/** A plan as the studio draws it: what enters the body, and how the answer leaves it. */

import { codesPerImage } from "../../models/image-codes.ts";
import type {
  Piece,
  Plan,
  Slot,
  SourceGroup,
  TargetPlan,
  TaskModelConfig,
} from "../../task/index.ts";

/** A row of the picture: a stretch of a sentence, and what happens to it in order. */
export interface PlanRow {
  /** The stretch as it is written: words and slots in order. */
  readonly pieces: readonly PlanPiece[];
  readonly steps: readonly PlanStep[];
}

export interface PlanPiece {
  /** Fixed words. */
  readonly text?: string;
  readonly slot?: { readonly modality: string; readonly name: string };
}

export interface PlanStep {
  readonly kind: "preprocess" | "adaptor" | "generator" | "postprocess";
  readonly does: string;
}

export interface PlanJson {
  /** What must be given. */
  readonly slots: readonly {
    readonly modality: string;
    readonly name: string;
    readonly side: "source" | "target";
  }[];
  readonly source: readonly PlanRow[];
  readonly body: { readonly kind: string; readonly does: string };
  readonly target: {
    /** Given before the answer. */
    readonly prefix: readonly PlanPiece[];
    readonly row: PlanRow;
    readonly isRepeated: boolean;
    /** The answer is one of a closed set. */
    readonly isClosed: boolean;
  };
  /** What the model has no part for: the task cannot run. */
  readonly lacks: readonly string[];
}

export function planJson(plan: Plan, given: readonly Slot[], config: TaskModelConfig): PlanJson {
  const { source, target, instruction } = plan;
  const isSource = new Set<unknown>(instruction.source);
  return {
    slots: given.map((slot) => ({
      modality: slot.modality,
      name: slot.name,
      side: isSource.has(slot) ? "source" : "target",
    })),
    source: source.map((group) => sourceRow(group, config)),
    body: bodyOf(config),
    target: {
      prefix: "prefix" in target ? target.prefix.map(pieceOf) : [],
      row: { pieces: written(target), steps: targetSteps(target, config) },
      isRepeated: target.kind === "tokens" && target.repeated !== undefined,
      isClosed: target.kind === "tokens" && target.isClosed,
    },
    lacks: lacksOf(plan, config),
  };
}

const pieceOf = (piece: Piece): PlanPiece =>
  piece.kind === "text" ? { text: piece.value } : slotPiece(piece.slot);
const slotPiece = ({ modality, name }: Slot): PlanPiece => ({ slot: { modality, name } });

function sourceRow(group: SourceGroup, c: TaskModelConfig): PlanRow {
  if (group.kind === "text") {
    const steps: PlanStep[] = [
      { kind: "preprocess", does: "tokens" },
      { kind: "adaptor", does: "embedding table" },
    ];
    return { pieces: group.pieces.map(pieceOf), steps };
  }
  const [preprocess, adaptor] = mediaSteps(group.kind, c);
  return {
    pieces: [slotPiece(group.slot)],
    steps: [
      { kind: "preprocess", does: preprocess },
      { kind: "adaptor", does: adaptor },
    ],
  };
}

function mediaSteps(
  kind: "image" | "video" | "audio",
  { image, video, audio, body }: TaskModelConfig,
): readonly [preprocess: string, adaptor: string] {
  const missing = ["decode", "not in this model"] as const;
  if (kind === "audio") {
    if (!audio) return missing;
    const { mels, stack, layers } = audio;
    return [`log-mel, ${mels} bands`, `${stack} frames a position, ${layersOf(layers)}`];
  }
  const adaptor = kind === "image" ? image : video;
  if (!adaptor) return missing;
  const { size, patch, layers } = adaptor;
  const resized = `${size} × ${size} pixels`;
  const how = body.kind === "ofa" ? "OFA's stem" : `patches of ${patch}, ${layersOf(layers)}`;
  return kind === "video" ? [`${video!.frames} frames, ${resized}`, how] : [resized, how];
}

const layersOf = (count: number): string => (count === 1 ? "1 layer" : `${count} layers`);

function bodyOf({ body }: TaskModelConfig): PlanJson["body"] {
  if (body.kind === "ofa") return { kind: "ofa", does: "encoder and decoder of OFA" };
  const { layers, hiddenSize } = body.config;
  return { kind: "decoder", does: `decoder, ${layersOf(layers)}, width ${hiddenSize}` };
}

function written(target: TargetPlan): PlanPiece[] {
  if (target.kind !== "tokens") return [slotPiece(target.slot)];
  return target.repeated?.map(pieceOf) ?? target.generated.map(slotPiece);
}

function targetSteps(target: TargetPlan, c: TaskModelConfig): PlanStep[] {
  const [generator, postprocess] = answerSteps(target, c);
  return [
    { kind: "generator", does: generator },
    { kind: "postprocess", does: postprocess },
  ];
}

function answerSteps(
  target: TargetPlan,
  { codes, motion }: TaskModelConfig,
): readonly [generator: string, postprocess: string] {
  switch (target.kind) {
    case "codes":
      return [
        codes ? `${codesPerImage(codes)} image codes, drawn` : "image codes",
        "decoder of codes",
      ];
    case "speech":
      return ["spectrogram, frame by frame", "Griffin-Lim"];
    case "motion":
      return ["diffusion (DDIM)", motion ? `motion at ${motion.rate} frames/s` : "motion"];
    case "tokens": {
      const slots = target.repeated?.flatMap((each) => (each.kind === "slot" ? [each.slot] : []));
      const isBox = (slots ?? target.generated).some(({ modality }) => modality === "BOX");
      if (target.isClosed) return ["search in the closed set", "text"];
      return ["beam search", isBox ? "bins to pixels" : "text"];
    }
  }
}

/** Parts that a plan needs and a model has not, each as a clause. */
export function lacksOf({ instruction, source, target }: Plan, c: TaskModelConfig): string[] {
  const lacks = new Set<string>();
  for (const { kind } of source) {
    if (kind !== "text" && !c[kind]) lacks.add(`it does not take ${kind.toUpperCase()}`);
  }
  if (target.kind !== "tokens" && !c[target.kind])
    lacks.add(`it does not give ${target.slot.modality}`);
  const slots = slotsOf([...instruction.source, ...instruction.target]);
  if (c.bins === 0 && slots.some(({ modality }) => modality === "BOX"))
    lacks.add("it knows no BOX");
  return [...lacks];
}
