import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  accuracyByLevel,
  createLocalModel,
  createMtrBenchTask,
  createTasks,
  type EvalItem,
  type EvalModel,
  evaluate,
  findMtrBenchTask,
  findPatterns,
  makeInstance,
  mtrBenchTasks,
  newEpisode,
  oraclePlayer,
  parsePaperInstances,
  playEpisode,
  playTurn,
  randomPlayer,
  readPaperInstances,
  resultsJson,
  scoreEpisodes,
  writeReport,
} from "../../../src/evaluate/index.ts";
import { PromptTooLongError } from "../../../src/evaluate/model/too-long.ts";

const minMax = findMtrBenchTask("minmax");

test("malformed and illegal commands leave the state of every task as it was", () => {
  for (const task of mtrBenchTasks) {
    const start = newEpisode(makeInstance(task, "easy", 2, 0));
    const [verb] = task.verbs;
    for (const reply of ["", "no command", `${verb}:`, `${verb}: -7 -7 -7 -7 -7`, `${verb}: ¿?`]) {
      const after = playTurn(task, start, reply, { corrections: 3 });
      expect(after.turns[0], `${task.name}: ${reply}`).toMatchObject({ isInvalid: true });
      expect(after.state).toBe(start.state);
      expect(after.status).toBe("live");
    }
  }
});

test("the same replies give the same game, so a game is resumed by replay", async () => {
  for (const task of mtrBenchTasks) {
    const instance = makeInstance(task, "easy", 3, 1);
    const played = await playEpisode(task, instance, randomPlayer(task, instance, 4));
    expect(played.turns.filter((t) => t.isInvalid)).toEqual([]);
    let again = newEpisode(instance);
    for (const { reply } of played.turns) again = playTurn(task, again, reply, { corrections: 3 });
    expect(again).toEqual(played);
  }
});

test("the random player does not draw from the stream that the instance was drawn from", async () => {
  const wordle = findMtrBenchTask("Wordle");
  const instance = makeInstance(wordle, "hard", 5, 0);
  // 12 letters: 18 guesses hit with a chance of 2e-16.
  expect((await playEpisode(wordle, instance, randomPlayer(wordle, instance, 5))).status).toBe(
    "budget",
  );
});

test("corrections are counted; one more invalid command ends the game", async () => {
  const instance = makeInstance(minMax, "easy", 1, 0);
  const lenient = await playEpisode(minMax, instance, async () => "hello");
  expect([lenient.status, lenient.turns.length]).toEqual(["invalid", 4]);
  const strict = await playEpisode(minMax, instance, async () => "hello", { corrections: 0 });
  expect([strict.status, strict.turns.length]).toEqual(["invalid", 1]);
  expect(lenient.turns[0]!.feedback).toContain("My Query: i j");
});

test("thoughts are not stored; an unclosed one is truncated, not a command", () => {
  const start = newEpisode(makeInstance(minMax, "easy", 1, 0));
  const thought = "<think>My Query: 9 9</think>I compare.\n**My Query: 1 2**";
  const { turns } = playTurn(minMax, start, thought, { corrections: 0 });
  expect(turns[0]).toMatchObject({ command: "My Query: 1 2", isInvalid: false });
  expect(turns[0]!.reply).not.toContain("9 9");
  const cut = playTurn(minMax, start, "<think>My Query: 1 2", { corrections: 3 });
  expect(cut.turns[0]).toMatchObject({ isTruncated: true, isInvalid: false });
});

test("replies that never end are counted apart from invalid ones; a command before the cut counts", async () => {
  const instance = makeInstance(minMax, "easy", 1, 0);
  const endless = async () => ({ text: "1 and 2 and 1 and 2 and", isCutOff: true });
  const game = await playEpisode(minMax, instance, endless);
  expect([game.status, game.turns.length]).toEqual(["truncated", 4]);
  const scores = scoreEpisodes([game]);
  expect(scores).toMatchObject({ games: 1, accuracy: 0, truncatedGames: 1, truncatedTurns: 1 });
  expect(scores).toMatchObject({ invalidGames: 0, invalidTurns: 0 });
  const talkative = { text: "My Query: 1 2\nand then", isCutOff: true };
  const { turns } = playTurn(minMax, newEpisode(instance), talkative, { corrections: 3 });
  expect(turns[0]).toMatchObject({ command: "My Query: 1 2", isTruncated: false });
});

