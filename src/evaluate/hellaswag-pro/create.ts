/** The built-in benchmark `hellaswag-pro`, from settings as people write them. */

import { nearest } from "../../task/grammar/suggest.ts";
import { chatModes } from "../task/define-task.ts";
import type { EvalTask } from "../types.ts";
import { forms, languages } from "./forms.ts";
import { modes } from "./prompts.ts";
import { readPublished } from "./read-published.ts";
import type { hellaswagProSettings } from "./settings.ts";
import { hellaswagProTask, scores } from "./task.ts";
import { generateHellaswagPro } from "./world/generate.ts";

export interface HellaswagProFrom {
  /** Folder of a copy in the published layout; without it, questions are made. */
  readonly data?: string;
  readonly fewshot?: number;
  readonly settings?: Readonly<Partial<Record<keyof typeof hellaswagProSettings, string>>>;
}

/**
 * A task for each language.
 *
 * @throws Error for a value that is not known, or a folder without the data set
 * @example
 * const tasks = await createHellaswagPro({ settings: { language: "en", mode: "letter" } });
 */
export async function createHellaswagPro({
  data,
  fewshot,
  settings = {},
}: HellaswagProFrom = {}): Promise<EvalTask[]> {
  const language = oneOf("language", settings.language ?? "both", [...languages, "both"]);
  const chosen = settings.variants?.split("+").map((name) => oneOf("variants", name.trim(), forms));
  const mode = oneOf("mode", settings.mode ?? "likelihood", modes);
  const prompt = settings.prompt && oneOf("prompt", settings.prompt, languages);
  const { shuffle = "0" } = settings;
  const questions = settings.questions && wholeNumber("questions", settings.questions);
  const maxTokens = settings["max-tokens"] && wholeNumber("max-tokens", settings["max-tokens"]);
  const common = {
    fewshot,
    forms: chosen,
    mode,
    prompt: prompt || undefined,
    shuffle: shuffle === "none" ? ("none" as const) : wholeNumber("shuffle", shuffle),
    context: oneOf("context", settings.context ?? "own", ["own", "other"]),
    profile: oneOf("profile", settings.profile ?? "fixed", ["fixed", "paper"]),
    score: oneOf("score", settings.score ?? "acc", scores),
    chat: oneOf("chat", settings.chat ?? "none", chatModes),
    maxTokens: maxTokens || undefined,
  };
  const asked = language === "both" ? languages : [language];
  const tasks: EvalTask[] = [];
  for (const each of asked) {
    const kind = { prompt: common.prompt ?? each, isCrossLingual: mode === "xlt" };
    const found =
      data === undefined
        ? generateHellaswagPro(each, { questions: questions || undefined })
        : await readPublished(data, each, kind);
    const from = data === undefined ? "generated" : "published";
    tasks.push(hellaswagProTask({ ...common, ...found, language: each, data: from }));
  }
  return tasks;
}

function oneOf<T extends string>(setting: string, value: string, known: readonly T[]): T {
  const found = known.find((each) => each === value);
  if (found) return found;
  const like = nearest(value, known);
  const hint = like ? `did you mean ${like}?` : `expected ${known.join(", ")}`;
  throw new Error(`hellaswag-pro: ${setting} is "${value}"; ${hint}`);
}

function wholeNumber(setting: string, value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new Error(`hellaswag-pro: ${setting} is "${value}"; expected a whole number`);
}
