/** Questions made from scenes: every form's right answer follows from the tables. */

import { createRandom, pick, type Random, shuffleBy } from "../../../nn/random.ts";
import { reorder } from "../arrange.ts";
import {
  type Form,
  forms,
  type Language,
  noneOfTheAbove,
  orderingQuestion,
  type ProDoc,
  type ProItem,
  type ProTags,
} from "../forms.ts";
import type { ProData } from "../read-published.ts";
import { chinese } from "./chinese.ts";
import { english } from "./english.ts";
import type { Event, Scene, World } from "./scene.ts";

const worlds: Record<Language, World> = { en: english, zh: chinese };

interface Wording {
  readonly reverse: string;
  readonly causal: string;
  readonly negation: string;
  readonly change: string;
  readonly noneFits: string;
  readonly gap: string;
}

const wordings: Record<Language, Wording> = {
  en: {
    reverse: "What could have been before?",
    causal: "What is the reason?",
    negation: "What will not happen?",
    change: "But then everything changes.",
    noneFits: "None of the other options has to do with it.",
    gap: " ",
  },
  zh: {
    reverse: "之前可能发生了什么？",
    causal: "原因是什么？",
    negation: "接下来不会发生什么？",
    change: "可是后来情况变了。",
    noneFits: "其他选项都与此无关。",
    gap: "",
  },
};

export interface GenerateOptions {
  /** Questions, each in eight forms (default 32, one for every event; most 256). */
  readonly questions?: number;
  readonly seed?: number;
}

/** Names and events differ by no more than the tables: events that are repeated have another name. */
const MOST_QUESTIONS = 256;

/**
 * A small set of our own: 32 everyday events in eight categories. It is far easier to tell apart than
 * the published questions, and shows how a model takes the forms, not how much it knows.
 *
 * @example
 * const { items } = generateHellaswagPro("en", { questions: 4, seed: 1 }); // 32 items
 */
export function generateHellaswagPro(
  language: Language,
  { questions = 32, seed = 0 }: GenerateOptions = {},
): ProData {
  if (!Number.isInteger(questions) || questions < 1 || questions > MOST_QUESTIONS) {
    throw new RangeError(`questions must be 1 to ${MOST_QUESTIONS}, found ${questions}`);
  }
  const { scenes, names, exampleScene } = worlds[language];
  const random = createRandom(seed, `hellaswag-pro/${language}`);
  const events = shuffleBy(
    scenes.flatMap((scene) => scene.events.map((_, place) => ({ scene, place }))),
    random.below,
  );
  const called = events.map(() => random.below(names.length));
  const items = Array.from({ length: questions }, (_, i) => {
    const { scene, place } = events[i % events.length]!;
    const who = names[(called[i % events.length]! + Math.floor(i / events.length)) % names.length]!;
    const foreign = pick(
      random,
      scenes.filter((other) => other !== scene),
    );
    const teller = createTeller(language, {
      scene,
      place,
      foreign,
      who,
      isNone: i % 2 === 1,
      random,
    });
    const question = `${language}/${i}`;
    const { category, topic } = scene;
    const tags = { question, category, topic, event: `${topic}/${place}` };
    return forms.map((form): ProItem => {
      const { reasoning: _, ...doc } = teller(form);
      const own: ProTags = { ...tags, variant: form };
      return { id: `${question}/${form}`, doc, tags: own };
    });
  });
  const examples = [0, 1, 2].flatMap((place) => {
    const foreign = pick(random, scenes);
    const who = names[place]!;
    const isNone = place === 1;
    const story = { scene: exampleScene, place, foreign, who, isNone, random };
    return forms.map(createTeller(language, story));
  });
  return { items: items.flat(), examples };
}

interface Story {
  readonly scene: Scene;
  /** Which of the scene's events is told. */
  readonly place: number;
  /** A scene whose contexts have none of the endings. */
  readonly foreign: Scene;
  readonly who: string;
  /** Whether no choice of the critical form fits. */
  readonly isNone: boolean;
  readonly random: Random;
}

/** Tells a story in each of the forms, with choices in random order. */
function createTeller(language: Language, story: Story): (form: Form) => ProDoc {
  const { scene, place, foreign, who, isNone, random } = story;
  const words = wordings[language];
  const join = (...sentences: string[]): string => sentences.join(words.gap);
  const told = (sentence: string): string => sentence.replaceAll("{who}", who);
  const events = scene.events.map((event) => event.map(told) as unknown as Event); // same length
  const [context, contextRestated, ending, endingRestated, cause, after] = events[place]!;
  const other = (place + 1 + random.below(3)) % 4;
  const endings = events.map((event) => event[2]);

  const choose = (
    form: Form,
    asked: string,
    choices: readonly string[],
    label: number,
    reasoning = cause,
  ): ProDoc => {
    const doc: ProDoc = { form, language, context: asked, choices, label, reasoning };
    const free = form === "critical" ? 4 : choices.length; // "none" stays at the end
    const mixed = shuffleBy([...choices.keys()].slice(0, free), random.below);
    const { order: _, ...arranged } = reorder(doc, [...mixed, ...[...choices.keys()].slice(free)]);
    return arranged;
  };

  const tellers: Record<Form, () => ProDoc> = {
    original: () => choose("original", context, endings, place),
    restatement() {
      const choices = endings.with(place, endingRestated);
      return choose("restatement", contextRestated, choices, place);
    },
    reverse() {
      const contexts = events.map((event) => event[0]);
      return choose("reverse", join(ending, words.reverse), contexts, place);
    },
    causal() {
      const causes = events.map((event) => event[4]);
      return choose("causal", join(context, ending, words.causal), causes, place);
    },
    ordering() {
      const sentences = [told(scene.opening), context, ending, after];
      const shown = shuffleBy([0, 1, 2, 3], random.below); // at each place, which sentence
      const lines = shown.map((sentence, i) => `${i + 1}. ${sentences[sentence]}`);
      const right = sentences.map((_, sentence) => shown.indexOf(sentence) + 1).join("-");
      const orders = new Set([right]);
      while (orders.size < 4) orders.add(shuffleBy([1, 2, 3, 4], random.below).join("-"));
      return choose("ordering", join(...lines, orderingQuestion[language]), [...orders], 0);
    },
    refinement() {
      const changed = join(context, words.change, events[other]![0]);
      return choose("refinement", changed, endings, other, events[other]![4]);
    },
    negation() {
      const choices = [endings[other]!, ending, after, cause];
      return choose("negation", join(context, words.negation), choices, 0);
    },
    critical() {
      const asked = isNone ? told(pick(random, foreign.events)[0]) : context;
      const choices = [...endings, noneOfTheAbove[language]];
      return choose(
        "critical",
        asked,
        choices,
        isNone ? 4 : place,
        isNone ? words.noneFits : cause,
      );
    },
  };
  return (form) => tellers[form]();
}
