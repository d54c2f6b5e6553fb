import { describe, expect, it } from "vitest";
import { model } from "../../../recipes/onefold-mini/config.ts";
import { answered } from "../../../recipes/qwen3-post-training/questions.ts";
import { isRight, obeys } from "../../../recipes/qwen3-post-training/rewards.ts";
import { keptName, studentConfig } from "../../../recipes/qwen3-post-training/student.ts";
import { decoderSpecs } from "../../../src/models/decoder-parameters.ts";

describe("rewards", () => {
  it("tell whether a reply thinks as it was told to", () => {
    const thought = "<think>\n1+1=2\n</think>\n\n2";
    const empty = "<think>\n\n</think>\n\n2";
    expect(obeys("default", thought)).toBe(true);
    expect(obeys("/think", empty)).toBe(false);
    expect(obeys("/no_think", empty)).toBe(true);
    expect(obeys("/no_think", thought)).toBe(false);
    expect(obeys("/no_think", "2")).toBe(false); // Qwen3 keeps the empty block
    expect(obeys("default", "<think>\n1+1=")).toBe(false);
    expect(obeys("disabled", "2")).toBe(true);
    expect(obeys("disabled", thought)).toBe(false);
  });

  it("judge what stands behind the thinking", () => {
    expect(isRight({ kind: "equals", value: "2" }, "<think>\n3\n</think>\n\n2")).toBe(true);
    expect(isRight({ kind: "equals", value: "2" }, "<think>\n2")).toBe(false);
  });
});

it("learns from an answer, not from its question", () => {
  expect(answered([5, 6], [7, 8])).toEqual({ tokens: [5, 6, 7, 8], learned: [0, 0, 1, 1] });
});

it("cuts the student out of onefold-mini's layers", () => {
  const names = [...decoderSpecs(model).keys()];
  const student = [...decoderSpecs(studentConfig(model)).keys()];
  const kept = student.map(keptName);
  expect(new Set(kept).size).toBe(student.length);
  expect(names).toEqual(expect.arrayContaining(kept));
  expect(kept).toContain("model.layers.5.mlp.up_proj.weight");
  expect(kept).not.toContain("model.layers.1.mlp.up_proj.weight");
});
