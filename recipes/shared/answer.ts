/** Answers of a task model to questions on scenes, decoded in three ways. */

import { beamSearch, scoreCandidates, Trie } from "../../src/generate/search/index.ts";
import { createRandom, type Random } from "../../src/nn/random.ts";
import {
  type PreparedSample,
  type PrepareOptions,
  parseInstruction,
  planOf,
  prepareSample,
  type TaskModel,
} from "../../src/task/index.ts";
import { openRecord, prepareSource } from "../../src/task/prepare/prepare.ts";
import { TargetRun } from "../../src/task/run/target-run.ts";
import type { SceneOptions } from "../../src/task/worlds/index.ts";
import { pick } from "../../src/task/worlds/world.ts";
import { ANSWERS, QUESTION_KINDS, question, sceneOf } from "./scenes.ts";
import type { StudyTask, TaskSettings } from "./train-tasks.ts";

const PLAN = planOf(parseInstruction("[IMAGE:image] [TEXT:question] -> [TEXT:answer]"));

/** The task of answering, with a few questions that come up again and again. */
export async function fewShots(
  count: number,
  seed: number,
  scene: SceneOptions,
  options: PrepareOptions,
): Promise<StudyTask> {
  const random = createRandom(seed, "few questions");
  const samples: PreparedSample[] = [];
  while (samples.length < count) {
    const { image, question: text, answer } = question(random, "train", scene);
    samples.push(await prepareSample(PLAN, { image, question: text, answer }, options));
  }
  return { name: "question", draw: async (r) => pick(r, samples) };
}

/** Any words, only words that go on an answer, or each answer scored as a whole. */
export type Decoding = "free" | "trie" | "candidates";

const BEAM = 5;
/** Longer than any answer. */
const MOST_TOKENS = 12;

/** How many questions, on scenes of at most how many shapes. */
type HeldQuestions = Pick<TaskSettings, "held" | "shapes">;

export interface QuestionScores {
  /** Percent right, of all and of a kind. */
  readonly all: number;
  readonly byKind: Readonly<Record<string, number>>;
  /** Percent of answers that are not of the closed set. */
  readonly invalid: number;
}

/** Held-out questions: on objects at places, and every second in a wording, that training lacks. */
export async function questionsRight(
  model: TaskModel,
  decoding: Decoding,
  { held, shapes }: HeldQuestions,
  seed: number,
): Promise<QuestionScores> {
  const { vocabulary } = model;
  const trie = new Trie(
    ANSWERS.map((text) => vocabulary.encode(text, true)),
    // As in OFA's zero-shot mode: the models are not trained on the closed set.
    { eos: vocabulary.marks.targetEnd, normalizeOver: "vocabulary" },
  );
  const counts = new Map(QUESTION_KINDS.map((kind) => [kind as string, { right: 0, all: 0 }]));
  const random = heldOut(seed);
  let invalid = 0;
  for (let i = 0; i < held; i++) {
    const asked = question(random, "heldout", sceneOf(shapes));
    const said = await answer(model, asked, decoding, trie);
    if (!ANSWERS.includes(said)) invalid++;
    const kind = counts.get(asked.kind)!; // one of those above
    kind.all++;
    if (said === asked.answer) kind.right++;
  }
  const share = (right: number, all: number): number => (all === 0 ? 0 : (100 * right) / all);
  const kinds = [...counts];
  return {
    all: share(
      kinds.reduce((sum, [, { right }]) => sum + right, 0),
      held,
    ),
    byKind: Object.fromEntries(kinds.map(([kind, { right, all }]) => [kind, share(right, all)])),
    invalid: share(invalid, held),
  };
}

/** Percent right of who gives each kind's commonest answer, whatever the picture. */
export function blindRight({ held, shapes }: HeldQuestions, seed: number): number {
  const random = heldOut(seed);
  const answers = new Map<string, Map<string, number>>();
  for (let i = 0; i < held; i++) {
    const { kind, answer } = question(random, "heldout", sceneOf(shapes));
    const counts = answers.get(kind) ?? new Map<string, number>();
    answers.set(kind, counts.set(answer, (counts.get(answer) ?? 0) + 1));
  }
  const commonest = [...answers.values()].map((counts) => Math.max(...counts.values()));
  return (100 * commonest.reduce((sum, n) => sum + n, 0)) / held;
}

/** The same questions for all arms and decodings. */
const heldOut = (seed: number): Random => createRandom(seed, "held-out questions");

async function answer(
  { engine, vocabulary, preparation }: TaskModel,
  { image, question }: { readonly image: unknown; readonly question: string },
  decoding: Decoding,
  trie: Trie,
): Promise<string> {
  const { targetStart, targetEnd } = vocabulary.marks;
  const record = { image, question };
  const groups = await prepareSource(PLAN, await openRecord(PLAN, record, preparation));
  const opened = await engine.read(groups, "text", 1 + MOST_TOKENS);
  const { run, start } = await TargetRun.open(
    { ...opened, ports: engine.ports, vocabSize: engine.body.vocabSize },
    [targetStart],
  );
  using _ = run;
  if (decoding === "candidates") return ANSWERS[(await scoreCandidates(start, trie)).best];
  const isFree = decoding === "free";
  const [best] = await beamSearch(start, {
    eos: targetEnd,
    beam: BEAM,
    maxLength: isFree ? MOST_TOKENS : trie.depth,
    constraint: isFree ? undefined : trie,
  });
  return vocabulary.decode(Array.from(best.tokens).slice(0, -1));
}