test("scores: accuracy over all games, efficiency over won ones, invalid turns", async () => {
  const instance = makeInstance(minMax, "easy", 1, 0);
  const won = await playEpisode(minMax, instance, oraclePlayer(minMax, instance));
  const ended = await playEpisode(minMax, instance, async () => "hello");
  const scores = scoreEpisodes([won, ended]);
  // n = 5: 6 comparisons and the answer, of 10 turns.
  expect(scores).toMatchObject({ accuracy: 0.5, turnsToWin: 7, efficiency: 1, invalidGames: 0.5 });
  expect(scores.budgetScore).toBeCloseTo(0.5 * (1 - 6 / 10));
  expect(scores.invalidTurns).toBeCloseTo(4 / 11);
  // Two wasted turns: 7 / 9 of the reference's speed, and 8 of 10 turns gone before the last.
  let slow = newEpisode(instance);
  for (const reply of ["My Query: 1 1", "My Query: 1 1", ...won.turns.map((t) => t.reply)]) {
    slow = playTurn(minMax, slow, reply, { corrections: 0 });
  }
  expect(scoreEpisodes([won, slow]).efficiency).toBeCloseTo((1 + 7 / 9) / 2);
  expect(scoreEpisodes([slow]).budgetScore).toBeCloseTo(1 - 8 / 10);
});

test("patterns: a repeated query tells nothing; an early answer is premature", () => {
  const impostors = findMtrBenchTask("FindTheImpostors");
  let game = newEpisode(makeInstance(impostors, "easy", 1, 0));
  for (const reply of ["My Query: 1, 2, 3", "My Query: 1, 2, 3", "My Answer: 1, 2"]) {
    game = playTurn(impostors, game, reply, { corrections: 0 });
  }
  const [first, second, third] = findPatterns(impostors, game);
  // 6 players, 2 to 4 impostors: 15 + 20 + 15 worlds, half of them on each side by symmetry.
  expect(first).toMatchObject({ candidates: 50, bits: 1, isRepeat: false, isRedundant: false });
  expect(second).toMatchObject({ candidates: 25, bits: 0, isRepeat: true, isRedundant: true });
  expect(third).toMatchObject({ isPremature: true });
});

test("published instances are read; wrong fields are named with file and line", async () => {
  const line = {
    question_id: 4,
    prompt: "Find the pair.",
    type: "Information Query",
    scale: 5,
    difficulty: "easy",
    title: "MinMax",
    answer: "38172",
  };
  const [instance] = parsePaperInstances(`${JSON.stringify(line)}\n`, "easy.jsonl");
  expect(instance).toMatchObject({ id: "IP.MinMax.easy.paper.4", rules: "paper", budget: 10 });
  expect(instance!.prompt).toBe("Find the pair.\n- You have at most 10 rounds.");
  const right = await playEpisode(minMax, instance!, async () => "My Answer: 3 2");
  expect(right.status).toBe("won");
  const silent = await playEpisode(minMax, instance!, async () => "hello");
  expect(silent.turns).toHaveLength(1);
  const broken = JSON.stringify({ ...line, scale: "five" });
  expect(() => parsePaperInstances(broken, "easy.jsonl")).toThrow('easy.jsonl, line 1: "scale"');
  expect(() => parsePaperInstances("{", "easy.jsonl")).toThrow("easy.jsonl, line 1: no JSON");
  const other = JSON.stringify({ ...line, title: "MinMaxx" });
  expect(() => parsePaperInstances(other, "easy.jsonl")).toThrow("did you mean MinMax?");
});

test("of a published file every line is an item: a malformed one fails in its place", async () => {
  // Rows invented in the published format.
  const row = { question_id: 1, prompt: "Go.\n\nReady to start?", difficulty: "easy", scale: 3 };
  const rows = [
    { ...row, title: "MinMax", answer: "381" },
    { ...row, question_id: 2, title: "Chess" },
  ];
  const file = join(await mkdtemp(join(tmpdir(), "onefold-mtr-")), "easy.jsonl");
  await writeFile(file, `${rows.map((r) => JSON.stringify(r)).join("\n")}\n`);
  const [first, second] = await readPaperInstances(file);
  expect(first).toMatchObject({
    prompt: "Go.\n- You have at most 10 rounds.\n\nReady to start?",
  });
  expect(second).toMatchObject({ id: `${file}, line 2` });
  const [good, bad] = (
    await createTasks(`mtr-bench:file=${file}`)
  )[0]!.items() as Iterable<EvalItem>;
  expect(good!.problem).toBeUndefined();
  expect(bad!.problem).toContain('no task of MTR-Bench is named "Chess"');
});

