import { beforeAll, describe, expect, it } from "vitest";
import { isHeldout } from "../../../recipes/onefold-mini/build.ts";
import {
  generate,
  heldoutExamples,
  mixture,
  textOf,
  trainingExamples,
} from "../../../recipes/onefold-mini/data.ts";
import { grade } from "../../../recipes/onefold-mini/grade.ts";
import { SKILLS } from "../../../recipes/onefold-mini/skills/index.ts";
import { innerWordings } from "../../../recipes/onefold-mini/skills/memory.ts";
import { TOPICS } from "../../../recipes/onefold-mini/topics.ts";
import type { Example, Language } from "../../../recipes/onefold-mini/types.ts";
import { countForms, listForms } from "../../../recipes/onefold-mini/wording.ts";

const LANGUAGES: Language[] = ["en", "zh"];
const tasks = SKILLS.flatMap((skill) => skill.tasks);
let train: Example[];
let heldout: Example[];

beforeAll(() => {
  train = generate({ seed: 5, split: "train", n: 12_000 });
  heldout = heldoutExamples(5, 120);
});

describe("every example", () => {
  it("has a reference answer that its own grader accepts", () => {
    for (const example of [...train, ...heldout]) {
      const answer = example.messages.at(-1)!;
      expect(answer.role).toBe("assistant");
      if (!grade(example.expect, answer.content)) expect.fail(JSON.stringify(example));
    }
  });

  it("has a grader that refuses another question's answer", () => {
    const strays = heldout.filter((example, i) => {
      const other = heldout[(i + 1) % heldout.length]!.messages.at(-1)!.content;
      return other !== example.messages.at(-1)!.content && grade(example.expect, other);
    });
    expect(strays).toEqual([]);
  });

  it("thinks when its mode says so, and stays short", () => {
    for (const { mode, enableThinking, messages } of train) {
      const thinking = messages.at(-1)!.reasoning_content;
      const isThinking = mode === "default" || mode === "/think";
      expect(Boolean(thinking)).toBe(isThinking);
      expect(enableThinking).toBe(mode !== "disabled");
      expect(thinking?.length ?? 0).toBeLessThanOrEqual(160);
      const size = messages.reduce((sum, m) => sum + m.content.length, 0);
      expect(size).toBeLessThanOrEqual(320);
      for (const m of messages) expect(m.content.trim()).toBe(m.content);
    }
  });

  it("leaves no slot or choice of its wording open", () => {
    for (const example of train)
      expect(textOf(example)).not.toMatch(/undefined|NaN|\{(a|b|v|n|word|list|col|thing)\}/);
  });

  it("carries a soft switch exactly in the switch modes, and the last one wins", () => {
    for (const { mode, messages } of train) {
      const prompt = messages.slice(0, -1).filter((m) => m.role !== "assistant");
      const flags = prompt.flatMap((m) => m.content.match(/\/(no_)?think/g) ?? []);
      expect(flags.at(-1)).toBe(mode === "/think" || mode === "/no_think" ? mode : undefined);
    }
  });
});

describe("determinism", () => {
  it("gives the same examples for the same seed and others for another", () => {
    const make = (seed: number) => generate({ seed, split: "train", n: 50 });
    expect(make(3)).toEqual(make(3));
    expect(make(3)).not.toEqual(make(4));
    expect(heldoutExamples(3, 5)).toEqual(heldoutExamples(3, 5));
  });

  it("streams what generate lists", () => {
    const stream = trainingExamples(3);
    const first = Array.from({ length: 20 }, () => stream.next().value);
    expect(first).toEqual(generate({ seed: 3, split: "train", n: 20 }));
  });

  it("puts questions behind others, whose turns stay as they are and keep no thinking", () => {
    const options = { seed: 4, split: "train", n: 400 } as const;
    const alone = generate({ ...options, followUps: 0 });
    const some = generate({ ...options, followUps: 0.3 });
    const all = generate({ ...options, followUps: 1 });
    const count = (examples: Example[]) =>
      examples.filter(({ messages }) => messages.filter((m) => m.role === "user").length > 1)
        .length;
    expect(count(alone)).toBeLessThan(60); // memory's own
    expect(count(some)).toBeGreaterThan(count(alone) + 60);
    for (const { messages } of all) {
      const turns = messages.filter(({ role }) => role !== "system");
      expect(turns.length).toBeGreaterThanOrEqual(4);
      turns.forEach(({ role }, i) => {
        expect(role).toBe(i % 2 === 0 ? "user" : "assistant");
      });
      expect(turns.slice(0, -1).some((m) => m.reasoning_content !== undefined)).toBe(false);
      expect(messages.findLastIndex(({ role }) => role === "system")).toBeLessThan(1);
    }
  });

  it("names the skills when asked for an unknown one", () => {
    expect(() => generate({ seed: 1, split: "train", n: 1, skill: "poetry" })).toThrow(
      'skill "poetry" does not exist; expected one of arithmetic',
    );
  });
});

