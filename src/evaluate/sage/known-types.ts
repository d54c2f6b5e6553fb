/**
 * The seven forms of HellaSwag-Pro as types of variants, for contexts with endings ("events") and
 * for questions about facts ("facts": MMLU and the like).
 */

import { createRandom } from "../../nn/random.ts";
import { nearest } from "../../task/grammar/suggest.ts";
import { noneOfTheAbove, type Variant, variantNames } from "../hellaswag-pro/forms.ts";
import {
  allOf,
  asksOtherRight,
  hidesRight,
  type Invariant,
  isNegated,
  keepsChoices,
  keepsWrongChoices,
  languageOf,
  negates,
  otherWords,
  questionIsRight,
  quotesQuestion,
  quotesRight,
  rightBecomesWrong,
  rightOf,
  sameCount,
  sameLanguage,
} from "./invariants.ts";
import { sentenceLimits, sentencesOf } from "./ordering.ts";
import { fold, sameSet } from "./reward.ts";
import type { ChoiceContent, VariantType } from "./types.ts";
import type { VariantRecord } from "./variant-file.ts";

export const domains = ["events", "facts"] as const;
/** "events": choices continue a context; "facts": they answer a question. */
export type Domain = (typeof domains)[number];

export interface KnownType extends VariantType {
  readonly id: Variant;
  /** What `problem` checks, for people. */
  readonly invariants: string;
  /** What guessing scores on a variant of the item. */
  readonly chance: (source: ChoiceContent) => number;
  /** Whether a set of this domain is asked for it unless its types are named. */
  readonly isUsual: boolean;
}

interface Described {
  readonly definition: Readonly<Record<Domain, string>>;
  readonly invariants: string;
  readonly check: Invariant;
  readonly applies?: (item: ChoiceContent) => boolean;
  readonly derive?: VariantType["derive"];
  readonly usual: readonly Domain[];
  readonly chance?: (source: ChoiceContent) => number;
}

const ofChoices = ({ choices }: ChoiceContent): number => 1 / choices.length;
const NONE_OR_ALL = /\b(?:none|all|both|neither)\b.*\b(?:above|these|of)\b|以上/i;
/** "All of the above" and letters that stand for others mean nothing among other choices. */
const standsAlone = ({ choices }: ChoiceContent): boolean =>
  !choices.some((choice) => NONE_OR_ALL.test(choice) || /^\(?[A-H]\)? (?:and|or) /.test(choice));

const described: Readonly<Record<Variant, Described>> = {
  restatement: {
    definition: {
      events:
        "The context, and its right ending, in other words: the meaning does not change, and the wrong endings stay as they are.",
      facts:
        "The question in other words: the meaning does not change, the wrong choices stay as they are, and the right one may be reworded.",
    },
    invariants:
      "as many choices, the same wrong ones, and a question that shares less than 0.8 of its words",
    check: allOf(sameCount, keepsWrongChoices, otherWords(0.8)),
    usual: domains,
  },
  reverse: {
    definition: {
      events:
        "The source's right ending is given, and the question asks which context could come before it. The right choice is the source's context; the others are contexts that it could not follow.",
      facts:
        "The source's right choice is given, and the variant asks which question it answers. The right choice is the source's question; the others are questions with other answers.",
    },
    invariants:
      "as many choices, the source's question as the right one, its right choice in the question",
    check: allOf(sameCount, quotesRight, questionIsRight),
    applies: standsAlone,
    usual: domains,
  },
  causal: {
    definition: {
      events:
        "The context and its right ending are given, and the question asks for the reason. The right choice is a plausible cause; the others are not.",
      facts:
        "The question and its right choice are given, and the variant asks for the reason why it is right. The right choice is that reason; the others are not.",
    },
    invariants:
      "as many choices, question and right choice of the source in the question, and that choice not offered again",
    check: allOf(sameCount, quotesQuestion, quotesRight, hidesRight),
    applies: standsAlone,
    usual: ["events"],
  },
  ordering: {
    definition: {
      events:
        "Sentences that tell one course of events, the context and the right ending among them, to be put in order. One order alone makes sense.",
      facts:
        "Sentences that explain the right answer step by step, the answer among them, to be put in order. One order alone makes sense.",
    },
    invariants: `${sentenceLimits.least} to ${sentenceLimits.most} numbered sentences, the source's right choice among them; choices are orders of all of them`,
    check: ordersSentences,
    applies: standsAlone,
    usual: ["events"],
    chance: () => 1 / 4,
  },
  refinement: {
    definition: {
      events:
        "The context is changed or goes on, so that a different one of the same endings becomes the right one.",
      facts:
        "The question's conditions are changed, so that a different one of the same choices becomes the right one.",
    },
    invariants: "the same choices, another of them right, another question",
    check: allOf(keepsChoices, asksOtherRight, otherWords(1)),
    applies: standsAlone,
    usual: ["events"],
  },
  negation: {
    definition: {
      events:
        "Asks what will NOT happen. The right choice is the one ending that would not happen; the others are plausible, the source's right ending among them.",
      facts:
        "Asks for what is NOT so, about the same knowledge. The right choice is the one that is not so; all others are, the source's right choice among them.",
    },
    invariants:
      "as many choices, a negation in the question, the source's right choice a wrong one",
    check: allOf(sameCount, negates, rightBecomesWrong),
    applies: (item) => standsAlone(item) && !isNegated(item.question),
    usual: domains,
  },
  critical: {
    definition: {
      events:
        'A last choice, "none of the above", is added. Where it is to be right, the context is changed so that none of the endings fits any more; otherwise it stays, and so does the right ending.',
      facts:
        'A last choice, "none of the above", is added. Where it is to be right, the question is changed so that none of the choices answers it any more; otherwise it stays, and so does the right choice.',
    },
    invariants:
      'the source\'s choices and "none of the above" behind them; right for the half of items that are told by their text',
    check: allOf(addsNone, keepsOrChanges),
    applies: standsAlone,
    derive: (source) =>
      wantsNone(source)
        ? undefined
        : {
            question: source.question,
            label: source.label,
            choices: [...source.choices, noneOfTheAbove[languageOf(source.question)]],
          },
    usual: domains,
    chance: ({ choices }) => 1 / (choices.length + 1),
  },
};

