// The recipe's data: an endless training stream and a held-out evaluation set.
import { buildExample } from "./build.ts";
import { createRandom, type Random } from "./random.ts";
import { SKILLS } from "./skills/index.ts";
import type { Example, Language, Mode, Skill, Split } from "./types.ts";

/** Share of each skill in training, tuned to how hard it is to learn. */
export const mixture: Record<string, number> = {
  arithmetic: 2,
  comparison: 1.1,
  "sorting and counting": 1.5,
  "dates and calendars": 1.4,
  "unit conversion": 1,
  "number words": 1.1,
  tables: 1.4,
  json: 0.9,
  "string edits": 1.7,
  "format instructions": 1.2,
  "two-turn memory": 1,
  "honest refusal": 1.1,
  "small talk": 0.4,
};

/** Share of training examples that stand behind other questions in the same conversation. */
export const FOLLOW_UP_SHARE = 0.3;

const LANGUAGES: Language[] = ["en", "zh"];

function findSkill(name: string): Skill {
  const skill = SKILLS.find((s) => s.name === name);
  if (skill) return skill;
  const names = SKILLS.map((s) => s.name).join(", ");
  throw new Error(`skill "${name}" does not exist; expected one of ${names}`);
}

function nextExample(
  random: Random,
  split: Split,
  more: { skill?: Skill; language?: Language; mode?: Mode },
): Example {
  const skill = more.skill ?? SKILLS[random.weighted(SKILLS.map((s) => mixture[s.name]!))]!;
  const task = skill.tasks[random.weighted(skill.tasks.map((t) => t.weight))]!;
  const language = more.language ?? random.pick(LANGUAGES);
  return buildExample({ random, skill, task, language, split, mode: more.mode });
}

/**
 * The example as a later question of a conversation: one or two exchanges of any skill stand before
 * it, answered rightly and, as the template renders earlier turns, without their thinking.
 */
function followUp(random: Random, split: Split, example: Example): Example {
  const earlier = Array.from({ length: random.chance(0.7) ? 1 : 2 }, () => {
    const language = random.chance(0.8) ? example.language : random.pick(LANGUAGES);
    return nextExample(random, split, { language, mode: "default" });
  });
  const turns = earlier.flatMap(({ messages }) =>
    messages.flatMap(({ role, content }) => (role === "system" ? [] : [{ role, content }])),
  );
  const system = example.messages.filter(({ role }) => role === "system");
  const own = example.messages.filter(({ role }) => role !== "system");
  return { ...example, messages: [...system, ...turns, ...own] };
}

export interface GenerateOptions {
  seed: string | number;
  split: Split;
  n: number;
  /** One skill by name; default: all, mixed by `mixture`. */
  skill?: string;
  language?: Language;
  /** Default: training's mix of thinking modes. */
  mode?: Mode;
  /** Share of examples that stand behind other questions (default 0). */
  followUps?: number;
}

/**
 * Makes `n` examples; the same options always give the same examples.
 * @example
 * generate({ seed: 1, split: "train", skill: "arithmetic", n: 3 });
 */
export function generate(options: GenerateOptions): Example[] {
  const { seed, split, n, language, mode, followUps = 0 } = options;
  const skill = options.skill === undefined ? undefined : findSkill(options.skill);
  const random = createRandom(`${split}/${seed}/${skill?.name ?? "*"}`);
  return Array.from({ length: n }, () => {
    const example = nextExample(random, split, { skill, language, mode });
    const isFollowUp = followUps > 0 && random.chance(followUps);
    return isFollowUp ? followUp(random, split, example) : example;
  });
}

/** The endless training stream: skills by `mixture`, both languages evenly. */
export function* trainingExamples(seed: string | number): Generator<Example, never> {
  const random = createRandom(`train/${seed}/*`);
  while (true) yield nextExample(random, "train", {});
}

/**
 * The evaluation set: `perSkill` questions of each skill, both languages in turn, in wordings (and,
 * where the value space allows, with values) that training never shows. No question twice.
 * @param mode how thinking is asked for; "default" thinks
 * @param isFollowUp whether each question stands behind other held-out ones
 */
export function heldoutExamples(
  seed: string | number,
  perSkill: number,
  mode: Mode = "default",
  isFollowUp = false,
): Example[] {
  return SKILLS.flatMap((skill) => {
    const random = createRandom(`heldout/${seed}/${skill.name}`);
    const seen = new Set<string>();
    return Array.from({ length: perSkill }, (_, i) => {
      const language = LANGUAGES[i % 2]!;
      let example = nextExample(random, "heldout", { skill, language, mode });
      // Small skills (greetings) have few questions; after some tries a repeat is accepted.
      for (let tries = 0; tries < 50 && seen.has(textOf(example)); tries++) {
        example = nextExample(random, "heldout", { skill, language, mode });
      }
      seen.add(textOf(example));
      return isFollowUp ? followUp(random, "heldout", example) : example;
    });
  });
}

/** A question as the model sees it, without its answer. */
export const textOf = (example: Example) =>
  JSON.stringify(example.messages.slice(0, -1).map((m) => [m.role, m.content]));
