/** From a record and a plan to a prepared sample. */

import type { Image } from "../../media/types.ts";
import { UNGUIDED } from "../model/noise.ts";
import type { Vocabulary } from "../model/vocabulary.ts";
import type { Piece, Plan, SourceGroup, TargetPlan } from "../plan.ts";
import { checkModel } from "../supported.ts";
import { allowedIds, closedTrie } from "./closed-set.ts";
import {
  need,
  type PrepareContext,
  type PrepareOptions,
  shown,
  slotValue,
  type TaskRecord,
} from "./context.ts";
import {
  audioFeatures,
  audioOf,
  imageOf,
  imagePixels,
  maskCentre,
  maskSound,
  motionFrames,
  motionOf,
  speechFrames,
  videoOf,
  videoPixels,
} from "./media.ts";
import type { PreparedGroup, PreparedSample, PreparedTarget } from "./sample.ts";
import { pieceIds } from "./slot-ids.ts";

/** Decodes the images of a record, which boxes need before the rest is prepared. */
export async function openRecord(
  plan: Plan,
  record: TaskRecord,
  options: PrepareOptions,
): Promise<PrepareContext> {
  checkModel(plan.instruction, options.config);
  const images = new Map<string, Image>();
  for (const group of plan.source) {
    if (group.kind !== "image") continue;
    const value = slotValue(record, group.slot, options);
    images.set(group.slot.name, await imageOf(value, shown(group.slot, options)));
  }
  return { ...options, record, images };
}

/**
 * A whole sample, for training and scoring.
 *
 * @throws Error where a slot has no value, one of another kind, or the model lacks the modality
 */
export async function prepareSample(
  plan: Plan,
  record: TaskRecord,
  options: PrepareOptions,
): Promise<PreparedSample> {
  const context = await openRecord(plan, record, options);
  const { random, vocabulary } = options;
  const isUnguided = plan.target.kind === "motion" && random && random.uniform() < UNGUIDED;
  return {
    groups: isUnguided ? emptySource(vocabulary) : await prepareSource(plan, context),
    target: await prepareTarget(plan, context),
  };
}

/** A source sentence that says nothing. */
export const emptySource = ({ marks }: Vocabulary): PreparedGroup[] => [
  { kind: "text", ids: [...marks.sourceOpen, ...marks.sourceClose] },
];

/** The source sentence of an opened record. */
export async function prepareSource(plan: Plan, context: PrepareContext): Promise<PreparedGroup[]> {
  const { sourceOpen, sourceClose, isPerText } = context.vocabulary.marks;
  const groups: PreparedGroup[] = [];
  let ids: number[] = isPerText ? [] : [...sourceOpen];
  const flush = (): void => {
    if (ids.length > 0) groups.push({ kind: "text", ids });
    ids = [];
  };
  for (const [i, group] of plan.source.entries()) {
    if (group.kind !== "text") {
      flush();
      groups.push(await mediaGroup(group, context));
      continue;
    }
    const { read } = pieceIds(group.pieces, context.record, context, i === 0);
    const isMarked = isPerText && !group.pieces.some(isUnmarked);
    ids.push(...(isMarked ? [...sourceOpen, ...read, ...sourceClose] : read));
  }
  if (!isPerText) ids.push(...sourceClose);
  flush();
  return groups.length > 0 ? groups : emptySource(context.vocabulary);
}

/** Text that asks for no marks around it. */
const isUnmarked = (piece: Piece): boolean =>
  piece.kind === "slot" && piece.slot.attributes.disable_auto_boseos === true;

