/** Streams of records: order, mixture, and going on from a cursor. */

import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { toValues } from "../../../src/graph/ndarray.ts";
import {
  type BatchSource,
  type Dataset,
  decoderLoss,
  type MicroBatch,
  openStream,
  run,
  type StreamedRecord,
  type StreamOptions,
  streamBatches,
} from "../../../src/train/index.ts";
import { createTinyTrainer, f32, temporaryFolder, tiny } from "../support.ts";
import { writeRows } from "./records.ts";

const parquet = join(import.meta.dirname, "../../fixtures/train/parquet/text.parquet");
const texts = (count: number, name: string) =>
  Array.from({ length: count }, (_, i) => ({ text: `${name} ${i}` }));

const open = (datasets: readonly Dataset[], options: Partial<StreamOptions<"text">> = {}) =>
  openStream<"text">({ datasets, kinds: ["text"], seed: 1, shuffleBuffer: 8, ...options });

async function take(stream: Awaited<ReturnType<typeof open>>, count: number) {
  const found: string[] = [];
  for (let i = 0; i < count; i++) {
    const next = await stream.next();
    if (!next) break;
    found.push(next.record.text);
  }
  return found;
}

it("gives every row once an epoch, shuffled anew in each", async () => {
  const files = [writeRows(texts(20, "a"), "a.jsonl"), writeRows(texts(5, "b"), "b.jsonl")];
  const all = [...texts(20, "a"), ...texts(5, "b")].map(({ text }) => text).sort();
  const stream = await open([{ files }], { epochs: 2 });
  const [first, second] = [await take(stream, 25), await take(stream, 99)];
  expect([...first].sort()).toEqual(all);
  expect([...second].sort()).toEqual(all);
  expect(second).not.toEqual(first);
  expect(await stream.next()).toBeUndefined();
  const other = await open([{ files }], { seed: 2 });
  expect(await take(other, 25)).not.toEqual(first);
  const plain = await open([{ files }], { shuffleBuffer: 1 });
  expect((await take(plain, 50)).slice(25)).toEqual(
    [...texts(20, "a"), ...texts(5, "b")].map(({ text }) => text),
  );
});

it("goes on from the JSON of any cursor, in every format, past the end of a data set", async () => {
  const stories = join(temporaryFolder(), "stories.txt");
  writeFileSync(stories, "one\n<|endoftext|>\ntwo\n<|endoftext|>\nthree");
  const datasets = [
    { files: [writeRows(texts(30, "a"))], weight: 3 },
    { files: [parquet, stories], weight: 1 },
  ];
  const options = { epochs: 2, shuffleBuffer: 4 };
  const whole = await open(datasets, options);
  const cursors: string[] = [];
  const rows: string[] = [];
  for (;;) {
    cursors.push(JSON.stringify(whole.cursor));
    const next = await whole.next();
    if (!next) break;
    rows.push(`${next.dataset} ${next.epoch} ${next.record.text}`);
  }
  expect(rows.length).toBe(2 * 36);
  expect(whole.mixture).toEqual({ "rows.jsonl": 60, "text.parquet": 12 });
  const again = await open(datasets, options);
  for (const start of [72, 71, 0, 3, 4, 5, 17, 33, 34, 35, 36, 50, 60]) {
    await again.seek(JSON.parse(cursors[start]));
    const rest: string[] = [];
    for (let next = await again.next(); next; next = await again.next()) {
      rest.push(`${next.dataset} ${next.epoch} ${next.record.text}`);
    }
    expect(rest).toEqual(rows.slice(start));
  }
});

it("reads nothing before the buffer again", async () => {
  const file = writeRows(texts(40, "a"));
  const stream = await open([{ files: [file] }]);
  await take(stream, 19);
  const cursor = stream.cursor;
  const rest = await take(stream, 21);
  const { offset } = cursor.datasets[0];
  expect(offset).toBeGreaterThan(100);
  const handle = openSync(file, "r+");
  writeSync(handle, Buffer.alloc(offset, "not JSON"), 0, offset, 0);
  closeSync(handle);
  const again = await open([{ files: [file] }]);
  await again.seek(cursor);
  expect(await take(again, 21)).toEqual(rest);
  await expect(open([{ files: [file] }]).then((fresh) => fresh.next())).rejects.toThrow(
    /rows\.jsonl:1: .*\(rule: json\)/,
  );
});

it("mixes by weights, more evenly at a higher temperature, else by size", async () => {
  const [a, b] = [writeRows(texts(10, "a"), "a.jsonl"), writeRows(texts(10, "b"), "b.jsonl")];
  const shareOf = async (
    options: Partial<StreamOptions<"text">>,
    weights: (number | undefined)[],
  ) => {
    const stream = await open(
      [
        { files: [a], weight: weights[0] },
        { files: [b], weight: weights[1] },
      ],
      options,
    );
    await take(stream, 600);
    return stream.mixture["a.jsonl"] / 600;
  };
  const near = async (share: Promise<number>, expected: number) =>
    expect(Math.abs((await share) - expected)).toBeLessThan(0.06);
  await near(shareOf({}, [9, 1]), 0.9);
  await near(shareOf({ temperature: 2 }, [9, 1]), 0.75);
  await near(shareOf({ temperature: 1e9 }, [9, 1]), 0.5);
  await near(shareOf({}, [undefined, undefined]), 0.5);
});

