/** Asks the server for games. */

import { postJson, readJson } from "../server.ts";
import type { Game, GameKey, GameKind } from "./game.ts";

export const listGames = async (): Promise<readonly GameKind[]> =>
  ((await readJson("play")) as { data: readonly GameKind[] }).data;

export const askGame = (key: GameKey, replies: readonly string[]): Promise<Game> =>
  postJson("play", { ...key, replies }) as Promise<Game>;
