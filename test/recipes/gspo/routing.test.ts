import { expect, it } from "vitest";
import { policyConfig } from "../../../recipes/gspo/policy.ts";
import { RoutingProbe } from "../../../recipes/gspo/routing.ts";
import { initialise } from "../../../src/nn/index.ts";
import { languageModelGradient } from "../../../src/train/index.ts";

it("sees which tokens go to other experts, in the layers whose router changed", {
  timeout: 60_000,
}, async () => {
  const config = policyConfig(true);
  const parameters = Object.fromEntries(initialise(languageModelGradient(config).parameters, 0));
  using probe = await RoutingProbe.create(config, () => parameters);
  const sequences = [
    [48, 49, 50, 51, 61],
    [57, 43, 49],
  ];
  const before = await probe.route(sequences);
  expect(before).toHaveLength(config.layers * sequences.length);
  expect(before.map(({ length }) => length / 2)).toEqual([5, 5, 5, 3, 3, 3]);
  expect(probe.changed(before, await probe.route(sequences))).toBe(0);
  // The least wanted experts become the most wanted: 2 of 8, so none stays.
  const last = `model.layers.${config.layers - 1}.mlp.gate.weight`;
  const router = parameters[last];
  const data = (router.data as Float32Array).map((value) => -value);
  parameters[last] = { ...router, data };
  expect(probe.changed(before, await probe.route(sequences))).toBeCloseTo(1 / config.layers, 10);
});
