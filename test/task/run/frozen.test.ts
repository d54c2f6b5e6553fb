/** Beams over weights that stay as they are, and over weights that an optimiser writes. */

import { expect, test } from "vitest";
import { createRandom } from "../../../src/nn/random.ts";
import { captionScenes, TaskModel } from "../../../src/task/index.ts";
import { startingValues } from "../../../src/task/model/starting-model.ts";
import { tinyStart } from "../tiny.ts";

test("several rows give the same with packed weights; only weights in place may change", async () => {
  const start = await tinyStart("ofa");
  const { config, vocabulary } = start;
  const values = startingValues(start, 0);
  const weights = ({ name }: { readonly name: string }) => values.get(name)!;
  using inPlace = new TaskModel({ config, vocabulary, weights, threads: 1 });
  using frozen = new TaskModel({ config, vocabulary, weights, threads: 1, isFrozen: true });
  const { image } = captionScenes(createRandom(1, "frozen"), "train");
  const answer = (model: TaskModel, beam: number): Promise<{ box: unknown }> =>
    model.infer("[IMAGE:img] where is it? -> [BOX:box]", { img: image }, { beam });
  const before = await answer(inPlace, 5);
  expect(await answer(frozen, 5)).toEqual(before);
  expect(await answer(frozen, 1)).toEqual(await answer(inPlace, 1));

  const names = [...values.keys()].filter((name) => name.endsWith("embed_tokens.weight"));
  for (const name of names) (values.get(name)!.data as Float32Array).reverse();
  expect(await answer(inPlace, 5)).not.toEqual(before);
});
