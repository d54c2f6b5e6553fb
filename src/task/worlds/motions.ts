/** Sentences about a figure, and how it moves. */

import { animateFigure, type FigureAction, figureActions } from "../../media/motion/index.ts";
import type { Motion } from "../../media/types.ts";
import type { Random } from "../../nn/random.ts";
import { between, drawInSplit, pick, type Split } from "./world.ts";

export interface MotionSample {
  /** "a person walks slowly" */
  readonly text: string;
  readonly action: FigureAction;
  readonly motion: Motion;
}

export interface MotionOptions {
  /** Seconds (default 2). */
  readonly duration?: number;
  /** Default 20. */
  readonly framesPerSecond?: number;
}

interface Verb {
  readonly phrases: readonly string[];
  /** What it may be said to be: how fast, how often in the time there is, or neither. */
  readonly manner: "speed" | "count" | "none";
  /** As often as this in two seconds at usual speed. */
  readonly cycles?: number;
}

const VERBS: Readonly<Record<FigureAction, Verb>> = {
  walk: { phrases: ["walks", "walks forward"], manner: "speed" },
  run: { phrases: ["runs", "runs forward"], manner: "speed" },
  march: { phrases: ["marches", "marches on the spot"], manner: "speed" },
  jump: { phrases: ["jumps", "jumps up"], manner: "count", cycles: 1.6 },
  squat: { phrases: ["squats", "does a squat"], manner: "count", cycles: 1 },
  waveLeft: { phrases: ["waves with the left hand", "waves the left arm"], manner: "speed" },
  waveRight: { phrases: ["waves with the right hand", "waves the right arm"], manner: "speed" },
  kickLeft: { phrases: ["kicks with the left leg"], manner: "count", cycles: 1.6 },
  kickRight: { phrases: ["kicks with the right leg"], manner: "count", cycles: 1.6 },
  bow: { phrases: ["bows", "takes a bow"], manner: "count", cycles: 1 },
  turnAround: { phrases: ["turns around"], manner: "none" },
  raiseArms: { phrases: ["raises both arms", "lifts both arms"], manner: "count", cycles: 1 },
  jumpingJack: { phrases: ["does jumping jacks"], manner: "speed" },
};

const SUBJECTS = ["a person", "someone", "a man", "a woman", "the figure"];

/** What each word says of speed: as a share of the usual one, at least and at most. */
const SPEEDS = { "": [0.9, 1.1], " slowly": [0.5, 0.65], " quickly": [1.5, 1.9] } as const;
const COUNTS = { " once": 1, " twice": 2 } as const;

type Manner = keyof typeof SPEEDS | keyof typeof COUNTS;
const MANNERS: Readonly<Record<Verb["manner"], readonly Manner[]>> = {
  speed: ["", " slowly", " quickly"],
  count: [" once", " twice"],
  none: [""],
};

/** A sentence and the motion it describes. Sentences are held out by their hash. */
export function describeMotions(
  random: Random,
  split: Split,
  options: MotionOptions = {},
): MotionSample {
  const { duration = 2, framesPerSecond = 20 } = options;
  const { action, manner, text } = drawInSplit(
    "motions",
    split,
    () => drawSentence(random),
    (sentence) => sentence.text,
  );
  const { cycles = 1 } = VERBS[action];
  const speed =
    manner === " once" || manner === " twice"
      ? (COUNTS[manner] / cycles) * (2 / duration)
      : between(random, SPEEDS[manner][0], SPEEDS[manner][1]);
  const motion = animateFigure(action, {
    duration,
    framesPerSecond,
    speed,
    amplitude: between(random, 0.85, 1.15),
    // What is counted or turns once starts at the beginning; the rest is anywhere in its cycle.
    phase: VERBS[action].manner === "speed" ? random.uniform() : 0,
    heading: between(random, -0.3, 0.3),
  });
  return { text, action, motion };
}

function drawSentence(random: Random) {
  const action = pick(random, figureActions);
  const { phrases, manner: kind } = VERBS[action];
  const manner = pick(random, MANNERS[kind]);
  return { action, manner, text: `${pick(random, SUBJECTS)} ${pick(random, phrases)}${manner}` };
}
