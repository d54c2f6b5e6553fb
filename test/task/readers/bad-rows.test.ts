/** Bad rows: every error names file, line or entry, and what was expected. */

import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  RowError,
  readCocoCaptions,
  readColumns,
  readDart,
  readFetaQa,
  readGlue,
  readImageClasses,
  readInstructions,
  readKinetics,
  readLibriSpeech,
  readLjSpeech,
  readMotions,
  readMsrVtt,
  readOfaCaptions,
  readOfaClasses,
  readOfaEntailment,
  readOfaGrounding,
  readOfaImageCodes,
  readOfaVqa,
  readSpider,
  readSudoku,
  readVqa,
} from "../../../src/task/readers/index.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "onefold-readers-"));
  await put("data/a.png", "x");
  await put("outside.png", "x");
  await symlink(join(root, "outside.png"), join(root, "data/link.png"));
});
afterAll(() => rm(root, { recursive: true }));

async function put(name: string, content: string | Uint8Array): Promise<string> {
  const file = join(root, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}

async function all<T>(records: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const record of records) list.push(record);
  return list;
}

const sudoku = "1".repeat(81);

describe("rows of text files", () => {
  test.each<[string, string, (file: string) => AsyncIterable<unknown>, string]>([
    [
      "a.tsv",
      "1\t2\tcap\t\tAAAA\n1\t2\tcap\n",
      readOfaCaptions,
      "a.tsv:2: has 3 columns, expected 5 (id, image_id, cap",
    ],
    ["b.tsv", "1\t2\t \t\tAAAA\n", readOfaCaptions, 'b.tsv:1: "cap" is blank; expected text'],
    ["c.tsv", "1\t2\tcap\t\tAA*A\n", readOfaCaptions, 'c.tsv:1: "img" is no base64'],
    ["d.tsv", "1\t2\tcap\t\tAAAAA\n", readOfaCaptions, 'd.tsv:1: "img" is no base64'],
    [
      "e.tsv",
      "1\t2\tq?\t3|!+no\t\tAAAA\n",
      readOfaVqa,
      'e.tsv:1: reference "3|!+no": the confidence',
    ],
    [
      "f.tsv",
      "1\t2\tAAAA\th\tc\tperhaps\n",
      readOfaEntailment,
      'f.tsv:1: label "perhaps" is not in the closed set (entailment, neutral',
    ],
    [
      "g.tsv",
      "1\t2\tcap\t5,5,4,6\tAAAA\n",
      readOfaGrounding,
      "g.tsv:1: a box must be left, top, right, bottom",
    ],
    ["h.tsv", "1\t2\tcap\t1,2,3\tAAAA\n", readOfaGrounding, "h.tsv:1: a box must be left"],
    [
      "i.tsv",
      "1\t5 8192\tcap\n",
      readOfaImageCodes,
      "i.tsv:1: code 2 must be a whole number below 8192",
    ],
    [
      "j.tsv",
      "AAAA\t0\tcat\n",
      (file) => readOfaClasses(file, { labels: ["dog"] }),
      'j.tsv:1: label "cat" is not in the closed set (dog)',
    ],
    [
      "k.tsv",
      "sentence\tlabel\nx\t2\n",
      (file) => readGlue(file, "sst2"),
      'k.tsv:2: "label" must be one of 0, 1, found "2"',
    ],
    [
      "l.tsv",
      "text\tlabel\nx\t1\n",
      (file) => readGlue(file, "sst2"),
      'l.tsv:2: no value for "sentence"; the row has text, label',
    ],
    [
      "m.csv",
      "quizzes,solutions\n12,34\n",
      readSudoku,
      'm.csv:2: "quizzes": sudoku: 2 digits make no grid',
    ],
    [
      "n.csv",
      `puzzle,solution\n2${sudoku.slice(1)},${sudoku}\n`,
      readSudoku,
      "n.csv:2: the solution changes a number",
    ],
    ["o.csv", 'puzzle,solution\n"1,2\n', readSudoku, 'o.csv:2: a quote (") is not closed'],
    [
      "p.csv",
      'puzzle,solution\n1"2",3\n',
      readSudoku,
      "p.csv:2: column 1 has a stray quote at character 1",
    ],
    ["q.csv", "puzzle,solution\n1,2,3\n", readSudoku, "q.csv:2: has 3 columns, expected 2"],
    [
      "r.jsonl",
      '{"table_array":[["a","b"],["1"]],"question":"q","answer":"a"}\n',
      readFetaQa,
      "r.jsonl:1: table_array[1] has 1 cells, expected 2",
    ],
    [
      "s.jsonl",
      '{"table_array":[["a",1]],"question":"q","answer":"a"}\n',
      readFetaQa,
      's.jsonl:1: "table_array[0]"[1] must be text, found 1',
    ],
    ["t.jsonl", '{"table_array":\n', readFetaQa, "t.jsonl:1"],
    [
      "u.jsonl",
      '{"table_array":[],"question":"q","answer":"a"}\n',
      readFetaQa,
      '"table_array" is empty',
    ],
  ])("%s", async (name, content, read, message) => {
    const file = await put(name, content);
    await expect(all(read(file))).rejects.toThrow(message);
  });

  test("no UTF-8, no such file, no such format", async () => {
    const file = await put("latin.tsv", Uint8Array.of(0xe9, 9, 0x61));
    await expect(all(readOfaCaptions(file))).rejects.toThrow("latin.tsv:1: is not valid UTF-8");
    await expect(all(readOfaCaptions(join(root, "none.tsv")))).rejects.toThrow("none.tsv");
    await expect(all(readFetaQa(join(root, "a.xlsx")))).rejects.toThrow(
      'expected .jsonl, .parquet, .csv or .tsv, found ".xlsx"',
    );
  });

  test("limits of bytes", async () => {
    const file = await put("big.tsv", `1\t2\tcap\t\t${"A".repeat(400)}\n`);
    await expect(all(readOfaCaptions(file, { maxMediaBytes: 299 }))).rejects.toThrow(
      '"img" has 300 bytes, more than the limit of 299',
    );
    expect(await all(readOfaCaptions(file, { maxMediaBytes: 300 }))).toHaveLength(1);
    const json = await put("big.json", JSON.stringify([{ a: "x".repeat(100) }]));
    await expect(all(readDart(json, { maxJsonBytes: 50 }))).rejects.toThrow("too large");
  });
});