describe("balance", () => {
  it("gives both languages about half", () => {
    const share = train.filter((e) => e.language === "zh").length / train.length;
    expect(share).toBeGreaterThan(0.48);
    expect(share).toBeLessThan(0.52);
  });

  it("thinks in about eight of ten examples", () => {
    const share = train.filter((e) => e.messages.at(-1)!.reasoning_content).length / train.length;
    expect(share).toBeGreaterThan(0.77);
    expect(share).toBeLessThan(0.83);
  });

  it("follows the mixture, which names exactly the skills", () => {
    expect(Object.keys(mixture).sort()).toEqual(SKILLS.map((s) => s.name).sort());
    const total = Object.values(mixture).reduce((sum, w) => sum + w, 0);
    for (const [skill, weight] of Object.entries(mixture)) {
      const share = train.filter((e) => e.skill === skill).length / train.length;
      expect(Math.abs(share - weight / total)).toBeLessThan(0.012);
    }
  });

  it("evaluates every skill in both languages", () => {
    for (const skill of SKILLS)
      for (const language of LANGUAGES) {
        const some = heldout.filter((e) => e.skill === skill.name && e.language === language);
        expect(some.length).toBe(60);
      }
  });
});

describe("the splits", () => {
  const forms = (patterns: string[]) => patterns.flatMap(listForms);
  const bare = (text: string) => text.toLowerCase().replace(/[.?!。？！]$/u, "");

  it("share no surface form of any task, not even without capital and final mark", () => {
    for (const task of tasks)
      for (const language of LANGUAGES) {
        const { train, heldout } = task.wordings[language];
        expect(heldout.length).toBeGreaterThan(0);
        // Tasks whose whole text is a slot have their wordings elsewhere (innerWordings).
        if (train.length === 1 && /^\{\w+\}$/.test(train[0]!)) continue;
        const known = new Set(forms(train).map(bare));
        const leaks = forms(heldout).filter((form) => known.has(bare(form)));
        expect({ task: task.name, language, leaks }).toEqual({
          task: task.name,
          language,
          leaks: [],
        });
      }
  });

  it("share no surface form inside two-turn conversations", () => {
    for (const wordings of innerWordings)
      for (const language of LANGUAGES) {
        const known = new Set(forms(wordings[language].train).map(bare));
        const leaks = forms(wordings[language].heldout).filter((form) => known.has(bare(form)));
        expect(leaks).toEqual([]);
      }
  });

  it("count forms as they list them", () => {
    for (const task of tasks)
      for (const pattern of task.wordings.en.train)
        expect(listForms(pattern).length).toBe(countForms(pattern));
  });

  it("share no subject of out-of-scope questions", () => {
    for (const language of LANGUAGES)
      for (const kind of ["thing", "person", "place", "goal"] as const) {
        const known = new Set(TOPICS[language].train[kind]);
        expect(TOPICS[language].heldout[kind].filter((topic) => known.has(topic))).toEqual([]);
      }
  });

  it("share no values where the space is large", () => {
    const open = new Set(tasks.filter((t) => t.smallSpace).map((t) => t.name));
    for (const e of train) if (!open.has(e.task)) expect(isHeldout(e.task, e.key)).toBe(false);
    for (const e of heldout) if (!open.has(e.task)) expect(isHeldout(e.task, e.key)).toBe(true);
  });

  it("share no whole question", () => {
    const known = new Set(train.map(textOf));
    expect(heldout.filter((e) => known.has(textOf(e))).map(textOf)).toEqual([]);
  });
});
