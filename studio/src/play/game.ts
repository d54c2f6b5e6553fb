/** Games as src/serve/play/routes.ts tells of them. No DOM here. */

export const levels = ["easy", "medium", "hard"] as const;
export type Level = (typeof levels)[number];

export interface GameKind {
  readonly name: string;
  readonly class: string;
  readonly goal: string;
  readonly budget: Readonly<Record<Level, number>>;
  readonly bound: string;
}

export interface GameKey {
  readonly task: string;
  readonly level: Level;
  readonly seed: number;
}

export interface Game {
  readonly id: string;
  readonly prompt: string;
  readonly verbs: readonly string[];
  readonly budget: number;
  readonly status: string;
  readonly oracle_turns?: number;
  readonly turns: readonly {
    readonly reply: string;
    readonly feedback: string;
    readonly is_invalid: boolean;
  }[];
}

/** A person need not type the verb: "1 2" is the task's first kind of command. */
export const asCommand = (text: string, verbs: readonly string[]): string =>
  verbs.some((verb) => text.toLowerCase().includes(verb.toLowerCase()))
    ? text
    : `${verbs[0]}: ${text}`;

/** How a game ended, for people. */
export function endText({ status, turns, oracle_turns }: Game): string {
  const said: Readonly<Record<string, string>> = { won: "You won", lost: "You lost" };
  const reference = oracle_turns ? `; the reference player took ${oracle_turns}` : "";
  return `${said[status] ?? "No turns left"} after ${turns.length} turns${reference}.`;
}
