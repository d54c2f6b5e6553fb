/** `onefold sage build`: variants of every item of a multiple-choice set. */

import { existsSync } from "node:fs";
import type { Command } from "commander";
import { createTasks, type EvalModel, sage } from "../../../evaluate/index.ts";
import { UsageError } from "../../errors.ts";
import { type Io, writeJson, writeLine } from "../../io.ts";
import { integer, number, oneOf } from "../../options.ts";
import { createMeter, createStatusLine, type Meter } from "../../progress.ts";
import { formatDuration, formatTable } from "../../render.ts";

interface BuildFlags {
  readonly in?: string;
  readonly task?: string;
  readonly data?: string;
  readonly domain: sage.Domain;
  readonly types?: string;
  readonly gen: string;
  readonly qual: string;
  readonly fallback?: string;
  readonly labels?: string;
  readonly precision: number;
  readonly tau?: number;
  readonly attempts: number;
  readonly bestOf: number;
  readonly quota?: number;
  readonly limit?: number;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly samples: number;
  readonly blind: number;
  readonly sampled?: boolean;
  readonly concurrency?: number;
  readonly retries?: number;
  readonly price?: string;
  readonly audit?: string;
  readonly audited: number;
  readonly seed: number;
  readonly out: string;
  readonly report?: string;
}

export const defineBuild = (command: Command, io: Io): Command =>
  command
    .command("build")
    .summary("write variants of a multiple-choice set")
    .description("Writes variants of every item: generated, checked by program, judged, audited.")
    .option("--in <file>", "items, .jsonl, .json, .csv or .parquet; see below")
    .option("--task <name>", "or a benchmark, as onefold eval --list names it")
    .option("--data <folder>", "local copies of benchmarks")
    .option(
      "--domain <kind>",
      "facts, or events (contexts with endings)",
      oneOf(sage.domains),
      "facts",
    )
    .option("--types <a,b>", "types of variants; see onefold sage types (default: the usual ones)")
    .requiredOption("--gen <model>", "generator: folder, ORG/NAME, or URL#MODEL of an endpoint")
    .requiredOption("--qual <model>", "verifier, likewise")
    .option("--fallback <model>", "asked once for what the generator could not do")
    .option("--labels <file>", "labelled variants: thresholds are chosen from them")
    .option(
      "--precision <share>",
      "valid ones among the accepted",
      number({ min: 0, max: 1 }),
      0.95,
    )
    .option(
      "--tau <score>",
      "accept from this score on, in place of a precision",
      number({ min: 0, max: 1 }),
    )
    .option("--attempts <count>", "rounds for an item in a type", integer({ min: 1 }), 4)
    .option("--best-of <count>", "candidates of a round", integer({ min: 1 }), 1)
    .option("--quota <count>", "most variants of a type", integer({ min: 1 }))
    .option("--limit <count>", "most items", integer({ min: 1 }))
    .option("--max-tokens <count>", "of a candidate", integer({ min: 1 }), 512)
    .option("--temperature <t>", "of candidates", number({ min: 0 }), 1)
    .option("--samples <count>", "verdicts where there are no likelihoods", integer({ min: 1 }), 5)
    .option("--sampled", "sample verdicts, even where there are likelihoods")
    .option("--blind <count>", "answers of the verifier without the label", integer({ min: 0 }), 0)
    .option("--concurrency <count>", "requests at a time", integer({ min: 1 }))
    .option("--retries <count>", "times that a request is sent again", integer({ min: 0 }))
    .option("--price <file>", "JSON of what tokens, hours, training and people cost")
    .option("--audit <file>", "labels of accepted variants, for the report")
    .option("--audited <count>", "variants of a type to be labelled", integer({ min: 0 }), 100)
    .option("--seed <number>", "of candidates and of the order of choices", integer({ min: 0 }), 0)
    .requiredOption("--out <file>", "variants, .jsonl; other files are put beside it")
    .option("--report <file>", "report, .json (default: beside the variants)")
    .action(async (flags: BuildFlags, self: Command) =>
      build(io, flags, self.optsWithGlobals().json === true),
    )
    .addHelpText("after", notes);

const notes = `
Items: question (or context, query, ctx, stem); choices (or endings, options, or columns A, B, C,
D); label (or answer, gold, answerKey) as an index from 0, a letter or the choice's text; id and
license if there are any. Rows that are no items are counted and left out.

Calls are kept beside the variants: the same command goes on after a stop and repeats none. The exit
code is 1 where rows were malformed or items failed. An endpoint's key is read from OPENAI_API_KEY.

Examples:
  onefold sage build --in mmlu_dev.jsonl --types restatement,reverse,negation,critical \\
    --gen gen/final --qual qual/final --precision 0.95 --out mmlu_pro.jsonl
  onefold sage build --task hellaswag --data datasets --domain events --best-of 8 \\
    --gen http://host/v1#model-a --qual http://host/v1#model-b --price prices.json --out pro.jsonl`;

