/** Short clips of one or two shapes, each of which does something. */

import type { Color } from "../../media/draw/index.ts";
import type { Image, Video } from "../../media/types.ts";
import type { Random } from "../../nn/random.ts";
import { addGrain, createPaper, jitterColour, pickPaper } from "./paper.ts";
import { COLOUR_NAMES, COLOURS, type Colour, drawFigure, SHAPES, type Shape } from "./shapes.ts";
import {
  askQuestion,
  between,
  chance,
  isHeldOut,
  pick,
  pickSome,
  type Question,
  type Split,
  type Wordings,
  withArticle,
} from "./world.ts";

/** What shapes do: the closed set of `classifyClips`. */
export const CLIP_ACTIONS = [
  ...(["moves left", "moves right", "moves up", "moves down", "grows"] as const),
  ...(["shrinks", "bounces", "turns", "changes colour"] as const),
] as const;
export type ClipAction = (typeof CLIP_ACTIONS)[number];

export interface ClipObject {
  readonly shape: Shape;
  /** At the beginning. */
  readonly colour: Colour;
  readonly action: ClipAction;
  /** What the colour changes to, where it does. */
  readonly toColour: Colour;
}

export interface Clip {
  readonly video: Video;
  /** From left to right, or from top to bottom. */
  readonly objects: readonly ClipObject[];
}

export interface ClipOptions {
  /** How many frames, an eighth of a second apart (default 8). */
  readonly frames?: number;
  /** Width and height in pixels (default 32). */
  readonly size?: number;
  /** How many shapes at most (default 2). */
  readonly most?: 1 | 2;
}

/** Draws a clip. One combination in eight of a colour, a shape and an action is held out. */
export function makeClip(random: Random, split: Split, options: ClipOptions = {}): Clip {
  const { frames = 8, size = 32, most = 2 } = options;
  let objects = planClip(random, most);
  while (objects.some(isHeldOutObject) !== (split === "heldout")) objects = planClip(random, most);
  const paper = createPaper(random, pickPaper(random).rgb, size);
  const isBeside = chance(random, 0.5);
  const courses = objects.map((object, i) => {
    const half = (i + 0.5) / objects.length;
    const [x, y] = isBeside ? [half, 0.5] : [0.5, half];
    const reach = objects.length === 1 ? [0.26, 0.26] : isBeside ? [0.1, 0.26] : [0.26, 0.1];
    return planCourse(random, object, [x, y], reach, objects.length);
  });
  const images = Array.from({ length: frames }, (_, frame) => {
    const image = { width: size, height: size, data: paper.data.slice() };
    for (const course of courses) drawCourse(image, course, frame / Math.max(1, frames - 1));
    addGrain(random, image, 4);
    return image;
  });
  return { video: { frames: images, times: images.map((_, frame) => frame / 8) }, objects };
}

function planClip(random: Random, most: number): ClipObject[] {
  const count = most === 2 && chance(random, 0.4) ? 2 : 1;
  const shapes = pickSome(random, SHAPES, count);
  return shapes.map((shape) => {
    const [colour, toColour] = pickSome(random, COLOUR_NAMES, 2);
    const isRound = shape === "circle" || shape === "ring";
    const action = pick(
      random,
      CLIP_ACTIONS.filter((name) => !(isRound && name === "turns")),
    );
    return { shape, colour, toColour, action };
  });
}

const isHeldOutObject = ({ shape, colour, action }: ClipObject): boolean =>
  isHeldOut("clips", `${colour} ${shape} ${action}`);

/** From where to where, as shares of the frame. */
interface Course {
  readonly object: ClipObject;
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
  readonly radius: readonly [from: number, to: number];
  readonly turn: number;
  readonly colours: readonly [from: Color, to: Color];
}

function planCourse(
  random: Random,
  object: ClipObject,
  middle: readonly number[],
  reach: readonly number[],
  count: number,
): Course {
  const { action, colour, toColour } = object;
  const at = middle.map((value) => value + between(random, -0.03, 0.03));
  const size = between(random, 0.13, 0.17) * (count === 1 ? 1.2 : 1);
  const towards = { "moves left": [-1, 0], "moves right": [1, 0], "moves up": [0, -1] } as const;
  const [dx, dy] =
    action in towards
      ? towards[action as keyof typeof towards]
      : action === "moves down" || action === "bounces"
        ? [0, 1]
        : [0, 0];
  const far = between(random, 0.85, 1.1);
  const [across, down] = [dx * reach[0] * far, dy * reach[1] * far];
  const rgb = jitterColour(random, COLOURS[colour]);
  const isChanging = action === "changes colour";
  return {
    object,
    from: [at[0] - across, at[1] - down],
    to: [at[0] + across, at[1] + down],
    radius:
      action === "grows"
        ? [size * 0.45, size]
        : action === "shrinks"
          ? [size, size * 0.45]
          : [size, size],
    turn: action === "turns" ? between(random, 1.2, 2.2) * pick(random, [-1, 1]) : 0,
    colours: [rgb, isChanging ? jitterColour(random, COLOURS[toColour]) : rgb],
  };
}

