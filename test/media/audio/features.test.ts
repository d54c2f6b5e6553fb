/** Features against transformers and the formulas of reference/audio_features.py. */

import { expect, it } from "vitest";
import { decodeAudio, fbank, logMel, melSpectrogram } from "../../../src/media/index.ts";
import { expectFeatures, recording, reference, tone } from "./support.ts";

const clips = ["seven", "turn-left"];
const read = (name: string) => decodeAudio(recording(`${name}.wav`));

it.each(clips)("log-mel of %s equals WhisperFeatureExtractor", async (name) => {
  const audio = await read(name);
  for (const mels of [80, 128])
    expectFeatures(logMel(audio, { mels }), `logmel${mels}/${name}`, 1e-4);
});

it("log-mel padded to 30 seconds equals WhisperFeatureExtractor", async () => {
  const { frames, bins, data } = logMel(await read("seven"), { length: 480_000 });
  expect(frames).toBe(3000);
  const some = Array.from({ length: 60 }, (_, i) =>
    data.subarray(i * 50 * bins, (i * 50 + 1) * bins),
  );
  const kept = Float32Array.from(some.flatMap((row) => Array.from(row)));
  expectFeatures({ frames: 60, bins, data: kept }, "logmel-30s/seven", 1e-4);
});

it.each(clips)("fbank of %s equals Kaldi's as transformers computes it", async (name) => {
  const audio = await read(name);
  expectFeatures(fbank(audio), `fbank-povey/${name}`, 1e-4);
  expectFeatures(fbank(audio, { window: "hann", gain: 1 }), `fbank-hann/${name}`, 1e-4);
});

it("the mel spectrogram equals fairseq's settings on torch.stft", () => {
  const audio = { sampleRate: 22_050, samples: reference("tts/samples").data };
  expectFeatures(melSpectrogram(audio), "tts/mel", 1e-4);
});

it("a tone is loudest in the filter around it", () => {
  const { frames, bins, data } = melSpectrogram(tone(1000, 22_050, 0.5));
  const row = data.subarray((frames >> 1) * bins, ((frames >> 1) + 1) * bins);
  const quieter = melSpectrogram(tone(2000, 22_050, 0.5)).data;
  const at = row.indexOf(Math.max(...row));
  // 1 kHz is 15 of 45.2 mel up to 8 kHz, of which 80 filters take 81 equal steps.
  expect(at).toBeCloseTo((15 * 81) / 45.2 - 1, -0.5);
  expect(row[at]! - quieter[(frames >> 1) * bins + at]!).toBeGreaterThan(5);
});

it("shorter audio than a frame has no fbank, and is refused by log-mel with a sentence", () => {
  const audio = { sampleRate: 16_000, samples: new Float32Array(200) };
  expect(fbank(audio).frames).toBe(0);
  expect(() => logMel(audio)).toThrow(/needs at least 201 samples, not 200: pad the audio/);
  expect(logMel({ ...audio, samples: new Float32Array(201) }).frames).toBe(1);
  expect(() => logMel({ ...audio, sampleRate: 8000 })).toThrow(/not 8000 Hz: resample/);
  expect(() => fbank(audio, { highHertz: 9000 })).toThrow(/do not fit audio of 16000 Hz/);
});