async function build(io: Io, flags: BuildFlags, json: boolean): Promise<void> {
  const types = sage.chooseTypes(flags.domain, flags.types?.split(","));
  const sources = {
    types,
    items: await openItems(flags),
    prices: flags.price === undefined ? undefined : await sage.readPrices(flags.price),
    labelled: await labelledIn(flags.labels, flags.domain),
    labels: flags.audit === undefined ? [] : await sage.readLabels(flags.audit),
  };
  const opened = new Map<string, EvalModel>();
  const options = { ...flags, apiKey: io.env.OPENAI_API_KEY };
  const open = async (spec: string): Promise<EvalModel> => {
    const model = opened.get(spec) ?? (await sage.openRole(spec, options));
    opened.set(spec, model);
    return model;
  };
  try {
    const { gen, qual, fallback } = flags;
    const models = {
      gen: await open(gen),
      qual: await open(qual),
      fallback: fallback === undefined ? undefined : await open(fallback),
    };
    const report = await construct(io, flags, sources, models);
    if (report.malformed.count > 0 || report.total.failed > 0) io.exitCode = 1;
    const files = { file: flags.out, report: reportFile(flags) };
    if (json) return await writeJson(io, { ...report, ...files });
    await writeLine(io, [render(report), "", files.file, files.report].join("\n"));
  } finally {
    for (const model of opened.values()) model[Symbol.dispose]();
  }
}

interface Sources {
  readonly types: readonly sage.KnownType[];
  readonly items: sage.BuildOptions["items"];
  readonly prices?: sage.Prices;
  readonly labelled?: readonly sage.SourcedVariant[];
  readonly labels: readonly sage.VariantLabel[];
}

const reportFile = ({ report, out }: BuildFlags): string => report ?? sage.filesBeside(out).report;

async function construct(
  io: Io,
  flags: BuildFlags,
  { types, items, prices, labelled, labels }: Sources,
  opened: sage.ReportOptions["models"],
): Promise<sage.BuildReport> {
  const { out, seed, samples, blind } = flags;
  const { calls } = sage.filesBeside(out);
  const signal = io.interruptible();
  const { logLikelihoods: _, ...sampling } = opened.qual;
  const qual = flags.sampled ? sampling : await sage.likelyOrSampled(opened.qual, calls, signal);
  const models = { ...opened, qual };
  const notation = sage.jsonNotation;
  const shared = { ...models, types, notation, judging: { samples, blind }, seed, calls, signal };
  const status = createStatusLine(io.stderr);
  const trained = await sage.readTrainedRole(flags.qual);
  const { validation, warnings, ...believed } = await sage.chooseThresholds({
    ...shared,
    precision: flags.precision,
    tau: flags.tau,
    labelled,
    trained,
    onJudged: (done, total) => status.show(`labelled variants: ${done} of ${total} judged`),
  });
  let meter: Meter | undefined;
  const result = await sage
    .buildVariants({
      ...flags,
      ...shared,
      ...believed,
      fallback: models.fallback,
      items,
      onProgress({ done, total, accepted, failed }) {
        meter ??= createMeter(total);
        meter.set(done);
        const rate = `${meter.rate.toFixed(1)}/s, ETA ${formatDuration(meter.secondsLeft)}`;
        status.show(`${done} of ${total}: ${accepted} accepted, ${failed} failed, ${rate}`);
      },
    })
    .finally(() => status.finish());
  const trainedGen = await sage.readTrainedRole(flags.gen);
  const shares = sage.sharedWeights(models.gen, models.qual, trainedGen, trained);
  const report = sage.reportOf(result, {
    models,
    seed,
    notation: notation.version,
    prices,
    labels,
    validation,
    warnings: [...warnings, ...shares],
  });
  const { audited, domain } = flags;
  const writing = { report: reportFile(flags), audited, seed, domain };
  await sage.writeBuild(out, result, report, writing);
  return report;
}

async function openItems({ in: file, task, data }: BuildFlags) {
  if ((file === undefined) === (task === undefined)) {
    throw new UsageError("give items by --in or by --task; see onefold sage build --help");
  }
  if (file !== undefined) {
    if (!existsSync(file)) throw new Error(`${file}: no such file`);
    return sage.readChoiceItems(file);
  }
  const [found, ...others] = await createTasks(task!, { data });
  if (others.length > 0) throw new UsageError(`--task ${task}: is several tasks; choose one`);
  return sage.choiceItemsOf(found!.name, found!.items());
}

async function labelledIn(file: string | undefined, domain: sage.Domain) {
  if (file === undefined) return undefined;
  const labels = await sage.readLabels(file);
  if (labels.length === 0)
    throw new Error(`${file}: holds no labels; onefold sage label writes some`);
  return sage.labelledVariants(labels, sage.knownTypes(domain), file);
}

const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;

const percent = (share: number | null): string =>
  share === null || Number.isNaN(share) ? "?" : `${(100 * share).toFixed(1)} %`;

function render({ items, malformed, types, total, warnings }: sage.BuildReport): string {
  const problems = [
    ...(malformed.count > 0 ? [counted(malformed.count, "malformed row")] : []),
    ...(total.failed > 0 ? [`${counted(total.failed, "item")} failed`] : []),
  ];
  const head = problems.length > 0 ? [`incomplete: ${problems.join(", ")}`, ""] : [];
  const rows = Object.entries(types).map(([id, each]) => [
    id,
    `${counted(each.kept, "variant")} of ${counted(each.applicable, "item")}`,
    `yield ${percent(each.yield)}`,
    `recall ${percent(each.threshold.recall)} at tau ${each.threshold.tau.toFixed(3)}`,
    each.perAccepted ? `${Math.round(each.perAccepted.tokens)} tokens each` : "",
    each.human ? `people: ${percent(each.human.precision)} valid` : "",
  ]);
  const cost = total.money === null ? "" : `, cost ${total.money.toFixed(4)}`;
  const sum = `${counted(total.kept, "variant")} of ${counted(items, "item")}, yield ${percent(total.yield)}, ${total.tokens} tokens, ${formatDuration(total.seconds)}${cost}`;
  return [
    ...head,
    formatTable(rows),
    sum,
    ...malformed.first.slice(0, 3),
    ...warnings.map((text) => `warning: ${text}`),
  ].join("\n");
}
