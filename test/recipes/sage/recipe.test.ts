/** The recipe on SAGE: what the oracle says, how variants are written, and trials of a few steps. */

import { expect, it } from "vitest";
import { people, ships, words } from "../../../recipes/sage/domains.ts";
import { writtenVariants } from "../../../recipes/sage/labelled.ts";
import { bestOf, yields } from "../../../recipes/sage/measure.ts";
import { notation, write } from "../../../recipes/sage/notation.ts";
import recipe from "../../../recipes/sage/recipe.ts";
import { variantTypes } from "../../../recipes/sage/variant-types.ts";
import { wordTokenizer } from "../../../recipes/sage/word-tokenizer.ts";
import { World } from "../../../recipes/sage/world.ts";
import { isValid } from "../../../src/evaluate/sage/index.ts";
import { createRandom } from "../../../src/nn/random.ts";

const typeOf = (id: string) => variantTypes.find((type) => type.id === id)!;
const [restate, reverse] = [typeOf("restate"), typeOf("reverse")];
const [negate, critical] = [typeOf("negate"), typeOf("critical")];

it("finds what careful writers write valid, in both worlds and all types", () => {
  for (const domain of [people, ships]) {
    const world = new World(domain, 3);
    const random = createRandom(3, "test");
    for (let i = 0; i < 200; i++) {
      const source = world.item(random);
      for (const type of variantTypes) {
        const variant = world.variant(type, source, random);
        expect(world.isValid(type, source, variant), `${type.id}${write(variant)}`).toBe(true);
        expect(notation.read(write(variant))).toEqual(variant);
      }
    }
  }
});

it("labels what is wrong, axis by axis", () => {
  const world = new World(people, 5);
  const { entities } = people;
  const ada = world.valueOf("color", "ada");
  const having = entities.filter((each) => world.valueOf("color", each) === ada);
  const lacking = entities.filter((each) => world.valueOf("color", each) !== ada);
  const other = having.find((each) => each !== "ada")!;
  const wrong = people.relations.color!.filter((each) => each !== ada);
  const source = { question: "which color ada", choices: [ada, wrong[0]!, wrong[1]!], label: 0 };
  const asks = (question: string, choices: string[], label = 0) => ({ question, choices, label });
  const [x, y] = lacking as [string, string];
  const right = { type: true, label: true, unique: true };
  const who = asks(`has color ${ada}`, ["ada", x, y]);
  expect(world.judge(reverse, source, who)).toEqual(right);
  expect(world.judge(negate, source, who)).toEqual({ ...right, type: false });
  expect(world.judge(reverse, source, { ...who, label: 1 })).toEqual({ ...right, label: false });
  const two = asks(`has color ${ada}`, ["ada", x, other]);
  expect(world.judge(reverse, source, two)).toEqual({ ...right, unique: false });
  const without = asks(`has color ${ada}`, [other, x, y]); // of the same value, not of the same fact
  expect(world.judge(reverse, source, without)).toEqual({ ...right, type: false });
  const lacks = asks(`lacks color ${ada}`, ["ada", x, other], 1);
  expect(world.judge(negate, source, lacks)).toEqual(right);
  const gone = asks(source.question, [wrong[0]!, wrong[1]!, "none"], 2);
  expect(world.judge(critical, source, gone)).toEqual(right);
  const there = asks(source.question, [ada, wrong[1]!, "none"], 2);
  expect(world.judge(critical, source, there)).toEqual({ type: false, label: false, unique: true });
  const said = asks("tell color ada", [...source.choices]);
  expect(world.judge(restate, source, said)).toEqual(right);
  expect(world.judge(restate, source, source).type).toBe(false);
  expect(world.isValid(restate, source, asks("tell color ada", [ada, ...wrong.slice(1)]))).toBe(
    false, // judged right, but the choices are others: the programmatic check sees it
  );
});

it("keeps facts of training, validation and test apart, and spoils the share asked for", () => {
  const world = new World(people, 1);
  const of = (split: "train" | "validation" | "held") =>
    writtenVariants({ world, split, count: 300, seed: 1 }, 0.3);
  const facts = (split: "train" | "validation" | "held") =>
    new Set(of(split).map(({ source }) => source.question.split(" ").slice(1).join(" ")));
  const [train, validation, held] = [facts("train"), facts("validation"), facts("held")];
  expect([...validation, ...held].filter((fact) => train.has(fact))).toEqual([]);
  expect([...held].filter((fact) => validation.has(fact))).toEqual([]);
  expect([train.size, validation.size, held.size]).toEqual([24, 6, 6]);
  const spoiled = of("train").filter(({ labels }) => !isValid(labels)).length;
  expect(spoiled).toBeGreaterThan(60);
  expect(spoiled).toBeLessThan(120);
});

it("writes words as tokens and refuses others", () => {
  const tokenizer = wordTokenizer(words);
  const text = " which color ada red blue pink = red";
  expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  expect(tokenizer.encode(text)).toHaveLength(8);
  expect(() => tokenizer.encode(" which colour")).toThrow('"colour" is no word');
  expect(() => notation.read(" which color ada red blue = green")).toThrow("one of them behind =");
});

it("counts yields as by hand", () => {
  const one = (score: number, valid: boolean, text = "") => ({
    ...{ type: "restate", text, tokens: 5, score, isValid: valid },
  });
  const group = [one(0.2, true), one(0.9, false), one(0.8, true, "b")];
  expect(bestOf(group)).toBe(group[1]);
  expect(yields(group, group, 0.8)).toEqual({
    ...{ valid: 2 / 3, accepted: 2 / 3, validAccepted: 1 / 3, gap: 0 },
    ...{ precision: 1 / 2, distinct: 1, tokensPerValid: 15 },
  });
});

it("runs trials of a few steps on every arm", async () => {
  const { settings, arms } = recipe.presets.quick;
  const small = {
    ...(settings as object),
    ...{ width: 16, layers: 1, baseSteps: 2, sftSteps: 2, verifierSteps: 2, written: 20 },
    ...{ drafted: 8, rounds: 1, promptsPerRound: 4, candidates: 2, items: 2, labelledForTest: 40 },
  };
  for (const arm of arms) {
    const signal = new AbortController().signal;
    const context = { arm, seed: 1, settings: small, dir: "", signal, progress: () => {} };
    const { metrics, curves } = await recipe.runTrial(context);
    for (const [name, value] of Object.entries(metrics)) {
      expect(Number.isFinite(value), name).toBe(true);
      expect(Object.keys(recipe.columns)).toContain(name);
    }
    expect("auroc" in metrics).toBe(arm === "sft");
    expect(curves?.valid?.length).toBe(arm.startsWith("rl") ? 1 : undefined);
  }
});
