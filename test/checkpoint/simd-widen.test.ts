import { expect, it } from "vitest";
import { CHUNK_BYTES, widener } from "../../src/checkpoint/simd-widen.ts";
import { bf16ToF32, f16ToF32 } from "../../src/graph/dtype.ts";

it.each([["bf16", bf16ToF32] as const, ["f16", f16ToF32] as const])(
  "widens all 65,536 values of %s",
  (from, reference) => {
    const { input, run } = widener(from);
    const bits = new Uint16Array(input.buffer, 0, CHUNK_BYTES / 2);
    const out = new Float32Array(65536);
    for (let start = 0; start < 65536; start += bits.length) {
      for (let i = 0; i < bits.length; i++) bits[i] = start + i;
      run(bits.length, out, start);
    }
    const wrong = [...out.keys()].filter((i) => !Object.is(out[i], reference(i)));
    expect(wrong).toEqual([]);
  },
);

it.each([0, 1, 7, 8, 9, 31])("writes %i elements and no more", (count) => {
  const { input, run } = widener("bf16");
  new Uint16Array(input.buffer, 0, 64).fill(0x3f80);
  const out = new Float32Array(40);
  run(count, out, 2);
  expect([...out]).toEqual(Array.from(out, (_, i) => (i >= 2 && i < count + 2 ? 1 : 0)));
});
