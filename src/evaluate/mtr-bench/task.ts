/** What one of the 40 tasks is: a generator, a monitor and two players of reference. */

import type { Random } from "../../nn/random.ts";
import type { Command } from "./command.ts";
import type { PaperLine } from "./paper-line.ts";

export const LEVELS = ["easy", "medium", "hard"] as const;
export type Level = (typeof LEVELS)[number];

/** Information probing, dynamic adaptation, state operation, strategic gaming. */
export type TaskClass = "IP" | "DA" | "SO" | "SG";

/** An instance's two halves: what the player is told, and what only the monitor knows. */
export interface World<View, State> {
  readonly view: View;
  readonly state: State;
}

/** What follows from a command. A refused one leaves the state as it was. */
export type Outcome<State> =
  | { readonly state: State; readonly feedback: string; readonly status: "live" | "won" | "lost" }
  | { readonly refused: string };

/** A player as a coroutine: yields a reply, is resumed with the monitor's feedback. */
export type Policy = Generator<string, void, string>;

/**
 * A task. Views and states are plain JSON. All functions are pure but for what they draw from
 * `random`, which is derived from the instance's seed and the number of the turn.
 */
export interface Task<View = unknown, State = unknown> {
  readonly name: string;
  readonly class: TaskClass;
  /** One line for tables and listings. */
  readonly goal: string;
  /** The marks that commands start with, e.g. "My Query". */
  readonly verbs: readonly string[];
  /** The forms of commands as the player is told them. */
  readonly forms: readonly string[];
  /** Turns that the player has, invalid ones included. */
  readonly budget: Readonly<Record<Level, number>>;
  /** How the fixed rules differ from the published environment, a clause each. */
  readonly fixes?: readonly string[];
  /** Where the budget or the bound comes from. */
  readonly bound: string;
  generate(random: Random, level: Level): World<View, State>;
  /** The rules and everything the player knows at the start. */
  rules(view: View): string;
  step(view: View, state: State, command: Command, random: Random): Outcome<State>;
  /** A player that knows the rules and reads feedback, and nothing else. */
  oracle(view: View, random: Random): Policy;
  /** A command of a player that knows which commands are legal and chooses among them blindly. */
  guess(view: View, state: State, random: Random): string;
  /** All states that the view allows, where they can be listed and `step` draws nothing. */
  candidates?(view: View): readonly State[];
  /** Reads the hidden part of a published instance. */
  fromPaper(line: PaperLine): World<View, State>;
}

/** Declares a task; its types of view and state are known in this file only. */
export const defineTask = <View, State>(task: Task<View, State>): Task => task;

export const live = <State>(state: State, feedback: string): Outcome<State> => ({
  state,
  feedback,
  status: "live",
});
export const won = <State>(state: State, feedback = "Correct"): Outcome<State> => ({
  state,
  feedback,
  status: "won",
});
export const lost = <State>(state: State, feedback: string): Outcome<State> => ({
  state,
  feedback,
  status: "lost",
});
/** A move that the rules do not allow: the state stays, the turn is spent. */
export const refuse = (why: string): { readonly refused: string } => ({ refused: why });