/** Types by domain, in HellaSwag-Pro's order. */
export const knownTypes = (domain: Domain): KnownType[] =>
  variantNames.map((id) => {
    const { definition, check, usual, chance = ofChoices, ...rest } = described[id];
    return {
      ...rest,
      id,
      definition: definition[domain],
      problem: allOf(sameLanguage, check),
      chance,
      isUsual: usual.includes(domain),
    };
  });

/**
 * Types by their names, or the usual ones of the domain.
 *
 * @throws Error for a name that is none, naming the nearest
 */
export function chooseTypes(domain: Domain, names?: readonly string[]): KnownType[] {
  const known = knownTypes(domain);
  if (!names) return known.filter(({ isUsual }) => isUsual);
  return [...new Set(names.map((name) => name.trim()))].map((name) => {
    const found = known.find(({ id }) => id === name);
    if (found) return found;
    const like = nearest(name, variantNames);
    const hint = like ? `did you mean ${like}?` : `expected ${variantNames.join(", ")}`;
    throw new Error(`no type of variants is called "${name}"; ${hint}`);
  });
}

/** What people are told of a variant's type; undefined for types of one's own. */
export function definitionOf(variant: Pick<VariantRecord, "type" | "context">): string | undefined {
  const domain = variant.context === undefined ? "facts" : "events";
  return knownTypes(domain).find(({ id }) => id === variant.type)?.definition;
}

/** For half of the items, told by their text alone, "none of the above" is to be right. */
export const wantsNone = ({ question }: ChoiceContent): boolean =>
  createRandom(0, `critical ${fold(question)}`).below(2) === 1;

function addsNone({ question, choices }: ChoiceContent, variant: ChoiceContent) {
  const none = noneOfTheAbove[languageOf(question)];
  const kept = variant.choices.slice(0, -1).map(fold);
  if (fold(variant.choices.at(-1) ?? "") !== fold(none)) return `the last choice is not "${none}"`;
  return sameSet(kept, choices.map(fold)) ? undefined : "the other choices are not the source's";
}

function keepsOrChanges(source: ChoiceContent, variant: ChoiceContent) {
  const isSame = fold(source.question) === fold(variant.question);
  const right = fold(rightOf(variant));
  if (!wantsNone(source)) {
    if (!isSame) return "the question is not the source's";
    return right === fold(rightOf(source)) ? undefined : "the right choice is not the source's";
  }
  if (isSame) return "the question is that of the source";
  return variant.label === variant.choices.length - 1
    ? undefined
    : "the right choice is not the last one";
}

function ordersSentences(source: ChoiceContent, variant: ChoiceContent): string | undefined {
  const sentences = sentencesOf(variant);
  if (!sentences) return "the question has no numbered sentences that the right choice orders";
  const { least, most } = sentenceLimits;
  if (sentences.length < least || sentences.length > most) {
    return `${sentences.length} sentences, expected ${least} to ${most}`;
  }
  const numbers = sentences.map((_, i) => String(i + 1)).join("");
  const isOrder = (choice: string) => choice.split("-").sort().join("") === numbers;
  if (!variant.choices.every(isOrder)) return "a choice is no order of all sentences";
  return quotesRight(source, variant);
}
