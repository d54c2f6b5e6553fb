// What lm-evaluation-harness 0.4.13 made of the same task files and checkpoints
// (reference/harness_parity.py): 660 items a checkpoint in all four kinds of tasks.

import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { ItemRecord } from "../../src/evaluate/index.ts";
import { createLocalModel, evaluate, loadTask } from "../../src/evaluate/index.ts";
import { recordsOf } from "../../src/evaluate/run/journal.ts";

const fixture = "test/fixtures/evaluate/parity";
const tasks = ["endings", "letters", "pronouns", "numbers", "last-words", "documents"];

type Response = string | number | readonly [logLikelihood: number, isGreedy: number];
interface Sample {
  /** SHA-256 of contexts and continuations, its first eight digits. */
  readonly asked: string;
  readonly responses: readonly Response[];
  readonly values: Readonly<Record<string, number>>;
  readonly filtered?: readonly string[];
}
interface TaskExpectation {
  readonly results: Readonly<Record<string, number>>;
  readonly samples: Readonly<Record<string, readonly Sample[]>>;
}

const expected = JSON.parse(
  gunzipSync(await readFile(join(fixture, "expected.json.gz"))).toString(),
) as Record<string, Record<string, TaskExpectation>>;

test.each(["qwen3", "qwen2"])("%s: likelihoods to 1e-3, and every decision", async (name) => {
  const out = await mkdtemp(join(tmpdir(), "onefold-parity-"));
  const folder = join(out, "model");
  await cp(join(fixture, name), folder, { recursive: true });
  await cp("test/fixtures/text/trained-tokenizer.json", join(folder, "tokenizer.json"));
  using model = await createLocalModel(folder);
  const loaded = await Promise.all(tasks.map((task) => loadTask(join(fixture, `${task}.yaml`))));
  const { results } = await evaluate({ model, tasks: loaded, out });
  let items = 0;
  for (const { task, failures, metrics } of results) {
    expect(failures, task.name).toEqual([]);
    const { results: wanted, samples } = expected[name]![task.name]!;
    const found = metrics.flatMap(({ name: metric, filter, value, stderr }) => [
      [`${metric},${filter}`, value],
      // Bootstraps draw from other generators; the reference has none.
      ...(`${metric}_stderr,${filter}` in wanted ? [[`${metric}_stderr,${filter}`, stderr]] : []),
    ]);
    expectNear(Object.fromEntries(found) as Record<string, number>, wanted);
    for await (const record of recordsOf(join(out, "journal", `${task.name}.jsonl`))) {
      items++;
      if (record.status === "failed") throw new Error(record.error);
      for (const [filter, all] of Object.entries(samples)) {
        expectSame(record, filter, all[record.index]!, `${task.name} ${record.index}`);
      }
    }
  }
  expect(items).toBe(660);
});

type Scored = ItemRecord & { readonly status: "scored" };

function expectSame(record: Scored, filter: string, sample: Sample, where: string): void {
  const { asked, values, answer } = record;
  const texts = asked.map(({ context, argument }) =>
    [context, argument].filter((text) => typeof text === "string" && text !== ""),
  );
  expect(digest(JSON.stringify(texts)), where).toBe(sample.asked);
  for (const [i, response] of sample.responses.entries()) {
    const own = asked[i]!.response;
    if (typeof response === "string") expect(own, where).toBe(response);
    else {
      const [logLikelihood, isGreedy] = own as [number, boolean];
      const [wanted, wantedGreedy = isGreedy] = [response].flat() as [number, number?];
      expect(Math.abs(logLikelihood - wanted), where).toBeLessThan(1e-3);
      expect(isGreedy, where).toBe(Boolean(wantedGreedy));
    }
  }
  if (sample.filtered) {
    expect((answer as Record<string, string>)[filter], where).toBe(sample.filtered[0]);
  }
  const key = (metric: string) => (filter === "none" ? metric : `${metric},${filter}`);
  for (const [metric, value] of Object.entries(sample.values)) {
    expect(values[key(metric)], where).toBeCloseTo(value, 3);
  }
}

const digest = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 8);

/** Within 1e-5 of each: perplexities of a random model are astronomic. */
function expectNear(found: Record<string, number>, wanted: Readonly<Record<string, number>>): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
  for (const [metric, value] of Object.entries(wanted)) {
    expect(Math.abs(found[metric]! / value - 1) || 0, metric).toBeLessThan(1e-5);
  }
}