test("published monitors read the first command, ours the last", () => {
  const rows = { question_id: 1, prompt: "", difficulty: "easy", scale: 3, title: "MinMax" };
  const [paper] = parsePaperInstances(JSON.stringify({ ...rows, answer: "381" }), "easy.jsonl");
  const reply = "My Answer: 3 2\nMy Query: 1 2\nMy Query: 2 3";
  const read = (instance: typeof paper) =>
    playTurn(minMax, newEpisode(instance!), reply, { corrections: 0 }).turns[0]!.command;
  expect(read(paper)).toBe("My Query: 1 2");
  expect(read(makeInstance(minMax, "easy", 1, 0))).toBe("My Query: 2 3");
});

// Rows invented in the published format; feedback worked out by hand from the published rules.
test.each([
  // Digit 0 marks an impostor: 1 and 2 are.
  ["FindTheImpostors", { answer: "001111" }, ["My Query: 1, 2, 3", "My Answer: 1, 2"], ["0", "1"]],
  [
    "MinMax",
    { answer: "3383" },
    ["My Query: 1 1", "My Answer: 2 3", "My Answer: 1 3"],
    ["Cannot compare same positions", "0", "1"],
  ],
  // Tiles 0, 1, 2: the straight 1 2 3 is complete with a 3; the 0 counts as another 3.
  [
    "MahjongDetective",
    { answer: [0, 1, 2] },
    ["My Query: + 3", "My Answer: 1 1 1", "My Answer: 1 1 2"],
    ["0 1", "Incorrect", "Correct"],
  ],
  // 12 is 4 XOR 8: powers of two cannot be broken.
  [
    "XORBreaking",
    { initial_number: 12, turns: 20 },
    ["Breaking into: 4 8"],
    [/^Choosing: [48] Cannot break further\. You win!$/],
  ],
] as const)("published %s answers as its monitor does", (title, hidden, replies, said) => {
  const task = findMtrBenchTask(title);
  const row = { question_id: 1, prompt: "", difficulty: "easy", title, scale: 3, ...hidden };
  const scale = "answer" in hidden ? { scale: title === "MinMax" ? 4 : 3 } : {};
  const [instance] = parsePaperInstances(JSON.stringify({ ...row, ...scale }), "easy.jsonl");
  let game = newEpisode(instance!);
  for (const reply of replies) game = playTurn(task, game, reply, { corrections: 0 });
  expect(game.turns.map((t) => t.feedback)).toEqual(
    said.map((each) => (typeof each === "string" ? each : expect.stringMatching(each))),
  );
  expect(game.status).toBe("won");
});

test("published MimicHunt: a removal does not last, and answers mean the first list", () => {
  const hunt = findMtrBenchTask("MimicHunt");
  const row = { question_id: 1, prompt: "", difficulty: "easy", title: "MimicHunt" };
  const text = JSON.stringify({ ...row, list: [5, 5, 7], answer: 2 });
  let game = newEpisode(parsePaperInstances(text, "easy.jsonl")[0]!);
  for (const reply of ["My Query: - 1 3", "My Query: - 1 1", "My Answer: 2"]) {
    game = playTurn(hunt, game, reply, { corrections: 0 });
  }
  expect(game.turns[0]!.feedback).toBe("[5, 5]");
  expect(["[5, 7]", "[7, 5]"]).toContain(game.turns[1]!.feedback);
  expect(game.status).toBe("won");
});

test("parts of the benchmark have names", async () => {
  const sizes = ["mtr-bench", "mtr-bench:class=IP:level=easy", "mtr-bench:task=minmax"].map(
    async (name) => (await createTasks(name))[0]!.size,
  );
  expect(await Promise.all(sizes)).toEqual([1200, 100, 30]);
  await expect(createTasks("mtr-bench:task=MinMaxx")).rejects.toThrow("did you mean MinMax?");
  await expect(createTasks("mtr-bench:level=hrad")).rejects.toThrow("easy, medium, hard");
});

test("published RainbowCandy keeps its flaw: colours never mix", () => {
  const candy = findMtrBenchTask("RainbowCandy");
  const devices = { "1,1": "-", "1,2": "R", "2,1": "-", "2,2": "G" };
  const graph = { size: 2, devices, target: "Y" };
  const line = { question_id: 1, prompt: "", title: "RainbowCandy", difficulty: "easy", graph };
  const [instance] = parsePaperInstances(JSON.stringify(line), "easy.jsonl");
  let game = newEpisode(instance!);
  for (const reply of ["My Move: E", "My Move: S"])
    game = playTurn(candy, game, reply, { corrections: 0 });
  expect(game.turns[1]!.feedback).toBe("R");
  expect(instance!.oracleTurns).toBe(0);
});

