/** The weights of the reference's models, which `reference/ofa.py` computes from names alike. */

import { type NDArray, sizeOf, zeros } from "../../../src/graph/ndarray.ts";

/** Numbers in [-1, 1) from a name: FNV-1a of it, then murmur3's finaliser of seed and index. */
export function hashed(name: string, count: number): Float64Array {
  let seed = 0x811c9dc5;
  for (const byte of Buffer.from(name)) seed = Math.imul(seed ^ byte, 0x01000193);
  return Float64Array.from({ length: count }, (_, i) => {
    let x = (seed + Math.imul(i, 0x9e3779b9)) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 31 - 1;
  });
}

const known = new Map<string, NDArray>();

/** f32 of a parameter: 1 ± 0.3 for factors, ± 0.3 for biases, ± sqrt(3 / inputs) for maps. */
export function hashedWeight(name: string, shape: readonly number[]): NDArray {
  const key = `${name} ${shape}`;
  let array = known.get(key);
  if (!array) {
    array = zeros("f32", shape);
    (array.data as Float32Array).set(hashed(name, sizeOf(shape)).map(scaling(name, shape)));
    known.set(key, array);
  }
  return array;
}

function scaling(name: string, shape: readonly number[]): (u: number) => number {
  if (name.endsWith("running_var")) return (u) => 1 + 0.5 * u;
  if (shape.length === 1) {
    const centre = /(weight|c_attn)$/.test(name) ? 1 : 0;
    return (u) => centre + 0.3 * u;
  }
  const gain = shape.length === 4 ? 2 : 1;
  const bound = Math.sqrt((3 * gain) / sizeOf(shape.slice(1)));
  return (u) => u * bound;
}
