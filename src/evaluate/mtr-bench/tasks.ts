/** The 40 tasks. */

import { nearest } from "../../task/grammar/suggest.ts";
import { attendanceCheck } from "./adaptation/attendance-check.ts";
import { bitGuessing } from "./adaptation/bit-guessing.ts";
import { findHidden } from "./adaptation/find-hidden.ts";
import { mahjongDetective } from "./adaptation/mahjong-detective.ts";
import { mimicHunt } from "./adaptation/mimic-hunt.ts";
import { permutationDiscovery } from "./adaptation/permutation-discovery.ts";
import { rotaryLock } from "./adaptation/rotary-lock.ts";
import { rpd } from "./adaptation/rpd.ts";
import { trainPursuit } from "./adaptation/train-pursuit.ts";
import { zeroFinding } from "./adaptation/zero-finding.ts";
import { assiutChess } from "./gaming/assiut-chess.ts";
import { beeChase } from "./gaming/bee-chase.ts";
import { geoGame } from "./gaming/geo-game.ts";
import { gridColoring } from "./gaming/grid-coloring.ts";
import { gridGame } from "./gaming/grid-game.ts";
import { knightBattle } from "./gaming/knight-battle.ts";
import { paperNumber } from "./gaming/paper-number.ts";
import { pizzaSlice } from "./gaming/pizza-slice.ts";
import { xorBreaking } from "./gaming/xor-breaking.ts";
import { zigzagGraph } from "./gaming/zigzag-graph.ts";
import { cactusSearch } from "./operation/cactus-search.ts";
import { chemicalSynthesis } from "./operation/chemical-synthesis.ts";
import { colorMagic } from "./operation/color-magic.ts";
import { darkMaze } from "./operation/dark-maze.ts";
import { findBiggest } from "./operation/find-biggest.ts";
import { magneticField } from "./operation/magnetic-field.ts";
import { rainbowCandy } from "./operation/rainbow-candy.ts";
import { safepathFinder } from "./operation/safepath-finder.ts";
import { treasureHunt } from "./operation/treasure-hunt.ts";
import { vladikMaze } from "./operation/vladik-maze.ts";
import { bitCompare } from "./probing/bit-compare.ts";
import { bitQuery } from "./probing/bit-query.ts";
import { circleFinding } from "./probing/circle-finding.ts";
import { findTheImpostors } from "./probing/find-the-impostors.ts";
import { guessMax } from "./probing/guess-max.ts";
import { legendaryTree } from "./probing/legendary-tree.ts";
import { listQuery } from "./probing/list-query.ts";
import { medianQuery } from "./probing/median-query.ts";
import { minMax } from "./probing/min-max.ts";
import { wordle } from "./probing/wordle.ts";
import type { Task } from "./task.ts";

/** In the paper's order: information probing, dynamic adaptation, state operation, strategic gaming. */
export const tasks: readonly Task[] = [
  bitCompare,
  bitQuery,
  circleFinding,
  findTheImpostors,
  guessMax,
  legendaryTree,
  listQuery,
  medianQuery,
  minMax,
  wordle,
  attendanceCheck,
  bitGuessing,
  findHidden,
  mahjongDetective,
  mimicHunt,
  permutationDiscovery,
  rotaryLock,
  rpd,
  trainPursuit,
  zeroFinding,
  cactusSearch,
  chemicalSynthesis,
  colorMagic,
  darkMaze,
  findBiggest,
  magneticField,
  rainbowCandy,
  safepathFinder,
  treasureHunt,
  vladikMaze,
  assiutChess,
  beeChase,
  geoGame,
  gridColoring,
  gridGame,
  knightBattle,
  paperNumber,
  pizzaSlice,
  xorBreaking,
  zigzagGraph,
];

/**
 * The task of this name, in any case.
 *
 * @throws Error that lists the nearest name
 * @example
 * findTask("bitquery").goal;
 */
export function findTask(name: string): Task {
  const task = tasks.find((t) => t.name.toLowerCase() === name.toLowerCase());
  if (task) return task;
  const names = tasks.map((t) => t.name);
  throw new Error(`no task of MTR-Bench is named "${name}"; ${didYouMean(name, names)}`);
}

const didYouMean = (name: string, names: readonly string[]): string => {
  const guess = nearest(name, names);
  return guess ? `did you mean ${guess}?` : `there are ${names.join(", ")}`;
};