describe("entries of JSON files", () => {
  const schema = {
    db_id: "d",
    table_names_original: ["t"],
    column_names_original: [
      [-1, "*"],
      [0, "c"],
    ],
  };

  test.each<[string, unknown, (file: string) => AsyncIterable<unknown>, string]>([
    ["a.json", {}, readDart, "a.json: expected a JSON array at the top"],
    ["b.json", [7], readDart, "b.json: [0]: must be an object, found 7"],
    [
      "c.json",
      [{ tripleset: [["a", "b"]], annotations: [] }],
      readDart,
      "c.json: [0]: tripleset[0] must be subject, relation and object",
    ],
    [
      "d.json",
      [{ tripleset: [["a", "b", "c"]], annotations: [{}] }],
      readDart,
      'd.json: [0], annotations[0]: no value for "text"',
    ],
    [
      "e.json",
      { Definition: ["x"], "Positive Examples": [], Instances: [{ input: "x", output: [] }] },
      readInstructions,
      'e.json, Instances[0]: no value for "output"',
    ],
    [
      "f.json",
      { Definition: "x" },
      readInstructions,
      'f.json: "Definition" must be an array, found "x"',
    ],
    ["g.json", [], readInstructions, "g.json: expected a JSON object at the top"],
  ])("%s", async (name, content, read, message) => {
    const file = await put(name, JSON.stringify(content));
    await expect(all(read(file))).rejects.toThrow(message);
  });

  test("databases", async () => {
    const rows = await put(
      "spider.json",
      JSON.stringify([{ db_id: "e", question: "q", query: "select 1" }]),
    );
    const tables = await put("tables.json", JSON.stringify([schema]));
    await expect(all(readSpider(rows, { tables }))).rejects.toThrow(
      'spider.json: [0]: database "e" is not in',
    );
    const broken = await put(
      "broken.json",
      JSON.stringify([{ ...schema, column_names_original: [[3, "c"]] }]),
    );
    await expect(all(readSpider(rows, { tables: broken }))).rejects.toThrow(
      "column_names_original[0]: table 3 does not exist; there are 1",
    );
  });

  test("ids that nothing has", async () => {
    const images = join(root, "data");
    const coco = await put(
      "coco.json",
      JSON.stringify({ images: [], annotations: [{ id: 1, image_id: 2, caption: "x" }] }),
    );
    await expect(all(readCocoCaptions(coco, { images }))).rejects.toThrow(
      "image_id 2 is not among the images",
    );
    const questions = await put(
      "q.json",
      JSON.stringify({
        data_subtype: "x",
        questions: [{ question_id: 1, image_id: 2, question: "x" }],
      }),
    );
    const annotations = await put("ann.json", JSON.stringify({ annotations: [] }));
    await expect(all(readVqa(questions, { images, annotations }))).rejects.toThrow(
      "question 1 has no answers in ann.json",
    );
    const vtt = await put(
      "vtt.json",
      JSON.stringify({ videos: [], sentences: [{ video_id: "v", caption: "x" }] }),
    );
    await expect(all(readMsrVtt(vtt, { videos: images }))).rejects.toThrow(
      "video_id v is not among the videos",
    );
  });
});

