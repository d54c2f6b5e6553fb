/** Decoders that hang, print, break or never end do no harm. */

import { expect, it, vi } from "vitest";
import { createDecoderThread } from "../../../src/media/audio/decoder-thread.ts";

/** A module in audio-decode's form whose one decoder does as the file's first byte says. */
const module = `
const one = { sampleRate: 8000, channelData: [Float32Array.of(0.5), Float32Array.of(0)] };
const acts = [
  () => one,
  () => { for (;;); },
  () => { throw new WebAssembly.RuntimeError("unreachable"); },
  () => { console.log("noise"); console.error("noise"); process.stderr.write("noise"); return one; },
  () => process.exit(3),
  () => { setTimeout(() => { throw new Error("late"); }); return new Promise(() => {}); },
  () => ({ sampleRate: 8000, channelData: [Float32Array.of(NaN)] }),
  () => ({ sampleRate: 10, channelData: [new Float32Array(5000)] }),
  (chunk) => ({ sampleRate: chunk.length, channelData: [new Float32Array(1)] }),
];
const decode = async () => undefined;
decode.mp3 = async () => Object.assign(
  async (chunk) => chunk ? acts[chunk[0]](chunk) : { channelData: [], sampleRate: 0 },
  { free() {} },
);
export default decode;`;
const url = `data:text/javascript,${encodeURIComponent(module)}`;

const ask = (thread: ReturnType<typeof createDecoderThread>, bytes: Uint8Array) =>
  thread.decode({ codec: "mp3", bytes, maxSeconds: 60 });

it("survives whatever a decoder does, and decodes on", async () => {
  const written = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, "write"));
  const thread = createDecoderThread({ url, timeoutSeconds: 2 });
  const good = async (act = 0): Promise<void> => {
    const audio = await ask(thread, Uint8Array.of(act));
    expect(audio).toMatchObject({ sampleRate: 8000, samples: Float32Array.of(0.25) });
  };
  await good();
  await expect(ask(thread, Uint8Array.of(1))).rejects.toThrow("made no progress in 2 s");
  await good();
  await expect(ask(thread, Uint8Array.of(2))).rejects.toThrow("unreachable");
  await good(3);
  await expect(ask(thread, Uint8Array.of(4))).rejects.toThrow("its decoder stopped");
  await expect(ask(thread, Uint8Array.of(5))).rejects.toThrow("late");
  await expect(ask(thread, Uint8Array.of(6))).rejects.toThrow("samples are not finite numbers");
  expect(await ask(thread, Uint8Array.of(7))).toBe("tooLong");
  const changing = new Uint8Array(20_000).fill(8);
  await expect(ask(thread, changing)).rejects.toThrow("changes from 16384 to 3616 Hz");
  expect(changing.length).toBe(20_000);
  await good();
  for (const write of written) expect(write).not.toHaveBeenCalled();
});
