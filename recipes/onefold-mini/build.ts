// From a task to a whole conversation: wording, politeness, thinking mode.
import { hash32, type Random } from "./random.ts";
import type { Example, Instance, Language, Message, Mode, Skill, Split, Task } from "./types.ts";
import { expand } from "./wording.ts";

const PREFIXES: Record<Language, string[]> = {
  en: [
    ...["Hi! ", "Hello, ", "Question: ", "Quick question: ", "I need help. ", "Please help me: "],
    ...["Can you help me? ", "Could you help me? ", "Can you do this? ", "Could you answer this? "],
    ...["Here is a question. ", "Here is a task: ", "Look at this. ", "Please tell me: "],
  ],
  zh: [
    ...[
      "你好，",
      "问题：",
      "你好！",
      "帮帮我：",
      "我有个问题：",
      "请看：",
      "请回答：",
      "能帮我吗？",
    ],
    ...["这里有一个问题：", "请告诉我：", "麻烦看一下："],
  ],
};
const SUFFIXES: Record<Language, string[]> = {
  en: [" Thanks!", " Thank you.", " Please help."],
  zh: ["谢谢！", "谢谢。", "麻烦了。"],
};

/**
 * Wraps a question in politeness. Training sees a prefix or a suffix; held-out questions may have
 * both at once, which never happens in training.
 */
function wrap(random: Random, language: Language, split: Split, text: string): string {
  const kind = random.weighted(split === "train" ? [0.6, 0.28, 0.12, 0] : [0.7, 0.1, 0.1, 0.1]);
  const isPlainStart = /^[\p{L}\p{N}]/u.test(text);
  const isClosed = /[.?!。？！]$/.test(text);
  const prefix = (kind === 1 || kind === 3) && isPlainStart ? random.pick(PREFIXES[language]) : "";
  const suffix = (kind === 2 || kind === 3) && isClosed ? random.pick(SUFFIXES[language]) : "";
  return prefix + text + suffix;
}

/** How people type: now and then no capital, no final mark. */
function roughen(random: Random, pattern: string, text: string): string {
  let rough = text;
  if (random.chance(0.08) && /^\[?[A-Z][a-z]/.test(pattern)) {
    rough = rough[0]!.toLowerCase() + rough.slice(1);
  }
  if (random.chance(0.06)) rough = rough.replace(/ ?[.?。？]$/, "");
  return rough;
}

const MODES: [Mode, number][] = [
  ["default", 0.7],
  ["/think", 0.1],
  ["/no_think", 0.08],
  ["disabled", 0.12],
];

/** One part in eight of all values, chosen by a hash, belongs to the held-out split for ever. */
export const isHeldout = (task: string, key: string) => hash32(`${task}:${key}`) % 8 === 0;

function draw(random: Random, task: Task, language: Language, split: Split): Instance {
  for (let tries = 0; tries < 1000; tries++) {
    const instance = task.make({ random, language, split });
    if (task.smallSpace || isHeldout(task.name, instance.key) === (split === "heldout"))
      return instance;
  }
  throw new Error(`${task.name}: no ${split} values in 1000 tries; expected a larger value space`);
}

/** Puts a soft switch into the conversation; the last one in it wins, as in Qwen3. */
function putSwitch(random: Random, messages: Message[], mode: "/think" | "/no_think"): void {
  const last = messages.at(-1)!;
  const system = messages.find((m) => m.role === "system");
  if (system && random.chance(0.2)) system.content += ` ${mode}`;
  else last.content = random.chance(0.15) ? `${mode} ${last.content}` : `${last.content} ${mode}`;
  const earlier = messages.filter((m) => m.role === "user" && m !== last);
  if (last.content.includes(mode) && earlier.length > 0 && random.chance(0.3)) {
    random.pick(earlier).content += random.chance(0.5) ? " /think" : " /no_think";
  }
}

/** Builds one example of a task. */
export function buildExample(options: {
  random: Random;
  skill: Skill;
  task: Task;
  language: Language;
  split: Split;
  mode?: Mode;
}): Example {
  const { random, skill, task, language, split } = options;
  const instance = draw(random, task, language, split);
  const pattern = random.pick(task.wordings[language][split]);
  let text = expand(random, pattern, instance.slots);
  if (!task.bare) text = roughen(random, pattern, wrap(random, language, split, text));

  const mode = options.mode ?? MODES[random.weighted(MODES.map(([, weight]) => weight))]![0];
  const messages: Message[] = [
    ...(instance.system ? [{ role: "system" as const, content: instance.system }] : []),
    ...(instance.before ?? []),
    { role: "user", content: text },
  ];
  if (mode === "/think" || mode === "/no_think") putSwitch(random, messages, mode);
  const isThinking = mode === "default" || mode === "/think";
  messages.push({
    role: "assistant",
    content: instance.answer,
    ...(isThinking ? { reasoning_content: instance.think } : {}),
  });
  return {
    skill: skill.name,
    task: task.name,
    language,
    mode,
    enableThinking: mode !== "disabled",
    messages,
    expect: instance.expect ?? { kind: "equals", value: instance.answer },
    spelled: instance.spelled ?? false,
    key: instance.key,
  };
}
