/** What pictures are drawn on, and the grain that lies over them. */

import type { Canvas, Color } from "../../media/draw/index.ts";
import { createRandom, type Random } from "../../nn/random.ts";
import { between, chance } from "./world.ts";

/** A near-white or near-black tone. */
export function pickPaper(random: Random): { readonly rgb: Color; readonly isDark: boolean } {
  const isDark = chance(random, 0.3);
  const tone = isDark ? between(random, 12, 60) : between(random, 205, 255);
  const tint = () => Math.min(255, Math.max(0, tone + between(random, -8, 8)));
  return { rgb: [tint(), tint(), tint()], isDark };
}

/** The colour as one drawing of it has it. */
export function jitterColour(random: Random, rgb: Color, amount = 14): Color {
  const jitter = (value: number) =>
    Math.min(255, Math.max(0, value + between(random, -amount, amount)));
  return [jitter(rgb[0]), jitter(rgb[1]), jitter(rgb[2])];
}

/** A sheet of one tone, now and then with a slope of light or faint stripes. */
export function createPaper(random: Random, rgb: Color, width: number, height = width): Canvas {
  const data = new Uint8ClampedArray(width * height * 3);
  const texture = random.uniform();
  const strength = texture < 0.5 ? 0 : between(random, 4, 12);
  const isStriped = texture > 0.8;
  const angle = between(random, 0, 2 * Math.PI);
  const scale = isStriped ? between(random, 0.5, 1.2) : 2 / width;
  const [dx, dy] = [Math.cos(angle) * scale, Math.sin(angle) * scale];
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const along = (column - width / 2) * dx + (row - height / 2) * dy;
      const light = strength === 0 ? 0 : strength * (isStriped ? Math.sin(along) : along);
      data[at++] = rgb[0] + light;
      data[at++] = rgb[1] + light;
      data[at++] = rgb[2] + light;
    }
  }
  return { width, height, data: new Uint8Array(data.buffer) };
}

const GRAIN = 2 ** 16;
let grain: Float32Array | undefined;

/** Adds normal noise of a standard deviation up to `most` to every byte. */
export function addGrain(random: Random, image: Canvas, most = 7): void {
  if (!grain) {
    const source = createRandom(0, "grain");
    grain = Float32Array.from({ length: GRAIN }, () => source.normal());
  }
  const deviation = between(random, 0, most);
  const start = random.below(GRAIN);
  const bytes = new Uint8ClampedArray(image.data.buffer, image.data.byteOffset, image.data.length);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] += deviation * grain[(start + i) & (GRAIN - 1)];
  }
}