async function mediaGroup(
  { kind, slot }: Exclude<SourceGroup, { kind: "text" }>,
  context: PrepareContext,
): Promise<PreparedGroup> {
  const { config, record, random, masks } = context;
  const where = shown(slot, context);
  if (kind === "image") {
    const { size } = need(config.image, "IMAGE");
    const pixels = imagePixels(context.images.get(slot.name)!, size);
    const { mask_ratio: ratio } = slot.attributes;
    if ((masks ?? random) && typeof ratio === "number") maskCentre(pixels, size, ratio);
    return { kind, pixels };
  }
  const value = slotValue(record, slot, context);
  if (kind === "video") {
    const adaptor = need(config.video, "VIDEO");
    return { kind, pixels: videoPixels(await videoOf(value, where, adaptor.frames), adaptor) };
  }
  const adaptor = need(config.audio, "AUDIO");
  const { features, positions } = audioFeatures(await audioOf(value, where), adaptor, where);
  if (random && slot.attributes.use_mask) maskSound(features, adaptor.mels, random);
  return { kind, features, positions };
}

/** Ids of what is given before the generated part of a target. */
export const prefixIds = (target: TargetPlan, context: PrepareContext): number[] =>
  "prefix" in target ? [...pieceIds(target.prefix, context.record, context, true).ids] : [];

async function prepareTarget({ target }: Plan, context: PrepareContext): Promise<PreparedTarget> {
  const { config, record } = context;
  if (target.kind === "tokens") return tokenTarget(target, context);
  const where = shown(target.slot, context);
  const value = slotValue(record, target.slot, context);
  if (target.kind === "motion") {
    const motion = await motionOf(value, where);
    const c = need(config.motion, "MOTION");
    const { attributes } = target.slot;
    return { kind: "motion", ...motionFrames(motion, c, where, attributes, context.random) };
  }
  if (target.kind === "speech") {
    const audio = await audioOf(value, where);
    return { kind: "speech", ...speechFrames(audio, need(config.speech, "AUDIO"), where) };
  }
  const prefix = prefixIds(target, context);
  const { codes, marks } = context.vocabulary;
  const { start } = need(codes, "IMAGE");
  const drawn = await need(context.encodeImage, "IMAGE")(await imageOf(value, where));
  const ids = [...prefix, ...drawn.map((code) => start + code), marks.targetEnd];
  return { kind: "tokens", ids, prefix: prefix.length, isCodes: prefix.length === 0 };
}

function tokenTarget(
  target: Extract<TargetPlan, { kind: "tokens" }>,
  context: PrepareContext,
): PreparedTarget {
  const { vocabulary, random, record, closedSet = [] } = context;
  const end = vocabulary.marks.targetEnd;
  const prefix = pieceIds(target.prefix, record, context, true);
  const isFirst = prefix.ids.length === 0;
  const { repeated, generated } = target;
  const answers = repeated
    ? itemsOf(record, context).map((item, i) =>
        pieceIds(repeated, item, context, isFirst && i === 0),
      )
    : [
        pieceIds(
          generated.map((slot): Piece => ({ kind: "slot", slot })),
          record,
          context,
          isFirst,
        ),
      ];
  const ids = [...prefix.ids, ...answers.flatMap((answer) => answer.ids), end];
  const sample = { kind: "tokens", ids, prefix: prefix.ids.length } as const;
  if (target.isClosed) {
    const [answer] = answers;
    const trie = closedTrie(closedSet, vocabulary, isFirst);
    const describe = (): string =>
      `${shown(generated[0], context)}: "${vocabulary.decode(answer.ids)}"`;
    return { ...sample, allowed: allowedIds(trie, answer.ids, describe) };
  }
  const fed = [...prefix.read, ...answers.flatMap((answer) => answer.read), end];
  const isNoisy = random && fed.some((id, i) => id !== ids[i]);
  return isNoisy ? { ...sample, fed } : sample;
}

/** What a repeated group is given, item by item. */
function itemsOf({ items }: TaskRecord, { where = "task" }: PrepareOptions): TaskRecord[] {
  if (Array.isArray(items) && items.every((item) => typeof item === "object" && item !== null)) {
    return items;
  }
  throw new Error(`${where}: a repeated group needs "items", a list of records of its slots`);
}
