/** The card of the shipped model. */

import { accuracyTable, type Scores } from "../accuracy.ts";
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
widget:
- text: What is 347 + 285?
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
npx onefold run models/onefold-generalist "draw a small red circle above a large blue star" --out drawing.png
npx onefold run models/onefold-generalist "animate a person walks slowly" --out walk.gif
\`\`\`

## How well it does tasks
Held-out samples, decoded greedily. One combination in eight of what a sample shows (colour, shape and place; text; chart
values; writer; clip; sentence) never occurs in training, nor do the voices of held-out speech and half of the wordings
of held-out questions.

${f.tasks ? taskTable(f.tasks) : NONE}

Repeat with \`npx tsx recipes/onefold-mini/generalist/evaluate.ts\`. It hears well, reads digits, captions scenes and clips and finds all of a
scene's objects in three cases of four, and moves a figure as it is told. What it draws has the right colours in the right places in half of the
cases, in blotches rather than shapes ("true pictures" is how often this judge names the shapes of the world's own small pictures).
It reads single characters and some words.

## How well it answers in text
Share of 50 held-out questions a skill answered exactly, decoding greedily: with thinking, without, and with thinking by
language. Wordings (and values, where there are enough) never occurred in training.

${f.skills ? accuracyTable(f.skills) : NONE}

Repeat with \`npx tsx recipes/onefold-mini/evaluate.ts --model models/onefold-generalist --n 50\`. It does a little worse than
[onefold-mini](../onefold-mini/README.md) at most skills, which is why that stays the model for text.

## Training
- Starts from the text model of the same recipe (1.5 M parameters, 175 minutes) with two more layers, which change nothing at
  first, and fresh adaptors. Codes of images (train-codes.ts, 3,000 steps) and the image adaptor (train-eyes.ts, 900 steps)
  were trained before. 600 steps were done with an image adaptor that learned nothing in them; all other weights went on from
  there. After 1,100 further steps the image adaptor learned for 1,500 steps from dense labels of characters and objects, then
  1,300 and 260 joint steps followed, in which a fifth of the micro-batches were still such labels.
- Until then motions did not depend on their text at all: errors at little noise, which no text can mend, weighed up to a
  hundred times as much, and a mean distance of 0.1 was hardly heard beside cross-entropies. 1,268 more steps weigh errors
  alike; in the first 1,008 a third and more of the micro-batches were motions, and from step 308 on their loss counts six times.
- ${f.steps} steps of ${run.accumulate} micro-batches of at most ${run.positions} positions, tasks drawn by weight, a quarter and more of them the text model's own
  examples: ${(f.positions / 1e6).toFixed(1)} M positions in ${f.minutes.toFixed(0)} minutes on ${f.machine}, no accelerator.

## Limits
Images are seen at 64 x 64 pixels, clips as 8 frames of 32 x 32, recordings of at most 5 seconds. Do not use it for anything
that matters: it is here to show that the whole circle works.
`;
