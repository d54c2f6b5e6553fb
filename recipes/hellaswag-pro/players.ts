/** Who answers: the model in several ways, and players that read no question. */

import { join } from "node:path";
import { journalFile } from "../../src/evaluate/evaluate.ts";
import {
  type ArtefactPlayer,
  artefactScores,
  type EvalModel,
  type EvalTask,
  evaluate,
  generateHellaswagPro,
  type HellaswagProOptions,
  hellaswagProTask,
  type ProDoc,
  type ProItem,
  reorderChoices,
  type ScoredItem,
} from "../../src/evaluate/index.ts";
import { recordsOf } from "../../src/evaluate/run/journal.ts";

type Way = Pick<HellaswagProOptions, "mode" | "context"> & {
  readonly score: string;
  /** The right choice stands first, as in many published files. */
  readonly isGoldFirst?: boolean;
};

/** The model, by how it is asked and scored. */
export const WAYS: Readonly<Record<string, Way>> = {
  "log-likelihood": { score: "acc" },
  "by characters": { score: "acc_norm" },
  "mutual information": { score: "acc_mutual_info" },
  "context of another": { score: "acc", context: "other" },
  letters: { score: "acc", mode: "letter" },
  "letters, right one first": { score: "acc", mode: "letter", isGoldFirst: true },
};

/** Without a model. */
export const PLAYERS: Readonly<Record<string, ArtefactPlayer>> = {
  "longest choice": "longest",
  "shortest choice": "shortest",
  "first choice": "first",
  guessing: "chance",
};

export interface Answer {
  readonly item: ScoredItem;
  readonly right: number;
}

export interface Sitting {
  readonly arm: string;
  readonly questions: number;
  readonly seed: number;
  /** Folder of the journals. */
  readonly dir: string;
  readonly model: () => Promise<EvalModel>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (share: number) => void;
}

/** What an arm answers to all forms of the questions in both languages. */
export async function answer(sitting: Sitting): Promise<Answer[]> {
  const { arm, questions, seed, dir, signal, onProgress } = sitting;
  const player = PLAYERS[arm];
  const { score, isGoldFirst = false, ...asked } = WAYS[arm] ?? { score: player! };
  const tasks = (["en", "zh"] as const).map((language) => {
    const { items } = generateHellaswagPro(language, { questions, seed });
    const options = { ...asked, language, shuffle: isGoldFirst ? ("none" as const) : seed };
    return hellaswagProTask({ ...options, items: isGoldFirst ? items.map(rightFirst) : items });
  });
  if (player) return (await Promise.all(tasks.map((task) => playBlind(task, player)))).flat();
  using model = await sitting.model();
  const out = join(dir, "run");
  const all = tasks.reduce((sum, { size = 0 }) => sum + size, 0);
  const done = new Map<string, number>();
  await evaluate({
    model,
    tasks,
    out,
    seed,
    signal,
    onProgress(progress) {
      done.set(progress.task, progress.done);
      onProgress?.([...done.values()].reduce((sum, each) => sum + each, 0) / all);
    },
  });
  const answers: Answer[] = [];
  for (const { name } of tasks) {
    for await (const record of recordsOf(journalFile(out, name))) {
      if (record.status === "failed") throw new Error(`${record.id}: ${record.error}`);
      answers.push({ item: record, right: Number(record.values[score]) });
    }
  }
  return answers;
}

async function playBlind(task: EvalTask, player: ArtefactPlayer): Promise<Answer[]> {
  const answers: Answer[] = [];
  for await (const { id, doc, tags = {} } of task.items()) {
    const values = artefactScores(doc as ProDoc); // the task's own documents
    answers.push({ item: { id, tags, values }, right: values[player] });
  }
  return answers;
}

/** But for "none of the above", which stays where it is. */
function rightFirst(item: ProItem): ProItem {
  if (item.problem !== undefined || item.doc.form === "critical") return item;
  const { choices, label } = item.doc;
  const others = [...choices.keys()].filter((i) => i !== label);
  return { ...item, doc: reorderChoices(item.doc, [label, ...others]) };
}
