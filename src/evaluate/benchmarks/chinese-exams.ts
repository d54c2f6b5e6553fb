/**
 * C-Eval (Huang et al., 2023, validation questions, whose answers are public) and CMMLU (Li et al.,
 * 2023): exams in Chinese by subject, four options, scored by their letters.
 */

import { type Row, valueAt } from "../../task/readers/row.ts";
import { defineTask } from "../task/define-task.ts";
import type { EvalTask } from "../types.ts";
import type { BenchmarkOptions, CreateTasks } from "./benchmark.ts";
import { cevalSubjects, cmmluSubjects } from "./chinese-subjects.ts";
import {
  type DataFile,
  findFiles,
  ofSplit,
  type ReadRow,
  readDocs,
  readItems,
} from "./data-files.ts";
import { indexOf, letters, optionLines } from "./letters.ts";

interface Exam {
  readonly name: string;
  readonly version: string;
  readonly folders: readonly string[];
  readonly patterns: readonly RegExp[];
  readonly split: string;
  readonly question: string;
  readonly answer: string;
  /** @param subject in Chinese */
  description(subject: string): string;
  readonly subjects: Readonly<Record<string, string>>;
}

const ceval: Exam = {
  name: "ceval-valid",
  version: "2.0",
  folders: ["ceval", "ceval-exam"],
  patterns: [
    /(?:^|\/)(?<split>dev|val)\/(?<subject>\w+)_\k<split>\.csv$/,
    /(?:^|\/)(?<subject>\w+)\/(?<split>dev|val)-[^/]*\.parquet$/,
  ],
  split: "val",
  question: "question",
  answer: "answer",
  description: (subject) => `以下是中国关于${subject}的单项选择题，请选出其中的正确答案。\n\n`,
  subjects: cevalSubjects,
};

const cmmlu: Exam = {
  name: "cmmlu",
  version: "1.0",
  folders: ["cmmlu"],
  patterns: [
    /(?:^|\/)(?<split>dev|test)\/(?<subject>\w+)\.csv$/,
    /(?:^|\/)(?<subject>\w+)\/(?<split>dev|test)-[^/]*\.parquet$/,
  ],
  split: "test",
  question: "Question",
  answer: "Answer",
  description: (subject) => `以下是关于${subject}的单项选择题，请直接给出正确答案的选项。\n\n`,
  subjects: cmmluSubjects,
};

export const createCeval: CreateTasks = (options) => create(ceval, options);
export const createCmmlu: CreateTasks = (options) => create(cmmlu, options);

async function create(exam: Exam, { data, fewshot = 0 }: BenchmarkOptions): Promise<EvalTask> {
  const { name, version } = exam;
  const files = await findFiles(name, data, exam.folders, exam.patterns);
  const tested = ofSplit(name, files, exam.split);
  const dev = fewshot > 0 ? ofSplit(name, files, "dev") : [];
  const toItem = (row: Row, file: DataFile): ReadRow => readRow(exam, row, file);
  return defineTask({
    name,
    version,
    kind: "multiple_choice",
    items: () => readItems(tested, toItem),
    description: ({ subject }) => {
      const key = String(subject);
      return exam.description(exam.subjects[key] ?? key);
    },
    text: ({ question, choices }) =>
      `${String(question).trim()}\n${optionLines(choices as string[])}\n答案：`,
    choices: () => letters.slice(0, 4),
    target: ({ answer }) => answer as number,
    fewshot: {
      count: fewshot,
      sampler: "first",
      docs: () => readDocs(dev, toItem),
      isFitting: (example, { subject }) => example.subject === subject,
    },
  });
}

function readRow(exam: Exam, row: Row, { parts: { subject = "" } }: DataFile): ReadRow {
  const choices = letters.slice(0, 4).map((key) => String(valueAt(row, key)));
  const question = String(valueAt(row, exam.question));
  const answer = indexOf(row, exam.answer, choices.length);
  return { doc: { subject, question, choices, answer }, tags: { subject } };
}
