/** The card of the shipped model. */

import { accuracyTable, type Scores } from "../accuracy.ts";
import { widget } from "../widget.ts";
import { run } from "./config.ts";

export interface TaskScores {
  readonly scores: readonly {
    readonly task: string;
    readonly measure: string;
    readonly score: number;
    readonly n: number;
    readonly more: Readonly<Record<string, number>>;
  }[];
}

export interface CardFacts {
  readonly parameters: number;
  readonly steps: number;
  readonly positions: number;
  readonly minutes: number;
  readonly machine: string;
  readonly tasks?: TaskScores;
  readonly skills?: Scores;
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

function taskTable({ scores }: TaskScores): string {
  const rows = scores.map(({ task, measure, score, n, more }) => {
    const others = Object.entries(more).map(([name, value]) => `${name} ${value.toFixed(2)}`);
    return `| ${task} | ${percent(score)} of ${n} | ${[measure, ...others].join("; ")} |`;
  });
  return ["| task | right | what counts |", "| --- | --- | --- |", ...rows].join("\n");
}

const NONE = "Not measured yet.";

export const writeCard = (f: CardFacts): string => `---
license: apache-2.0
language: [en, zh]
pipeline_tag: any-to-any
${widget}
---
# onefold-generalist

A tiny generalist, grown out of [onefold-mini](../onefold-mini/README.md): ${(f.parameters / 1e6).toFixed(1)} M parameters that answer a fixed set of exact little tasks in English and Chinese,
caption and answer questions about simple scenes and charts, read short printed text and digits, find objects, write down
spoken digits and commands, describe short clips, draw simple images and animate a stick figure. It was trained from nothing
by [recipes/onefold-mini](../../recipes/onefold-mini/README.md) with onefold alone, on generated data. It knows nothing about
the world: photographs, other voices and real charts are beyond it.

\`\`\`sh
npx onefold run --image scene.png "where is the red circle?"
npx onefold run --audio turn-left.wav
npx onefold run --video clip.gif "what does the video describe?"
npx onefold run "draw a small red circle above a large blue star" --out drawing.png
npx onefold run "animate a person walks slowly" --out walk.gif
npx onefold run                       # chat; /think and /no_think switch thinking
\`\`\`

## How well it does tasks
Held-out samples, decoded greedily (drawings are drawn at temperature 0.5, chosen on captions of training). One combination in eight of what a sample shows (colour, shape and place; text; chart
values; writer; clip; sentence) never occurs in training, nor do the voices of held-out speech and half of the wordings
of held-out questions.

${f.tasks ? taskTable(f.tasks) : NONE}

Repeat with \`npx tsx recipes/onefold-mini/generalist/evaluate.ts\`. It hears well, reads digits and short words, captions scenes, charts and clips, finds
a scene's objects, moves a figure as it is told, and draws the colours and mostly the shapes that a caption names, where it
says ("true pictures" is how often the judge of drawings names the shapes of the world's own pictures). Two lines are read
right in about half of the cases, strings of more than ten characters at random mostly not.

## How well it answers in text
Share of 50 held-out questions a skill answered exactly, decoding greedily: with thinking, without, and with thinking by
language. Wordings (and values, where there are enough) never occurred in training.

${f.skills ? accuracyTable(f.skills) : NONE}

Repeat with \`npx tsx recipes/onefold-mini/evaluate.ts --model models/onefold-generalist --n 50\`. Over all skills that is two
points less than [onefold-mini](../onefold-mini/README.md) has with thinking (86 % against 88 %): format instructions and string
edits lost most, tables and sorting gained. It is the default all the same: one model for all of it.

## Training
- Starts from the text model of the same recipe (1.5 M parameters, 175 minutes) with two more layers, which change nothing at
  first, and fresh adaptors. The image adaptor was trained alone before (train-eyes.ts, 900 steps). 600 steps were done with
  an image adaptor that learned nothing in them; all other weights went on from there. After 1,100 further steps the image
  adaptor learned for 1,500 steps from dense labels of characters and objects; since then a fifth of the micro-batches are
  such labels. 1,300 and 260 joint steps followed.
- Until then motions did not depend on their text at all: errors at little noise, which no text can mend, weighed up to a
  hundred times as much, and a mean distance of 0.1 was hardly heard beside cross-entropies. 1,268 more steps weigh errors
  alike; in the first 1,008 a third and more of the micro-batches were motions, and from step 308 on their loss counts six times.
- Then the image adaptor got residual convolutions and learned 1,700 steps from labels alone; pictures got codes of their own
  (train-codes.ts, 3,500 steps, and 6,000 more of what draws from them); 682 joint steps followed. From there each patch of an
  image was a position of its own, for 1,350 steps; in the last 200 half of the micro-batches were text.
- ${f.steps} steps of ${run.accumulate} micro-batches of at most ${run.positions} positions, tasks drawn by weight, a quarter and more of them the text model's own
  examples: ${(f.positions / 1e6).toFixed(1)} M positions in ${f.minutes.toFixed(0)} minutes on ${f.machine}, no accelerator.

## Limits
Images are seen at 64 x 64 pixels, clips as 8 frames of 32 x 32, recordings of at most 5 seconds. Do not use it for anything
that matters: it is here to show that the whole circle works.
`;
