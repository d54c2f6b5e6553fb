/** Audio: files, sample rates, features of speech, and sound from features. */

export { type DecodeAudioOptions, decodeAudio } from "./decode.ts";
export { type FbankOptions, fbank } from "./fbank.ts";
export { type GriffinLimOptions, griffinLim } from "./griffin-lim.ts";
export { type LogMelOptions, logMel } from "./log-mel.ts";
export {
  type MelSpectrogramOptions,
  type MelToAudioOptions,
  melSpectrogram,
  melToAudio,
  melToMagnitudes,
} from "./mel-spectrogram.ts";
export { resample } from "./resample.ts";
export {
  type ComplexSpectrogram,
  type Framing,
  hannWindow,
  istft,
  type Spectrogram,
  stft,
} from "./stft.ts";
export { decodeWav, encodeWav, type WavOptions } from "./wav.ts";
