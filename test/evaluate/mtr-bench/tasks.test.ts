import { describe, expect, it, test } from "vitest";
import {
  makeInstance,
  mtrBenchTasks,
  oraclePlayer,
  playEpisode,
  randomPlayer,
} from "../../../src/evaluate/index.ts";

test("forty tasks, ten a class", () => {
  const classes = ["IP", "DA", "SO", "SG"];
  const counts = classes.map((name) => mtrBenchTasks.filter((task) => task.class === name).length);
  expect(counts).toEqual([10, 10, 10, 10]);
  expect(new Set(mtrBenchTasks.map(({ name }) => name)).size).toBe(40);
});

describe.each(mtrBenchTasks.map((task) => [task.name, task] as const))("%s", (_, task) => {
  it.each(["easy", "medium", "hard"] as const)(
    "%s: the oracle wins within the budget",
    async (level) => {
      const instance = makeInstance(task, level, 1, 0);
      expect(makeInstance(task, level, 1, 0)).toEqual(instance);
      const { status, turns } = await playEpisode(task, instance, oraclePlayer(task, instance));
      expect(status).toBe("won");
      expect(turns.length).toBeLessThanOrEqual(instance.budget);
      expect(turns.length).toBe(instance.oracleTurns);
    },
  );

  it("ends whatever is said: nonsense, and blind legal moves", async () => {
    const instance = makeInstance(task, "easy", 1, 0);
    const silent = await playEpisode(task, instance, async () => "what?");
    expect(silent.status).not.toBe("won");
    expect(silent.status).not.toBe("live");
    const blind = await playEpisode(task, instance, randomPlayer(task, instance, 1));
    expect(blind.status).not.toBe("live");
  });
});
