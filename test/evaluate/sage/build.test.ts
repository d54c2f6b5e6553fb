/** The construction of variants: what is asked, kept, accepted and counted. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { givenThreshold } from "../../../src/evaluate/sage/build/threshold.ts";
import * as sage from "../../../src/evaluate/sage/index.ts";
import { gateProblem } from "../../../src/evaluate/sage/reward.ts";
import { fakeModel, inventedItems, readAsked, verdict, writeInvented } from "./invented.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onefold-sage-"));
});
afterAll(() => rm(folder, { recursive: true }));

const types = sage.chooseTypes("facts", ["restatement", "negation", "critical"]);
const believed = (tau = 0.5) =>
  Object.fromEntries(types.map(({ id }) => [id, givenThreshold(tau)]));
const writer = (name = "writer") =>
  fakeModel(
    (request) => {
      const { type, source } = readAsked(request);
      return writeInvented(type, source);
    },
    { identity: name, name },
  );
const judge = (value: (text: string) => 0 | 1 = () => 1) =>
  fakeModel((request) => verdict(value(readAsked(request).text)), {
    identity: "judge",
    name: "judge",
  });

const build = (name: string, change: Partial<sage.BuildOptions> = {}) =>
  sage.buildVariants({
    items: inventedItems(12),
    types,
    gen: writer(),
    qual: judge(),
    notation: sage.jsonNotation,
    thresholds: believed(),
    judging: { samples: 3 },
    calls: join(folder, name),
    ...change,
  });

async function allOf<T>(from: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of from) all.push(each);
  return all;
}

it("accepts what passes programs and verifier, and counts every candidate", async () => {
  // The first candidate for "negation" negates nothing; the verifier refuses one item in "restatement".
  const seen = new Set<string>();
  const gen = fakeModel((request) => {
    const { type, source } = readAsked(request);
    const isFirst = !seen.has(`${type} ${source.question}`);
    seen.add(`${type} ${source.question}`);
    if (type === "negation" && isFirst)
      return '{"question": "Which?", "choices": ["a", "b", "c", "d"], "answer": "A"}';
    return writeInvented(type, source);
  });
  const qual = judge((text) => (text.includes("the land Dorn") ? 0 : 1));
  const result = await build("counts", { gen, qual });
  expect(result).toMatchObject({ items: 12, bad: [] });
  const [restatement, negation, critical] = result.outcomes as [
    sage.TypeOutcome,
    sage.TypeOutcome,
    sage.TypeOutcome,
  ];
  expect(restatement).toMatchObject({
    tried: 12,
    sampled: 11 + 4,
    judged: 15,
    accepted: 11,
    derived: 0,
    unread: 0,
    problems: {},
  });
  expect(restatement.refused.map(({ item }) => item.id)).toEqual(["dorn"]);
  expect(restatement.refused[0]!.best!.qual).toMatchObject({
    score: 0,
    scores: { label: 0, type: 1 },
  });
  expect(negation).toMatchObject({
    sampled: 24,
    judged: 12,
    accepted: 12,
    problems: { "the question has no negation": 12 },
  });
  expect(critical.accepted).toBe(12);
  expect(critical.derived).toBe(12 - critical.sampled);
  expect(critical.derived).toBeGreaterThan(0);
  // Each verdict is three samples of 100 + 10 tokens.
  expect(restatement.spent).toMatchObject({
    gen: { calls: 15, promptTokens: 1500, completionTokens: 150 },
    qual: { calls: 45, promptTokens: 4500, completionTokens: 450 },
  });
  for (const { type, variants } of result.outcomes) {
    for (const { item, variant } of variants)
      expect(gateProblem(type, item, variant)).toBeUndefined();
  }
  // Every place is right as often as any other, and "none of the above" stays where it is.
  const places = negation.variants.map(({ variant }) => variant.label);
  expect([0, 1, 2, 3].map((at) => places.filter((place) => place === at).length)).toEqual([
    3, 3, 3, 3,
  ]);
  for (const { variant } of critical.variants)
    expect(variant.choices[4]).toBe("None of the above.");

  const report = sage.reportOf(result, { models: { gen, qual }, seed: 0, notation: "n" });
  expect(report.types.restatement).toMatchObject({
    kept: 11,
    refused: 1,
    failed: 0,
    yield: 11 / 15,
  });
  expect(report.types.restatement!.perAccepted!.tokens).toBeCloseTo((15 * 110 + 45 * 110) / 11, 9);
  // Right choices are the longest here; eleven labels over four places are even but for chance.
  const ofRestatement = report.warnings.filter((text) => text.startsWith("restatement"));
  expect(ofRestatement.map((text) => /the (\w+) choice/.exec(text)?.[1])).toEqual(["longest"]);
  expect(report.total).toMatchObject({ money: null, breakEven: null, failed: 0 });
  expect(report.types.negation!.artefacts!.players.first).toMatchObject({
    score: 0.25,
    isWithin: true,
  });
});

it("goes on after a stop without repeating a call, and gives what a run without stops gives", async () => {
  const whole = await build("whole");
  const gens = [writer(), writer(), writer()];
  const quals = [judge(), judge(), judge()];
  for (const [i, stopAt] of [5, 14].entries()) {
    const controller = new AbortController();
    const run = build("stopped", {
      gen: gens[i]!,
      qual: quals[i]!,
      signal: controller.signal,
      onProgress: ({ done }) => done >= stopAt && controller.abort(new Error("interrupted")),
    });
    await expect(run).rejects.toThrow("interrupted");
  }
  const last = await build("stopped", { gen: gens[2]!, qual: quals[2]! });
  const asked = [...gens, ...quals].flatMap((model) =>
    model.asked.map((request) => JSON.stringify(request)),
  );
  expect(new Set(asked).size).toBe(asked.length);
  expect(gens.map((model) => model.asked.length > 0)).toEqual([true, true, true]);
  const told = (result: sage.BuildResult) =>
    result.outcomes.map(({ spent, type, ...rest }) => rest);
  expect(told(last)).toEqual(told(whole));
  expect(last.outcomes.map(({ spent }) => spent.qual.promptTokens)).toEqual(
    whole.outcomes.map(({ spent }) => spent.qual.promptTokens),
  );
  expect(last.made).toBeLessThan(whole.made);
  const again = await build("stopped", {
    gen: fakeModel(() => "not asked", { identity: "writer", name: "writer" }),
  });
  expect(again.made).toBe(0);
  expect(told(again)).toEqual(told(whole));
});

it("takes the best of several candidates, and asks a fallback for what is left", async () => {
  const gen = fakeModel((request) => {
    const { type, source } = readAsked(request);
    const text = writeInvented(type, source);
    return request.seed! % 2 === 0 ? text : text.replace("governed", "ruled");
  });
  const likely = fakeModel(() => "", {
    identity: "likely",
    // "ruled" is taken to be better.
    logLikelihoods: async (requests) =>
      requests.map(({ context, continuation }) => ({
        logLikelihood: continuation === "1" ? (context.includes("ruled") ? 3 : 1) : 0,
        isGreedy: true,
        tokens: 1,
      })),
  });
  const [type] = types as [sage.KnownType];
  const result = await build("best", { types: [type], gen, qual: likely, bestOf: 8, attempts: 1 });
  expect(result.outcomes[0]!.sampled).toBe(96);
  const questions = result.outcomes[0]!.variants.map(({ variant }) => variant.question);
  expect(questions.filter((question) => question.includes("ruled"))).toHaveLength(12);
  const refusing = judge((text) => (text.includes("seat of power") ? 1 : 0));
  const fallback = fakeModel(
    (request) => {
      const { source } = readAsked(request);
      return sage.jsonNotation.write({
        ...source,
        question: `${source.choices[0]}: whose seat of power?`,
      });
    },
    { name: "large", identity: "large" },
  );
  const helped = await build("fallback", { types: [type], qual: refusing, fallback, attempts: 2 });
  expect(helped.outcomes[0]).toMatchObject({ sampled: 36, accepted: 12 });
  expect(helped.outcomes[0]!.variants.every(({ gen: { model } }) => model === "large")).toBe(true);
  expect(fallback.asked).toHaveLength(12);
});

it("stops a type at its quota, and pays nothing where no score is precise enough", async () => {
  const gen = writer();
  const thresholds = { ...believed(), negation: givenThreshold(1.01) };
  const result = await build("quota", { gen, thresholds, quota: 3 });
  expect(result.outcomes.map(({ variants }) => variants.length)).toEqual([3, 0, 3]);
  expect(result.outcomes[1]).toMatchObject({ tried: 0, sampled: 0, applicable: 12 });
  expect(gen.asked.some((request) => readAsked(request).type === "negation")).toBe(false);
  const { warnings } = sage.reportOf(result, {
    models: { gen, qual: judge() },
    seed: 0,
    notation: "",
  });
  expect(warnings).toContain(
    "negation: no score keeps the precision on 0 labelled variants; left out",
  );
});

it("calibrates with half of the labelled sources, and chooses thresholds with the other half", async () => {
  const [type] = types as [sage.KnownType];
  // A verifier that is right, at far too low scores, and when it answers itself takes A.
  const likely = fakeModel(() => "", {
    identity: "low",
    logLikelihoods: async (requests) =>
      requests.map(({ context, continuation }) => {
        const odds = context.includes("ruled") ? -1 : -3;
        const isVerdict = context.includes("type_ok");
        const own = continuation === "A" ? 1 : 0;
        return {
          logLikelihood: isVerdict ? (continuation === "1" ? odds : 0) : own,
          isGreedy: true,
          tokens: 1,
        };
      }),
  });
  const labelled = Array.from({ length: 80 }, (_, i): sage.SourcedVariant => {
    const isValid = i % 2 === 0;
    const source = {
      question: `What is the capital of P${i}?`,
      choices: [`c${i}`, "Oslo", "Lima"],
      label: 0,
    };
    const question = `From which city is P${i} ${isValid ? "ruled" : "run"}?`;
    return {
      type,
      source,
      sourceId: `s${i}`,
      variant: { ...source, question },
      labels: { type: isValid, label: isValid, unique: isValid },
    };
  });
  const options = {
    types: [type],
    qual: likely,
    notation: sage.jsonNotation,
    calls: join(folder, "labels"),
    labelled,
  };
  const chosen = await sage.chooseThresholds({ ...options, precision: 1 });
  expect(chosen.thresholds.restatement).toMatchObject({
    precision: 1,
    recall: 1,
    labelled: 40,
    from: "type",
  });
  // Valid ones score near 1 now: Platt's targets are (n + 1) / (n + 2).
  const score = chosen.thresholds.restatement!.tau;
  expect(score).toBeGreaterThan(0.8);
  expect(chosen.validation!.calls).toBe(80 * 6);
  const before = likely.usage().requests;
  const again = await sage.chooseThresholds({ ...options, precision: 1 });
  expect([again.thresholds, likely.usage().requests]).toEqual([chosen.thresholds, before]);
  // Its own answers are right in a third of the shuffles or so: what is tested is what will be asked.
  const blind = await sage.chooseThresholds({ ...options, precision: 1, judging: { blind: 3 } });
  expect(blind.calibration).toEqual(chosen.calibration);
  expect(blind.thresholds.restatement!.tau).toBeLessThan(score);
  const few = sage.chooseThresholds({ ...options, labelled: labelled.slice(0, 1) });
  await expect(few).rejects.toThrow("label more");
});

it("counts what a model does not answer, and asks it again in the next run", async () => {
  const isDown = { now: true };
  const gen = fakeModel((request) => {
    const { type, source } = readAsked(request);
    if (isDown.now && source.question.includes("Cole"))
      throw new Error("writer answered 500: busy");
    return writeInvented(type, source);
  });
  const first = await build("failing", { gen });
  expect(first.outcomes[0]!.failures).toEqual([
    { item: "cole", error: "writer answered 500: busy" },
  ]);
  expect(
    sage.reportOf(first, { models: { gen, qual: judge() }, seed: 0, notation: "" }).total.failed,
  ).toBe(3);
  const { length } = gen.asked;
  isDown.now = false;
  const second = await build("failing", { gen });
  expect(second.outcomes.map(({ failures }) => failures.length)).toEqual([0, 0, 0]);
  expect(gen.asked.length - length).toBe(3);
});

it("leaves out rows that are no items, and says which and why", async () => {
  const file = join(folder, "items.jsonl");
  const row = { question: "a?", choices: ["x", "y"], answer: "B" };
  const rows = [
    row,
    { ...row, id: 7, ctx: "unused" },
    { ...row, answer: "C" },
    { ...row, choices: ["x"] },
    { ...row, choices: ["x", " X"] },
    { ...row, choices: "x" },
    { ...row, question: " " },
    { ...row, id: "7" },
    { context: "then", endings: ["p", "q", "r"], label: 2, license: "CC0" },
    { question: "n?", choices: [3, 4], answer: "4" },
  ];
  await writeFile(file, `${rows.map((each) => JSON.stringify(each)).join("\n")}\n{"broken\n`);
  const found = await allOf(sage.readChoiceItems(file));
  const problems = found.flatMap((each) =>
    "problem" in each ? [each.problem.slice(folder.length + 1)] : [],
  );
  expect(problems).toEqual([
    'items.jsonl:3: "answer" is "C", expected an index from 0, a letter or one of 2 choices',
    "items.jsonl:4: has 1 choices, expected 2 or more",
    'items.jsonl:5: the choice " X" stands twice',
    'items.jsonl:6: "choices" must be an array, found "x"',
    'items.jsonl:7: "question" is blank; expected text',
    expect.stringMatching(/^items.jsonl:8: the id "7" is that of .*items.jsonl:2$/),
    expect.stringContaining("items.jsonl:11"),
  ]);
  const items = found.flatMap((each) => ("problem" in each ? [] : [each]));
  expect(items.map(({ id, label }) => [id, label])).toEqual([
    ["0", 1],
    ["7", 1],
    ["8", 2],
    ["9", 1],
  ]);
  expect(items[2]).toMatchObject({ question: "then", choices: ["p", "q", "r"], license: "CC0" });

  const csv = join(folder, "items.csv");
  await writeFile(csv, 'question,A,B,C,D,answer\n"one, two?",1,2,3,4,C\nshort,1\n');
  const [item, bad] = await allOf(sage.readChoiceItems(csv));
  expect(item).toEqual({ id: "0", question: "one, two?", choices: ["1", "2", "3", "4"], label: 2 });
  expect(bad).toMatchObject({ problem: expect.stringContaining("items.csv:3: has 2 columns") });
});

it("writes files that labelling reads, and folds labels into the report", async () => {
  const result = await build("written");
  const [gen, qual] = [writer(), judge()];
  const options = { models: { gen, qual }, seed: 0, notation: "n" };
  const out = join(folder, "pro.jsonl");
  const files = sage.filesBeside(out);
  const report = sage.reportOf(result, options);
  await sage.writeBuild(out, result, report, {
    report: files.report,
    audited: 5,
    seed: 1,
    domain: "facts",
  });
  const variants = await sage.readVariants(out);
  expect(variants).toHaveLength(36);
  const [first] = variants as [sage.StoredVariant];
  expect(first).toMatchObject({
    id: "arda/restatement",
    record: {
      type: "restatement",
      src_id: "arda",
      license: "CC0",
      qual: { score: 1, reasons: ["seen", "seen", "seen"] },
    },
  });
  // Of events, a context is asked: people are told what a variant of events is.
  const events = join(folder, "events.jsonl");
  const writing = { report: join(folder, "events.json"), audited: 5, seed: 1 };
  await sage.writeBuild(events, result, report, { ...writing, domain: "events" });
  const [event] = await sage.readVariants(events);
  expect(event!.record.question).toBeUndefined();
  expect(sage.contentOf(event!.record)).toEqual(sage.contentOf(first.record));
  const sampled = await sage.readVariants(files.audit);
  expect(sampled.filter(({ record }) => record.type === "negation")).toHaveLength(5);
  expect(await readFile(files.picture, "utf8")).toContain("negation");
  expect(JSON.parse(await readFile(files.report, "utf8"))).toEqual(
    JSON.parse(JSON.stringify(report)),
  );
  const labels = sampled.map(({ id, record }, i): sage.VariantLabel => {
    return {
      id,
      variant: record,
      labels: { type: true, label: i !== 0, unique: true },
      annotator: "ada",
    };
  });
  const audited = sage.reportOf(result, { ...options, labels });
  expect(audited.types.restatement!.human).toMatchObject({
    labelled: 5,
    valid: 4,
    precision: 0.8,
    isEnough: false,
  });
  // Wilson's interval of 4 in 5.
  expect(audited.types.restatement!.human!.interval[0]).toBeCloseTo(0.3755, 4);
});

it("hands on what was refused: to people, and to another generator", async () => {
  const qual = judge((text) => (text.includes("Cole") || text.includes("Dorn") ? 0 : 1));
  const isMute = (text: string): boolean => text.includes("Dorn");
  const gen = fakeModel((request) => {
    const { text, type, source } = readAsked(request);
    return isMute(text) ? "I cannot." : writeInvented(type, source);
  });
  const result = await build("refused", { qual, gen, attempts: 1 });
  const out = join(folder, "refused.jsonl");
  const report = sage.reportOf(result, { models: { gen, qual }, seed: 0, notation: "" });
  const files = sage.filesBeside(out);
  await sage.writeBuild(out, result, report, {
    report: files.report,
    audited: 1,
    seed: 0,
    domain: "facts",
  });
  const refused = await sage.readVariants(files.refused);
  expect(refused.map(({ id }) => id)).toEqual([
    "cole/restatement",
    "cole/negation",
    "cole/critical",
  ]);
  expect(refused[0]!.record).toMatchObject({ type: "restatement", qual: { score: 0 } });
  const hard = await allOf(sage.readChoiceItems(files.hard));
  expect(hard.map((item) => ("id" in item ? item.id : item.problem))).toEqual(["cole", "dorn"]);
});

it("adds up prices by role, and says from where on it is cheaper", async () => {
  const file = join(folder, "prices.json");
  const prices = {
    gen: { in: 1, out: 10 },
    training: 5,
    human: { minutes: 30, hourly: 20 },
    baseline: 0.5,
  };
  await writeFile(file, JSON.stringify(prices));
  const result = await build("priced");
  const read = await sage.readPrices(file);
  const { total } = sage.reportOf(result, {
    models: { gen: writer(), qual: judge() },
    seed: 0,
    notation: "",
    prices: read,
  });
  // Each candidate is 100 tokens read and 10 written: 0.0002.
  expect(total.money).toBeCloseTo(total.sampled * 0.0002, 12);
  expect(total.fixed).toBe(15);
  expect(total.breakEven).toBe(Math.ceil(15 / (0.5 - 0.0002)));
  await writeFile(file, JSON.stringify({ trainig: 1 }));
  await expect(sage.readPrices(file)).rejects.toThrow(
    `${file}: unknown key "trainig"; did you mean "training"?`,
  );
});
