import type { Random } from "./random.ts";

export type Language = "en" | "zh";
export type Split = "train" | "heldout";

export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
  reasoning_content?: string;
}

/** What a right reply looks like; plain data, so an evaluation set can be stored as JSON lines. */
export type Expect =
  | { kind: "equals"; value: string }
  | { kind: "oneOf"; values: string[] }
  | { kind: "json"; value: unknown }
  | { kind: "contains"; values: string[] }
  | { kind: "words"; count: number; pool: string[] }
  | { kind: "listOf"; form: ListForm; count: number; pool: string[] }
  | { kind: "refusal"; language: Language };

export type ListForm = "json" | "comma" | "numbered" | "bullets" | "lines";

/** How thinking is asked for: by default, by a soft switch in the text, or by the template. */
export type Mode = "default" | "/think" | "/no_think" | "disabled";

export interface Example {
  skill: string;
  task: string;
  language: Language;
  mode: Mode;
  /** What the chat template gets as `enable_thinking`. */
  enableThinking: boolean;
  /** The last message is the assistant's reference answer. */
  messages: Message[];
  expect: Expect;
  /** Encode the final answer one character at a time (see render.ts). */
  spelled: boolean;
  /** Identifies the question apart from its wording; used to keep the splits apart. */
  key: string;
}

export interface Wordings {
  train: string[];
  heldout: string[];
}

/** One question with its answer, before wording and thinking mode are chosen. */
export interface Instance {
  /** Names the values asked about. */
  key: string;
  /** Values for the wording's slots. */
  slots: Record<string, string>;
  think: string;
  answer: string;
  /** Default: the answer, exactly. */
  expect?: Expect;
  /** Earlier turns. */
  before?: Message[];
  system?: string;
  spelled?: boolean;
}

export interface TaskContext {
  random: Random;
  language: Language;
  split: Split;
}

export interface Task {
  name: string;
  /** Share inside its skill. */
  weight: number;
  /** So few distinct questions that held-out ones differ by wording only. */
  smallSpace?: boolean;
  /** No politeness around the question (the whole text matters, e.g. greetings). */
  bare?: boolean;
  wordings: Record<Language, Wordings>;
  make(context: TaskContext): Instance;
}

export interface Skill {
  name: string;
  tasks: Task[];
}