function drawCourse(image: Image, course: Course, time: number): void {
  const { object, from, to, radius, turn, colours } = course;
  // A ball falls and comes back, twice.
  const along = object.action === "bounces" ? Math.abs(Math.cos(2 * Math.PI * time)) : time;
  const [start, end] = object.action === "bounces" ? [to, from] : [from, to];
  drawFigure(image, {
    shape: object.shape,
    rgb: time < 0.5 ? colours[0] : colours[1],
    x: image.width * (start[0] + (end[0] - start[0]) * along),
    y: image.height * (start[1] + (end[1] - start[1]) * along),
    radius: image.width * (radius[0] + (radius[1] - radius[0]) * time),
    angle: turn * time,
  });
}

export interface CaptionedVideo {
  readonly video: Video;
  readonly caption: string;
  /** All captions that are right, `caption` among them. */
  readonly references: readonly string[];
}

/** A clip and what it shows: "a red circle moves left and a blue star grows". */
export function captionClips(
  random: Random,
  split: Split,
  options: ClipOptions = {},
): CaptionedVideo {
  const { video, objects } = makeClip(random, split, options);
  const parts = objects.map(describeAction);
  const references = [...new Set([parts.join(" and "), [...parts].reverse().join(" and ")])];
  return { video, caption: references[0], references };
}

function describeAction({ colour, shape, action, toColour }: ClipObject): string {
  const what = action === "changes colour" ? `changes to ${toColour}` : action;
  return `${withArticle(`${colour} ${shape}`)} ${what}`;
}

/** A clip of one shape and what it does, of `CLIP_ACTIONS`. */
export function classifyClips(
  random: Random,
  split: Split,
  options: ClipOptions = {},
): { readonly video: Video; readonly label: ClipAction } {
  const { video, objects } = makeClip(random, split, { ...options, most: 1 });
  return { video, label: objects[0].action };
}

const WORDINGS = {
  action: {
    train: ["what does the {shape} do?", "what is the {shape} doing?"],
    heldout: ["which thing does the {shape} do?"],
  },
  shape: {
    train: ["which shape {action}?", "what {action}?"],
    heldout: ["what is it that {action}?"],
  },
  colour: {
    train: ["what colour is the {shape} at first?", "which colour does the {shape} have at first?"],
    heldout: ["at first, what colour is the {shape}?"],
  },
  count: {
    train: ["how many shapes are there?", "how many shapes are in the video?"],
    heldout: ["how many shapes does the video have?"],
  },
  check: {
    train: ["is it true that the {shape} {action}?", "the {shape} {action}, yes or no?"],
    heldout: ["does it happen that the {shape} {action}?"],
  },
} as const satisfies Record<string, Wordings>;

const QUESTION_KINDS = Object.keys(WORDINGS) as (keyof typeof WORDINGS)[];

/** A clip, a question about it, and the answer. */
export function askClips(random: Random, split: Split, options: ClipOptions = {}): Question & Clip {
  const kind = pick(random, QUESTION_KINDS);
  for (;;) {
    const clip = makeClip(random, split, options);
    const { shape, colour, action } = pick(random, clip.objects);
    const isOnlyAction = clip.objects.filter((object) => object.action === action).length === 1;
    if (kind === "shape" && !isOnlyAction) continue;
    const isTrue = chance(random, 0.5);
    const others = CLIP_ACTIONS.filter((name) => name !== action);
    const said = kind === "check" && !isTrue ? pick(random, others) : action;
    const answers: Readonly<Record<keyof typeof WORDINGS, string>> = {
      action,
      shape: `${colour} ${shape}`,
      colour,
      count: `${clip.objects.length}`,
      check: isTrue ? "yes" : "no",
    };
    const slots = { shape, action: said };
    return { ...askQuestion(random, split, kind, WORDINGS[kind], slots, answers[kind]), ...clip };
  }
}
