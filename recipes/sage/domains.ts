/** What the two oracle worlds are about: names, relations, wordings. Words are tokens. */

export interface Domain {
  readonly entities: readonly string[];
  /** Relation -> its values. */
  readonly relations: Readonly<Record<string, readonly string[]>>;
}

/** Labels, prompts and rewards of training are of this world alone. */
export const people: Domain = {
  entities: "ada ben cleo dan eva finn gail hugo iris jack kira leo".split(" "),
  relations: {
    color: ["red", "blue", "green", "pink"],
    city: ["rome", "oslo", "lima", "cairo"],
    pet: ["cat", "dog", "hen", "fox"],
  },
};

/** The base has read of this world, too, but nothing later has: it is for transfer. */
export const ships: Domain = {
  entities: "argo bora cutty dawn elbe fram gull hope ister jade kron luna".split(" "),
  relations: {
    cargo: ["tea", "salt", "wool", "corn"],
    port: ["kiel", "riga", "porto", "busan"],
    flag: ["lion", "star", "crown", "moon"],
  },
};

/** First words of a plain question, which differ in nothing but wording: "which color ada". */
export const wordings = ["which", "tell", "name", "say"];

export const NONE = "none";

/** Every word that a text of these worlds has. */
export const words = [
  ...new Set([
    ...[people, ships].flatMap(({ entities, relations }) => [
      ...entities,
      ...Object.keys(relations),
      ...Object.values(relations).flat(),
    ]),
    ...wordings,
    ..."has lacks of = . type label unique yes no restate reverse negate critical".split(" "),
    NONE,
  ]),
];
