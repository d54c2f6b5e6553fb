/** Games over HTTP: a game is its replies, so the server keeps none. */

import { expect, test } from "vitest";
import { findMtrBenchTask, makeInstance, oraclePlayer } from "../../src/evaluate/index.ts";
import { createApp } from "../../src/serve/app.ts";
import { createModelPool } from "../../src/serve/index.ts";
import { asCommand, endText, type Game } from "../../studio/src/play/game.ts";

const app = createApp(createModelPool([]), {});

async function ask(body: object): Promise<{ status: number; game: Game }> {
  const request = new Request("http://localhost/play", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const response = await app.fetch(request);
  return { status: response.status, game: (await response.json()) as Game };
}

test("forty games are listed with their bounds", async () => {
  const response = await app.fetch(new Request("http://localhost/play"));
  const { data } = (await response.json()) as { data: { name: string; bound: string }[] };
  expect(data).toHaveLength(40);
  expect(data.every(({ bound }) => bound.length > 0)).toBe(true);
});

test("the reference player wins over HTTP in as many turns as in the library", async () => {
  const key = { task: "MinMax", level: "easy", seed: 3 };
  const task = findMtrBenchTask("MinMax");
  const player = oraclePlayer(task, makeInstance(task, "easy", 3, 0));
  const replies: string[] = [];
  let { game } = await ask(key);
  expect(game).not.toHaveProperty("oracle_turns");
  expect(JSON.stringify(game)).not.toContain('"state"'); // the secret stays here
  while (game.status === "live") {
    const heard = game.turns.at(-1)?.feedback ?? game.prompt;
    replies.push(String(await player([{ role: "user", content: heard }])));
    ({ game } = await ask({ ...key, replies }));
  }
  expect(game).toMatchObject({ status: "won", oracle_turns: replies.length });
  expect(endText(game)).toBe("You won after 7 turns; the reference player took 7.");
});

test("a bare command takes the first verb; wrong requests are told what is wrong", async () => {
  expect(asCommand("1 2", ["My Query", "My Answer"])).toBe("My Query: 1 2");
  expect(asCommand("my answer: 1 2", ["My Query", "My Answer"])).toBe("my answer: 1 2");
  const unknown = await ask({ task: "MinMaxx" });
  expect(unknown.status).toBe(400);
  expect(JSON.stringify(unknown.game)).toContain("did you mean MinMax?");
  expect((await ask({ task: "MinMax", level: "hrad" })).status).toBe(400);
  const lost = { task: "SafepathFinder", replies: Array.from({ length: 150 }, () => "hello") };
  const { status, game } = await ask(lost);
  expect([status, JSON.stringify(game)]).toEqual([400, expect.stringContaining("the game ended")]);
});
