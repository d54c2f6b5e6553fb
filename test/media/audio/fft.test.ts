/** The transforms against the sum that defines them. */

import { expect, it } from "vitest";
import { createFft } from "../../../src/media/audio/fft.ts";
import { createRealFft } from "../../../src/media/audio/real-fft.ts";
import { createRandom } from "../../../src/nn/random.ts";

// Powers of two, mixed radices, primes and their multiples (Bluestein).
const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 22, 30, 49, 60, 97, 100, 200, 256, 400, 441, 514];

const noise = (size: number, stream: string): Float64Array => {
  const random = createRandom(1, stream);
  return Float64Array.from({ length: size }, () => random.normal());
};

function direct(re: Float64Array, im: Float64Array): [number[], number[]] {
  const size = re.length;
  const [real, imaginary]: [number[], number[]] = [[], []];
  for (let k = 0; k < size; k++) {
    let [sumR, sumI] = [0, 0];
    for (let n = 0; n < size; n++) {
      const angle = (-2 * Math.PI * ((k * n) % size)) / size;
      sumR += re[n]! * Math.cos(angle) - im[n]! * Math.sin(angle);
      sumI += re[n]! * Math.sin(angle) + im[n]! * Math.cos(angle);
    }
    real.push(sumR);
    imaginary.push(sumI);
  }
  return [real, imaginary];
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
};

it.each(sizes)("complex, of size %i", (size) => {
  const fft = createFft(size);
  const [re, im] = [noise(size, "re"), noise(size, "im")];
  const [expectedRe, expectedIm] = direct(re, im);
  const [foundRe, foundIm] = [re.slice(), im.slice()];
  fft.transform(foundRe, foundIm);
  expect(largest(foundRe, expectedRe)).toBeLessThan(1e-10);
  expect(largest(foundIm, expectedIm)).toBeLessThan(1e-10);
  fft.transform(foundIm, foundRe);
  expect(
    largest(
      foundRe.map((x) => x / size),
      re,
    ),
  ).toBeLessThan(1e-12);
  expect(
    largest(
      foundIm.map((x) => x / size),
      im,
    ),
  ).toBeLessThan(1e-12);
});

it.each(sizes)("real, of size %i, and back", (size) => {
  const fft = createRealFft(size);
  expect(fft.bins).toBe(Math.floor(size / 2) + 1);
  const signal = noise(size, "signal");
  const [expectedRe, expectedIm] = direct(signal, new Float64Array(size));
  const [re, im] = [new Float64Array(fft.bins), new Float64Array(fft.bins)];
  fft.forward(signal, re, im);
  expect(largest(re, expectedRe.slice(0, fft.bins))).toBeLessThan(1e-10);
  expect(largest(im, expectedIm.slice(0, fft.bins))).toBeLessThan(1e-10);
  const back = new Float64Array(size);
  fft.inverse(re, im, back);
  expect(largest(back, signal)).toBeLessThan(1e-12);
});