test("the harness plays games with a model and reports how they ended", async () => {
  const model: EvalModel = {
    name: "fixed",
    identity: "fixed",
    concurrency: 2,
    async generate(requests) {
      return requests.map(() => ({
        ...{ text: "My Answer: 1 2", finishReason: "stop" as const },
        ...{ promptTokens: 1, completionTokens: 1 },
      }));
    },
    usage: () => ({ requests: 0, promptTokens: 0, completionTokens: 0, retries: 0 }),
    [Symbol.dispose]() {},
  };
  const task = createMtrBenchTask({ tasks: ["MinMax"], levels: ["easy"], count: 4 });
  const out = await mkdtemp(join(tmpdir(), "onefold-mtr-"));
  const { results, isComplete } = await evaluate({ model, tasks: [task], out });
  expect(isComplete).toBe(true);
  expect(results[0]).toMatchObject({ requested: 4, scored: 4 });
  // A wrong answer is given again until the budget of 10 turns ends, 9 times as a repeat.
  const { won = 0, budget = 0 } = Object.fromEntries(
    results[0]!.groups.filter((g) => g.tag === "ended").map((g) => [g.value, g.scored]),
  );
  expect(won + budget).toBe(4);
  expect(results[0]!.counts).toMatchObject({ repeats: 9 * budget, turns: 10 * budget + won });
});

test("a conversation beyond the player's context ends the game as an overflow, and is not won", async () => {
  const instance = makeInstance(minMax, "easy", 1, 0);
  const forgetful = async (said: readonly unknown[]) => {
    if (said.length > 4) throw new PromptTooLongError("5 messages are too many");
    return "My Query: 1 2";
  };
  const game = await playEpisode(minMax, instance, forgetful);
  expect(game).toMatchObject({ status: "overflow", reason: "5 messages are too many" });
  expect(game.turns).toHaveLength(2);
  const scores = scoreEpisodes([game]);
  expect(scores).toMatchObject({ accuracy: 0, overflowGames: 1, invalidGames: 0, budgetScore: 0 });
  // Nothing was won: there is no mean of won games.
  expect(scores).toMatchObject({ turnsToWin: null, efficiency: null });
  expect(scoreEpisodes([])).toMatchObject({ games: 0, accuracy: null, invalidTurns: null });
  expect(accuracyByLevel([game])).toEqual({ easy: 0, medium: null, hard: null });
  await expect(
    playEpisode(minMax, instance, async () => {
      throw new Error("unplugged");
    }),
  ).rejects.toThrow("unplugged");
});

test("overflows are outcomes of the harness; a prompt that never fits leaves no average", async () => {
  // A context of 64 tokens holds no prompt of a game.
  using model = await createLocalModel("models/onefold-mini", { context: 64 });
  const task = createMtrBenchTask({ tasks: ["MinMax"], levels: ["easy"], count: 2 });
  const out = await mkdtemp(join(tmpdir(), "onefold-mtr-"));
  const evaluation = await evaluate({ model, tasks: [task], out });
  expect(evaluation.isComplete).toBe(true);
  expect(evaluation.results[0]).toMatchObject({ requested: 2, scored: 2, failed: 0 });
  const scores = Object.fromEntries(
    evaluation.results[0]!.metrics.map(({ name, value }) => [name, value]),
  );
  expect(scores).toMatchObject({ acc: 0, overflow: 1, invalid: 0, truncated: 0 });
  // Averages over nothing are left out, and nothing that is written is no number.
  expect(Object.keys(scores)).not.toContain("invalid_turns");
  const ended = evaluation.results[0]!.groups.filter(({ tag }) => tag === "ended");
  expect(ended).toMatchObject([{ value: "overflow", scored: 2 }]);
  expect(JSON.stringify(resultsJson(model, evaluation))).not.toContain("NaN");
  await writeReport(join(out, "report.html"), out, evaluation);
  const journal = await readFile(join(out, "journal", "mtr-bench.jsonl"), "utf8");
  expect(journal).toMatch(/"reason":"the (?:prompt|conversation)'s \d+ /);
  expect(await readFile(join(out, "report.html"), "utf8")).not.toContain("NaN");
});
