/** The calls that draw: arguments to elements. */

import { barCalls } from "./draw-bars.ts";
import { lineCalls } from "./draw-lines.ts";
import { textCalls } from "./draw-text.ts";
import type { Machine } from "./machine.ts";
import { patchCalls } from "./patches.ts";
import { createPen, type Draw } from "./pen.ts";

export function drawCalls(machine: Machine, maxElements: number) {
  const pen = createPen(machine, maxElements);
  const { plot, scatter, rule, fill, fillBetween, arrow } = lineCalls(pen);
  const { bars, pie } = barCalls(pen);
  const { text, annotate } = textCalls(pen);
  const { patches, addPatch } = patchCalls(pen);
  const onAxes = new Map<string, Draw>([
    ["plot", plot],
    ["scatter", scatter],
    ["bar", bars(false)],
    ["barh", bars(true)],
    ["pie", pie],
    ["fill", fill],
    ["fill_between", fillBetween],
    ["text", text],
    ["annotate", annotate],
    ["axhline", rule(true)],
    ["axvline", rule(false)],
    ["arrow", arrow],
    ["add_patch", addPatch],
    ["add_artist", addPatch],
  ]);
  return { onAxes, patches };
}
