/** The shape of a command file and the table of commands. */

import type { Command } from "commander";
import type { Io } from "./io.ts";

/** What a file in commands/ exports: it adds arguments, options and an action to its command. */
export interface CommandModule {
  define(command: Command, io: Io): void;
}

interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Loaded only when this command is the one asked for: `--help` stays fast. */
  load(): Promise<CommandModule>;
}

export const commands: readonly CommandEntry[] = [
  {
    name: "start",
    summary: "open the studio in a browser, or chat here with --cli",
    load: () => import("./commands/start.ts"),
  },
  {
    name: "run",
    summary: "chat with a model, or answer prompts",
    load: () => import("./commands/run.ts"),
  },
  {
    name: "task",
    summary: "do what an instruction says with text, pictures, sound and motion",
    load: () => import("./commands/task.ts"),
  },
  {
    name: "fim",
    summary: "write what belongs at the cursor of a source file",
    load: () => import("./commands/fim.ts"),
  },
  {
    name: "serve",
    summary: "serve models to clients of the OpenAI API",
    load: () => import("./commands/serve.ts"),
  },
  {
    name: "train",
    summary: "train a model as a config file says",
    load: () => import("./commands/train.ts"),
  },
  {
    name: "merge",
    summary: "work a LoRA adapter into the weights of its base",
    load: () => import("./commands/merge.ts"),
  },
  {
    name: "recipe",
    summary: "re-run a paper's claim and judge it",
    load: () => import("./commands/recipe.ts"),
  },
  {
    name: "eval",
    summary: "score a model on tasks, item by item",
    load: () => import("./commands/eval.ts"),
  },
  {
    name: "play",
    summary: "play a benchmark's game in the terminal",
    load: () => import("./commands/play.ts"),
  },
  {
    name: "sage",
    summary: "make robustness tests out of multiple-choice sets",
    load: () => import("./commands/sage.ts"),
  },
  {
    name: "data",
    summary: "check training data: rows, kinds, lengths, and what is wrong with them",
    load: () => import("./commands/data.ts"),
  },
  {
    name: "pull",
    summary: "download a model into the Hugging Face cache",
    load: () => import("./commands/pull.ts"),
  },
  {
    name: "info",
    summary: "show a model's architecture, parameters and memory needs",
    load: () => import("./commands/info.ts"),
  },
  {
    name: "inspect",
    summary: "show where a model's attention and large activations go",
    load: () => import("./commands/inspect.ts"),
  },
  {
    name: "quantize",
    summary: "write a model with weights of 4 or 8 bits",
    load: () => import("./commands/quantize.ts"),
  },
  {
    name: "verify",
    summary: "compare a quantised model's predictions with those in f32",
    load: () => import("./commands/verify.ts"),
  },
  {
    name: "export",
    summary: "write a model as safetensors, GGUF, ONNX, or for transformers.js",
    load: () => import("./commands/export.ts"),
  },
  {
    name: "logits",
    summary: "write a model's logits of given token ids to a file",
    load: () => import("./commands/logits.ts"),
  },
  {
    name: "tokenize",
    summary: "turn text into token ids",
    load: () => import("./commands/tokenize.ts"),
  },
  {
    name: "template",
    summary: "render a conversation with a model's chat template",
    load: () => import("./commands/template.ts"),
  },
  {
    name: "doctor",
    summary: "check the engine, the machine and the cache, and say what is missing",
    load: () => import("./commands/doctor.ts"),
  },
];
