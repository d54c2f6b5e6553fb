/** What of media/ runs in browsers: no file system, no native code. */

export type { DecodeAudioOptions } from "./audio/decode.ts";
export { decodeAudio } from "./audio/decode-browser.ts";
export { type FbankOptions, fbank } from "./audio/fbank.ts";
export { type LogMelOptions, logMel } from "./audio/log-mel.ts";
export {
  type MelSpectrogramOptions,
  type MelToAudioOptions,
  melSpectrogram,
  melToAudio,
} from "./audio/mel-spectrogram.ts";
export { resample } from "./audio/resample.ts";
export type { Spectrogram } from "./audio/stft.ts";
export { decodeWav, encodeWav, type WavOptions } from "./audio/wav.ts";
export * from "./box/index.ts";
export * from "./draw/index.ts";
export { type DecodeBlobOptions, decodeImage } from "./image/decode-browser.ts";
export { type Normalisation, toPixels } from "./image/pixels.ts";
export { type Filter, resize } from "./image/resize.ts";
export * from "./motion/index.ts";
export type * from "./types.ts";
export { framesOfVideoElement, type SeekableVideo } from "./video/decode-browser.ts";
export { type FrameSampling, sampleTimes } from "./video/sampling.ts";
