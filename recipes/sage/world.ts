/**
 * The oracle world: invented facts as multiple-choice items, and a program that says for certain
 * whether a variant of one is valid. It stands in for the people who would label variants.
 */

import { gateProblem } from "../../src/evaluate/sage/index.ts";
import type {
  AxisLabels,
  ChoiceContent,
  ChoiceItem,
  VariantType,
} from "../../src/evaluate/sage/types.ts";
import { createRandom, pick, type Random, shuffleBy } from "../../src/nn/random.ts";
import { type Domain, NONE, wordings } from "./domains.ts";
import { CHOICES } from "./variant-types.ts";

/** What a question asks, in terms of facts. */
type Meaning =
  | { readonly kind: "plain"; readonly entity: string; readonly relation: string }
  | { readonly kind: "has" | "lacks"; readonly relation: string; readonly value: string };

type Plain = Meaning & { readonly kind: "plain" };

/** Which facts items are made of: seeds and prompts of training, the choice of a threshold, the test. */
export type Split = "train" | "validation" | "held";

export class World {
  readonly domain: Domain;
  /** `relation entity` -> value. */
  readonly #facts = new Map<string, string>();

  /** Each value of a relation is held by as many entities as any other. */
  constructor(domain: Domain, seed: number) {
    this.domain = domain;
    for (const [relation, values] of Object.entries(domain.relations)) {
      const random = createRandom(seed, `facts ${relation}`);
      for (const [i, entity] of shuffled(domain.entities, random).entries()) {
        this.#facts.set(`${relation} ${entity}`, values[i % values.length]!);
      }
    }
  }

  valueOf(relation: string, entity: string): string {
    return this.#facts.get(`${relation} ${entity}`)!;
  }

  /** A plain question about a fact of the split (default: about any). */
  item(random: Random, split?: Split): ChoiceItem {
    for (;;) {
      const { relation, entity } = this.#anyFact(random);
      if (split && this.splitOf(relation, entity) !== split) continue;
      const right = this.valueOf(relation, entity);
      const wrong = this.#otherValues(relation, right, random).slice(0, CHOICES - 1);
      const question = `${pick(random, wordings)} ${relation} ${entity}`;
      return { id: `${relation} ${entity}`, ...withLabel(question, right, wrong, random) };
    }
  }

  /** One fact in six each for validation and test, spread over entities and relations. */
  splitOf(relation: string, entity: string): Split {
    const { entities, relations } = this.domain;
    const place = (entities.indexOf(entity) + Object.keys(relations).indexOf(relation)) % 6;
    return place === 0 ? "validation" : place === 3 ? "held" : "train";
  }

  /** Says what somebody has, or who has something, or whether somebody has something. */
  statement(random: Random): string {
    const { relation, entity } = this.#anyFact(random);
    const value = this.valueOf(relation, entity);
    const kind = random.below(3);
    if (kind === 0) return `${entity} has ${relation} ${value} .`;
    if (kind === 1) {
      const having = this.domain.entities.filter((each) => this.valueOf(relation, each) === value);
      return `${relation} ${value} of ${shuffled(having, random).join(" ")} .`;
    }
    return random.below(2) === 0
      ? `${entity} has ${relation} ${value} = yes .`
      : `${entity} has ${relation} ${this.#otherValues(relation, value, random)[0]} = no .`;
  }

  /** A valid variant of an item, as a careful person writes one. */
  variant({ id }: VariantType, source: ChoiceContent, random: Random): ChoiceContent {
    const { relation, entity } = this.#meaningOf(source.question) as Plain; // of an item
    const value = this.valueOf(relation, entity);
    const others = shuffled(this.domain.entities, random).filter((each) => each !== entity);
    const having = others.filter((each) => this.valueOf(relation, each) === value);
    const lacking = others.filter((each) => this.valueOf(relation, each) !== value);
    if (id === "reverse") {
      const wrong = lacking.slice(0, CHOICES - 1);
      return withLabel(`has ${relation} ${value}`, entity, wrong, random);
    }
    if (id === "negate") {
      const wrong = [entity, ...having.slice(0, CHOICES - 2)];
      return withLabel(`lacks ${relation} ${value}`, lacking[0]!, wrong, random);
    }
    if (id === "critical") {
      const wrong = this.#otherValues(relation, value, random).slice(0, CHOICES - 1);
      return { question: source.question, choices: [...wrong, NONE], label: CHOICES - 1 };
    }
    const fresh = wordings.filter((each) => !source.question.startsWith(`${each} `));
    const { choices, label } = source;
    return { question: `${pick(random, fresh)} ${relation} ${entity}`, choices, label };
  }

