/** Prepared groups of several samples as the inputs of a program (`sourceInputs`). */

import { type NDArray, zeros } from "../../graph/ndarray.ts";
import { audioWidth } from "../../models/adaptors/index.ts";
import type { PreparedGroup } from "../prepare/sample.ts";
import type { TaskModelConfig } from "./config.ts";

/** Lengths are rounded up to this, so that the engine sees few distinct shapes. */
const MULTIPLE = 8;
/** @param most that there are positions for */
export const padded = (length: number, most = Infinity): number =>
  Math.min(most, Math.max(1, Math.ceil(length / MULTIPLE)) * MULTIPLE);

type Of<K extends PreparedGroup["kind"]> = Extract<PreparedGroup, { kind: K }>;

const isAll = <K extends PreparedGroup["kind"]>(
  groups: readonly PreparedGroup[],
  kind: K,
): groups is readonly Of<K>[] => groups.every((group) => group.kind === kind);

/**
 * @param groups of one kind, one a sample
 * @param isPadded round lengths up, and say what counts (`valid`); otherwise they are equal
 */
export function groupArrays(
  c: TaskModelConfig,
  groups: readonly PreparedGroup[],
  isPadded: boolean,
): Record<string, NDArray> {
  if (isAll(groups, "text")) {
    const lengths = groups.map(({ ids }) => ids.length);
    const { length, valid } = lengthsOf(lengths, isPadded);
    const ids = zeros("i64", [groups.length, length]);
    groups.forEach((group, i) => {
      group.ids.forEach((id, at) => {
        ids.data[i * length + at] = BigInt(id);
      });
    });
    return { ids, ...valid };
  }
  if (isAll(groups, "audio")) {
    const { length, valid } = lengthsOf(
      groups.map(({ positions }) => positions),
      isPadded,
      c.audio!.maxPositions,
    );
    const width = audioWidth(c.audio!);
    const features = zeros("f32", [groups.length, length, width]);
    groups.forEach((group, i) => {
      (features.data as Float32Array).set(group.features, i * length * width);
    });
    return { features, ...valid };
  }
  if (isAll(groups, "image")) {
    const { size } = c.image!;
    return { pixels: stacked(groups, [3, size, size]) };
  }
  if (isAll(groups, "video")) {
    const { frames, size } = c.video!;
    return { pixels: stacked(groups, [frames, 3, size, size]) };
  }
  throw new Error(`task: groups of kinds ${groups.map(({ kind }) => kind)} share no batch`);
}

function lengthsOf(
  lengths: readonly number[],
  isPadded: boolean,
  most?: number,
): { length: number; valid?: { valid: NDArray } } {
  const longest = Math.max(...lengths);
  if (!isPadded) return { length: longest };
  const length = padded(longest, most);
  const valid = zeros("bool", [lengths.length, length]);
  lengths.forEach((own, i) => {
    (valid.data as Uint8Array).fill(1, i * length, i * length + own);
  });
  return { length, valid: { valid } };
}

function stacked(
  groups: readonly { readonly pixels: Float32Array }[],
  shape: readonly number[],
): NDArray {
  const all = zeros("f32", [groups.length, ...shape]);
  groups.forEach(({ pixels }, i) => {
    (all.data as Float32Array).set(pixels, i * pixels.length);
  });
  return all;
}
