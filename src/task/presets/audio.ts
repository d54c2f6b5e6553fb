/** Speech: written down, and spoken. */

import { readLibriSpeech, readLjSpeech } from "../readers/index.ts";
import { worldRecords } from "../records.ts";
import { toneSpeech } from "../worlds/index.ts";
import { format } from "./data-files.ts";
import { cepstra } from "./features.ts";
import { CTC, definePreset, type Preset, renamed, SMOOTHING } from "./preset.ts";

export const audio: readonly Preset[] = [
  definePreset({
    name: "asr",
    number: 17,
    about: "what a voice says",
    instruction: "[AUDIO:wav] what is the text corresponding to the voice? -> [TEXT:text]",
    data: "LibriSpeech (folder)",
    metric: { name: "wer" },
    options: { smoothing: SMOOTHING, ctc: CTC },
    world: (options) =>
      worldRecords(toneSpeech, ({ audio: wav, text }) => ({ wav, text }), options),
    format: format({ read: (files) => readLibriSpeech(files.file, files) }),
  }),
  definePreset({
    name: "tts",
    number: 18,
    about: "speech from phones",
    instruction: "[PHONE:text] -> [AUDIO:fbank,adaptor=audio_tgt_fbank]",
    data: "LJSpeech (folder)",
    metric: {
      name: "mcd",
      prediction: cepstra,
      references: (record) => cepstra((record as { readonly fbank: unknown }).fbank),
    },
    world: (options) =>
      worldRecords(toneSpeech, ({ audio: fbank, phones }) => ({ text: phones, fbank }), options),
    format: format({
      takes: ["phones"],
      read: (files) =>
        renamed(readLjSpeech(files.file, files), async ({ text, ...record }) => ({
          ...record,
          text: (await files.phones?.(text)) ?? text,
        })),
    }),
  }),
];