  /** The truth about a variant. */
  judge({ id }: VariantType, source: ChoiceContent, variant: ChoiceContent): AxisLabels {
    const of = this.#meaningOf(source.question) as Plain; // of an item
    const is = this.#meaningOf(variant.question);
    const right = is ? variant.choices.filter((each) => this.#isRight(is, each, variant)) : [];
    return {
      type: is !== undefined && this.#isOfType(id, { of, source, is, variant }),
      label: right.includes(variant.choices[variant.label]!),
      unique: right.length === 1,
    };
  }

  /** Whether a variant passes the programmatic checks and is right on every axis. */
  isValid(type: VariantType, source: ChoiceContent, variant: ChoiceContent): boolean {
    const { type: isOfType, label, unique } = this.judge(type, source, variant);
    return !gateProblem(type, source, variant) && isOfType && label && unique;
  }

  /** Another choice that is right too, in place of a wrong one; undefined where there is none. */
  secondRight(variant: ChoiceContent, random: Random): ChoiceContent | undefined {
    const meaning = this.#meaningOf(variant.question);
    const right = shuffled(this.domain.entities, random).find(
      (each) => meaning && !variant.choices.includes(each) && this.#isRight(meaning, each, variant),
    );
    if (right === undefined) return undefined;
    const replaced = (variant.label + 1) % variant.choices.length;
    return {
      ...variant,
      choices: variant.choices.map((each, i) => (i === replaced ? right : each)),
    };
  }

  #anyFact(random: Random): { relation: string; entity: string } {
    const { entities, relations } = this.domain;
    return { relation: pick(random, Object.keys(relations)), entity: pick(random, entities) };
  }

  #otherValues(relation: string, value: string, random: Random): string[] {
    return shuffled(this.domain.relations[relation]!, random).filter((each) => each !== value);
  }

  #isRight(meaning: Meaning, choice: string, { choices }: ChoiceContent): boolean {
    if (meaning.kind === "plain") {
      const value = this.valueOf(meaning.relation, meaning.entity);
      return choice === NONE ? !choices.includes(value) : choice === value;
    }
    const found = this.#facts.get(`${meaning.relation} ${choice}`);
    return found !== undefined && (found === meaning.value) === (meaning.kind === "has");
  }

  #isOfType(id: string, { of, source, is, variant }: Compared): boolean {
    if (is.relation !== of.relation) return false;
    const value = this.valueOf(of.relation, of.entity);
    if (is.kind !== "plain") {
      const isAsked =
        is.kind === (id === "reverse" ? "has" : id === "negate" ? "lacks" : undefined);
      return isAsked && is.value === value && variant.choices.includes(of.entity);
    }
    if (is.entity !== of.entity) return false;
    const hasNone = variant.choices.includes(NONE);
    if (id === "critical") return hasNone && !variant.choices.includes(value);
    return id === "restate" && !hasNone && variant.question !== source.question;
  }

  #meaningOf(question: string): Meaning | undefined {
    const [kind = "", relation = "", about = "", ...more] = question.split(" ");
    const { entities, relations } = this.domain;
    if (!(relation in relations) || more.length > 0) return undefined;
    if (kind === "has" || kind === "lacks") {
      return relations[relation]!.includes(about) ? { kind, relation, value: about } : undefined;
    }
    const isPlain = wordings.includes(kind) && entities.includes(about);
    return isPlain ? { kind: "plain", entity: about, relation } : undefined;
  }
}

/** Meaning and text of a source and its variant. */
interface Compared {
  readonly of: Plain;
  readonly source: ChoiceContent;
  readonly is: Meaning;
  readonly variant: ChoiceContent;
}

function withLabel(
  question: string,
  right: string,
  wrong: readonly string[],
  random: Random,
): ChoiceContent {
  const choices = shuffled([right, ...wrong], random);
  return { question, choices, label: choices.indexOf(right) };
}

const shuffled = <T>(values: readonly T[], random: Random): T[] =>
  shuffleBy([...values], random.below);
