/** The 40 tasks. */

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
];
