/** What a generated question is made of: four contexts with one ending each, which exclude each other. */

/**
 * Sentences of one course of events. Of the four events of a scene, each context has its own ending
 * and none of the others': every variant's right answer follows from the table. `{who}` is a name.
 */
export type Event = readonly [
  context: string,
  /** The context in other words. */
  contextRestated: string,
  ending: string,
  endingRestated: string,
  /** Why the ending comes; holds wherever the context does. */
  cause: string,
  /** What comes after the ending. */
  after: string,
];

export interface Scene {
  /** One of the eight broad categories of Chinese HellaSwag. */
  readonly category: string;
  readonly topic: string;
  /** What was before; fits all four events, and tells none of them. */
  readonly opening: string;
  readonly events: readonly [Event, Event, Event, Event];
}

export interface World {
  readonly names: readonly string[];
  readonly scenes: readonly Scene[];
  /** Only for examples before questions. */
  readonly exampleScene: Scene;
}
