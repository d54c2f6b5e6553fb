/** From an instruction to groups and targets. */

import { describe, expect, it } from "vitest";
import type { Piece } from "../../src/task/plan.ts";
import { plan } from "./support.ts";

const shown = (pieces: readonly Piece[]): string =>
  pieces.map((piece) => (piece.kind === "text" ? piece.value : `[${piece.slot.name}]`)).join("|");

describe("sources", () => {
  it.each([
    ["[IMAGE:i] what is it? -> [TEXT:t]", ["image i", "what is it?"]],
    ["say [TEXT:a] about [BOX:b] in [IMAGE:i] -> [TEXT:t]", ["say|[a]|about|[b]|in", "image i"]],
    ["[IMAGE:i] [VIDEO:v] [AUDIO:s] -> [TEXT:t]", ["image i", "video v", "audio s"]],
    ["[TEXT:a] [STRUCT:b] [PHONE:c] -> [TEXT:t]", ["[a]|[b]|[c]"]],
  ])("%s", (text, expected) => {
    const groups = plan(text).source.map((group) =>
      group.kind === "text" ? shown(group.pieces) : `${group.kind} ${group.slot.name}`,
    );
    expect(groups).toEqual(expected);
  });

  it("refuse motion, with its place", () => {
    expect(() => plan("what moves in [MOTION:m]? -> [TEXT:t]")).toThrow(
      "[MOTION] cannot be read on the encoder side; expected TEXT, IMAGE",
    );
  });
});

describe("targets", () => {
  it.each([
    ["go -> [TEXT:a]", { kind: "tokens", isClosed: false }, "", ["a"]],
    ["go -> [TEXT:a,closed_set]", { kind: "tokens", isClosed: true }, "", ["a"]],
    ["go -> so [TEXT:q,no_loss] is [TEXT:a]", { kind: "tokens" }, "so|[q]|is", ["a"]],
    ["[IMAGE:i] go -> [BOX:b] [TEXT:a]", { kind: "tokens", isClosed: false }, "", ["b", "a"]],
  ])("%s", (text, expected, prefix, generated) => {
    const { target } = plan(text);
    expect(target).toMatchObject(expected);
    if (target.kind !== "tokens") throw new Error("expected tokens");
    expect(shown(target.prefix)).toBe(prefix);
    expect(target.generated.map(({ name }) => name)).toEqual(generated);
    expect(target.repeated).toBeUndefined();
  });

  it("repeat a group", () => {
    const { target } = plan("[IMAGE:i] go -> all: ( [BOX:b] [TEXT:a] )*");
    expect(target).toMatchObject({ kind: "tokens", generated: [], isClosed: false });
    if (target.kind !== "tokens") throw new Error("expected tokens");
    expect(shown(target.prefix)).toBe("all:");
    expect(shown(target.repeated!)).toBe("[b]|[a]");
  });

  it("are codes, sound or motion", () => {
    expect(plan("draw -> [IMAGE:i]").target).toMatchObject({ kind: "codes", prefix: [] });
    expect(plan("say -> [AUDIO:s]").target).toMatchObject({ kind: "speech" });
    expect(plan("move -> [MOTION:m]").target).toMatchObject({ kind: "motion" });
  });

  it("refuse text before sound and motion", () => {
    for (const slot of ["[AUDIO:s]", "[MOTION:m]"]) {
      expect(() => plan(`go -> so ${slot}`)).toThrow("takes no text before it");
    }
  });
});
