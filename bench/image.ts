/**
 * A JPEG of 1920 x 1080 to a model's normalised floats, against sharp's own decoding and resizing to
 * bytes: the reference may shrink while it decodes, resizes on all cores and normalises nothing.
 *
 *   npx tsx bench/image.ts [--side 480] [--rounds 30] [--cpu]
 */

import { parseArgs } from "node:util";
import sharp from "sharp";
import { decodeImage, encodeImage, resize, toPixels } from "../src/media/index.ts";
import { computed, describeMachine, elapsed, interleave, machine, printTable } from "./support.ts";

const { values } = parseArgs({
  options: {
    side: { type: "string", default: "480" },
    rounds: { type: "string", default: "30" },
    cpu: { type: "boolean", default: false }, // processor time of all threads, for busy machines
  },
});
const side = Number(values.side);

/** Smooth shapes with fine grain, as photographs have; 90 % quality. */
function photograph(width: number, height: number): Promise<Uint8Array> {
  const data = new Uint8Array(width * height * 3);
  let state = 1;
  for (let i = 0; i < data.length; i++) {
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / 3 / width);
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const wave = Math.sin(x / (37 + (i % 3))) * Math.cos(y / 51);
    data[i] = 128 + 90 * wave + (state >>> 28);
  }
  return encodeImage({ width, height, data }, "jpeg", { quality: 90 });
}

console.log(`before: ${describeMachine(machine())}`);
const jpeg = await photograph(1920, 1080);
const image = await decodeImage(jpeg);
const resized = resize(image, side, side);
const batch = new Float32Array(3 * side * side); // where a batch wants the image
const [ours, theirs, decoding, resizing, normalising] = await interleave(
  [
    async () => void toPixels(resize(await decodeImage(jpeg), side, side), undefined, batch),
    async () => void (await sharp(jpeg).resize(side, side, { fit: "fill" }).raw().toBuffer()),
    async () => void (await decodeImage(jpeg)),
    () => void resize(image, side, side),
    () => void toPixels(resized, undefined, batch),
  ],
  Number(values.rounds),
  values.cpu ? computed : elapsed,
);
const ms = (time: number): string => `${time.toFixed(1)} ms`;
const target = { max: 1.5 };
printTable([
  {
    name: `JPEG 1920 x 1080 (${Math.round(jpeg.length / 1000)} kB) to floats [3, ${side}, ${side}], median`,
    measured: ms(ours!.median),
    reference: ms(theirs!.median),
    ratio: ours!.median / theirs!.median,
    target,
  },
  {
    name: "the same, best round",
    measured: ms(ours!.best),
    reference: ms(theirs!.best),
    ratio: ours!.best / theirs!.best,
    target,
  },
]);
const parts = Object.entries({ decoding, resizing, normalising });
console.log(parts.map(([name, times]) => `${name} ${ms(times!.median)}`).join(", "));
console.log(`after: ${describeMachine(machine())}`);
