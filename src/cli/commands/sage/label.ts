/** `onefold sage label`: people judge variants, one key an axis. */

import { userInfo } from "node:os";
import type { Command } from "commander";
import { sage } from "../../../evaluate/index.ts";
import { type Judging, pressKey, questions } from "../../../evaluate/sage/judging.ts";
import { annotatorSchema } from "../../../evaluate/sage/row-schemas.ts";
import { UsageError } from "../../errors.ts";
import { type Io, writeJson } from "../../io.ts";
import { readKeys } from "../../keys.ts";
import { integer } from "../../options.ts";

interface LabelFlags {
  readonly in: string;
  readonly out: string;
  readonly annotator: string;
  readonly showAnswers?: boolean;
  readonly limit?: number;
}

export const defineLabel = (command: Command, io: Io): Command =>
  command
    .command("label")
    .summary("judge variants by hand, one key an axis")
    .description("Shows variants beside their sources and takes a key for each of the three axes.")
    .requiredOption("--in <file>", "variants, .jsonl")
    .requiredOption("--out <file>", "labels, .jsonl; what is in it stays and is not asked again")
    .option("--annotator <name>", "who judges", userInfo().username)
    .option("--show-answers", "show claimed answers from the start")
    .option("--limit <count>", "most variants of this sitting", integer({ min: 1 }))
    .action(async (flags: LabelFlags, self: Command) => {
      const json = self.optsWithGlobals().json === true;
      const annotator = annotatorSchema.safeParse(flags.annotator);
      if (!annotator.success) {
        throw new UsageError(`--annotator: ${annotator.error.issues[0]!.message}`);
      }
      const done = await label(io, { ...flags, annotator: annotator.data }, json);
      if (json) await writeJson(io, { file: flags.out, annotator: annotator.data, ...done });
    })
    .addHelpText("after", notes);

const notes = `
Keys: y and n judge an axis, c shows the claimed answer, u goes back, s skips, q leaves.
A label is on disk with its last key. Lines of a pipe are keys too.

Examples:
  onefold sage label --in variants.jsonl --out labels.jsonl
  onefold sage label --in variants.jsonl --out labels.jsonl --annotator ada --limit 50`;

interface Done {
  /** In this sitting. */
  readonly labelled: number;
  /** Variants of the file that this annotator has not judged. */
  readonly left: number;
}

async function label(io: Io, flags: LabelFlags, json: boolean): Promise<Done> {
  const { in: file, out, annotator, showAnswers: isAnswerShown = false, limit } = flags;
  const say = (text: string): unknown => (json ? undefined : io.stdout.write(text));
  const variants = await sage.readVariants(file);
  const own = new Map<string, sage.VariantLabel>();
  for (const each of await sage.readLabels(out)) {
    if (each.annotator === annotator) own.set(each.id, each);
  }
  for (const variant of variants) {
    const known = own.get(variant.id);
    if (known) sage.checkSame(known, variant, out);
  }
  const open = variants.filter(({ id }) => !own.has(id)).slice(0, limit);
  const judged = new Set<string>();
  let at = 0;
  let judging: Judging = { given: [], isAnswerShown };
  let started = Date.now();
  const show = (): void => {
    judging = { given: [], isAnswerShown };
    started = Date.now();
    const variant = open[at];
    if (!variant) return;
    say(variantText(variant, `${at + 1} of ${open.length}`, isAnswerShown));
    say(`${questions.type} `);
  };
  show();
  const signal = io.interruptible();
  for await (const key of at < open.length ? readKeys(io, signal) : []) {
    const variant = open[at]!;
    if (key === "q") break;
    if (key === "s" || (key === "u" && judging.given.length === 0)) {
      say(`${key === "s" ? "skipped" : "back"}\n`);
      at = key === "s" ? at + 1 : Math.max(0, at - 1);
      show();
    } else if (key === "y" || key === "n" || key === "c" || key === "u") {
      const next = pressKey(judging, key);
      if (next.state === "judged") {
        say(`${key}\n`);
        const { id, record } = variant;
        const seconds = (Date.now() - started) / 1000;
        await sage.appendLabel(out, {
          id,
          variant: record,
          labels: next.labels,
          annotator,
          seconds,
        });
        judged.add(id);
        at++;
        show();
      } else if (next.state === "asking") {
        const isFirst = next.judging.isAnswerShown && !judging.isAnswerShown;
        judging = next.judging;
        const claimed = isFirst ? `\n${claimText(variant)}` : `${key}\n`;
        say(`${claimed}${next.note ? `(${next.note})\n` : ""}`);
        say(`${questions[sage.axes[judging.given.length]!]} `);
      }
    }
    if (at >= open.length) break;
  }
  signal.throwIfAborted();
  const left = variants.filter(({ id }) => !own.has(id) && !judged.has(id)).length;
  say(`\n${judged.size} labelled, ${left} of ${variants.length} left\n`);
  return { labelled: judged.size, left };
}

const letterOf = (i: number): string => String.fromCharCode(65 + i);

function variantText(
  { id, record }: sage.StoredVariant,
  place: string,
  isAnswerShown: boolean,
): string {
  const source = sage.contentOf(record.source);
  const { question, choices } = sage.contentOf(record);
  const definition = sage.definitionOf(record);
  return printable(
    [
      "",
      `--- ${place}: ${id}, ${record.type}`,
      ...(definition === undefined ? [] : [definition]),
      `source: ${source.question}`,
      ...source.choices.map((choice, i) => `  ${i === source.label ? "*" : " "} ${choice}`),
      `variant: ${question}`,
      ...choices.map((choice, i) => `  ${letterOf(i)} ${choice}`),
      isAnswerShown ? claimText({ record }) : "",
    ].join("\n"),
  );
}

const claimText = ({ record: { label } }: Pick<sage.StoredVariant, "record">): string =>
  `claimed answer: ${letterOf(label)}\n`;

/** What a model wrote may hold codes that move a terminal's cursor. */
const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}]/gu, (c) => (c === "\n" ? c : "�"));