describe("files that rows name", () => {
  const columns = { img: { column: "path", as: "file" } } as const;
  const read = async (name: string) => {
    const file = await put("data/rows.jsonl", `${JSON.stringify({ path: name })}\n`);
    return all(readColumns(file, { columns }));
  };

  test.each([
    ["../outside.png", "leads out of"],
    ["/etc/passwd", "leads out of"],
    ["link.png", "leads out of"],
    ["x/../../outside.png", "leads out of"],
    ["a.png\0", "leads out of"],
    [".", "leads out of"],
    ["none.png", 'the file "none.png" is missing in'],
  ])("%j", async (name, message) => {
    await expect(read(name)).rejects.toThrow(message);
    await expect(read(name)).rejects.toThrow("rows.jsonl:1: ");
  });

  test("a file in the folder", async () => {
    expect(await read("./a.png")).toEqual([{ img: expect.stringMatching(/data\/a\.png$/) }]);
  });

  test("recordings, clips, images and texts that are missing", async () => {
    await put("libri/1/2/1-2.trans.txt", "1-2-0000 HELLO\n");
    await expect(all(readLibriSpeech(join(root, "libri")))).rejects.toThrow(
      /1-2\.trans\.txt:1: the file "1\/2\/1-2-0000\.flac" is missing/,
    );
    await expect(all(readLibriSpeech(join(root, "data")))).rejects.toThrow(
      "holds no .trans.txt files",
    );
    await put("lj/metadata.csv", "LJ1|x|y\n");
    await expect(all(readLjSpeech(join(root, "lj")))).rejects.toThrow(
      'metadata.csv:1: the file "wavs/LJ1.wav" is missing',
    );
    await put("lj2/metadata.csv", "LJ1\n");
    await expect(all(readLjSpeech(join(root, "lj2")))).rejects.toThrow(
      "metadata.csv:1: no value for",
    );
    const kinetics = await put("k.csv", "label,youtube_id,time_start,time_end\nx,y,1,z\n");
    await expect(all(readKinetics(kinetics, { videos: root }))).rejects.toThrow(
      'k.csv:2: "time_end" must be a whole number, found "z"',
    );
    await put("motion/a.bvh", "x");
    await expect(all(readMotions(join(root, "motion")))).rejects.toThrow(
      'a.bvh: the file "texts/a.txt" is missing',
    );
    await put("motion/a.txt", "#\n");
    await expect(all(readMotions(join(root, "motion")))).rejects.toThrow("its text a.txt is empty");
    await expect(all(readMotions(join(root, "none")))).rejects.toThrow("none");
    await put("classes/n1/a.jpg", "x");
    await expect(all(readImageClasses(join(root, "classes"), { names: {} }))).rejects.toThrow(
      'class "n1" has no name',
    );
  });
});

test("problems can be taken, and reading goes on", async () => {
  const file = await put(
    "some.tsv",
    "1\t2\n1\t2\tcap\t\tAAAA\n1\t2\tcap\t\t*\n2\t2\tlast\t\tAAAA\n",
  );
  const problems: RowError[] = [];
  const records = await all(
    readOfaCaptions(file, { onProblem: (problem) => problems.push(problem) }),
  );
  expect(records.map(({ cap }) => cap)).toEqual(["cap", "last"]);
  expect(problems.map(({ place }) => place)).toEqual([`${file}:1`, `${file}:3`]);
  expect(problems[0]).toBeInstanceOf(RowError);
});