it("refuses other data, broken cursors and impossible mixes", async () => {
  const file = writeRows(texts(10, "a"));
  const stream = await open([{ files: [file] }]);
  const { cursor } = stream;
  const other = await open([{ files: [file] }], { seed: 2 });
  await expect(other.seek(cursor)).rejects.toThrow("it belongs to other data");
  for (const bad of [
    null,
    3,
    {},
    { ...cursor, draws: -1 },
    { ...cursor, datasets: [{}] },
    { ...cursor, rows: [] },
  ]) {
    await expect(stream.seek(bad)).rejects.toThrow('must hold "data", "draws"');
  }
  const far = { ...cursor, datasets: [{ ...cursor.datasets[0], taken: 99 }] };
  await expect(stream.seek(far)).rejects.toThrow(
    'row 99 of a buffer of 8 was asked of data set "rows.jsonl"',
  );
  await expect(open([])).rejects.toThrow("the data has no files");
  await expect(open([{ files: [file], weight: 0 }])).rejects.toThrow(
    'the weight of data set "rows.jsonl" must be above 0',
  );
  await expect(open([{ files: [file] }], { temperature: 0 })).rejects.toThrow("temperature");
  await expect(open([{ files: ["/none.jsonl"] }])).rejects.toThrow("/none.jsonl: no such file");
  const empty = await open([{ files: [writeRows([""])] }]);
  await expect(empty.next()).rejects.toThrow("no rows to train on");
});

/** A token a letter. */
const toSequences = ({ record }: StreamedRecord<"text">) => {
  const tokens = Array.from(record.text, (c) => c.charCodeAt(0) % tiny.vocabSize);
  return [{ tokens, learned: tokens.map(() => 1), where: `${record.file}:${record.line}` }];
};

const plain = ({ inputs }: MicroBatch) =>
  Object.fromEntries(Object.entries(inputs).map(([name, array]) => [name, toValues(array)]));

it.each([
  ["padded", undefined],
  ["packed", { length: 16 }],
  ["wrapped", { length: 16, strategy: "wrapped" as const }],
])("cuts pools into micro-batches that a cursor finds again: %s", async (_, packing) => {
  const file = writeRows(texts(25, "a"));
  const source = async () =>
    streamBatches({
      stream: await open([{ files: [file] }], { epochs: 2 }),
      toSequences,
      tokensPerBatch: 32,
      tokensPerPool: 64,
      packing,
      seed: 3,
    });
  const whole = await source();
  const cursors: string[] = [];
  const batches: unknown[] = [];
  let labels = 0;
  for (;;) {
    cursors.push(JSON.stringify(whole.cursor));
    const batch = await whole.next();
    if (!batch) break;
    expect(batch.tokens).toBeLessThanOrEqual(32);
    expect(batch.origin).toContain("rows.jsonl:");
    labels += batch.supervised;
    batches.push(plain(batch));
  }
  const learned = texts(25, "a").reduce((n, { text }) => n + text.length - 1, 0);
  expect(labels).toBe(2 * learned);
  expect(await whole.next()).toBeUndefined();
  const again = await source();
  for (const start of [batches.length - 1, 0, 1, 7, batches.length >> 1]) {
    await again.seek(JSON.parse(cursors[start]));
    for (const batch of batches.slice(start, start + 5)) {
      const next = await again.next();
      expect(next && plain(next)).toEqual(batch);
    }
  }
  await expect((async () => again.seek({ pool: 1 }))()).rejects.toThrow('"pool" and "batch"');
});

it("a run that stops and goes on ends with the bits of an unbroken one, and ends with its data", async () => {
  const file = writeRows(texts(30, "some text"));
  const source = async (epochs?: number): Promise<BatchSource> =>
    streamBatches({
      stream: await open([{ files: [file] }], { epochs }),
      toSequences,
      tokensPerBatch: 64,
      tokensPerPool: 200,
      packing: { length: 32 },
      seed: 3,
    });
  const train = async (dir: string, steps: number, epochs?: number) => {
    const trainer = await createTinyTrainer({ loss: decoderLoss(tiny, { packed: true }) });
    const options = { dir, trainer, steps, accumulate: 2, saveEvery: 3, fingerprint: "stream" };
    const isDone = await run({ ...options, source: await source(epochs) });
    return { isDone, trainer };
  };
  const root = temporaryFolder();
  const whole = await train(join(root, "whole"), 9);
  for (const steps of [2, 5]) await train(join(root, "broken"), steps);
  const { trainer } = await train(join(root, "broken"), 9);
  for (const [name, array] of whole.trainer.memory.parameters) {
    expect(f32(trainer.memory.parameters.get(name)), name).toEqual(f32(array));
  }
  const state = JSON.parse(readFileSync(join(root, "whole/step-00000009/trainer.json"), "utf8"));
  expect(state.cursor.stream.draws).toBeGreaterThan(0);
  const finite = await train(join(root, "finite"), 100, 1);
  expect(finite.isDone).toBe(true);
  expect(finite.trainer.steps).toBeLessThan(20);
});
