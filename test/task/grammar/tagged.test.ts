import { expect, test } from "vitest";
import {
  box,
  formatInstruction,
  InstructionError,
  image,
  instruction,
  parseInstruction,
  struct,
  text,
} from "../../../src/task/index.ts";

test("values in place build what the text builds", () => {
  const tagged = instruction`${image("img")} which of ${text()} is it? -> ${text("label", { closed_set: true, max_length: 4 })}`;
  const written = "[IMAGE:img] which of [TEXT] is it? -> [TEXT:label,closed_set,max_length=4]";
  expect(tagged).toEqual(parseInstruction(written));
});

test("groups and slots in the literal parts work as in text", () => {
  const tagged = instruction`[IMAGE:img] \[a] -> ( ${box("b")} ${text("t")} )*`;
  expect(formatInstruction(tagged)).toBe("[IMAGE:img] \\[a] -> ( [BOX:b] [TEXT:t] )*");
});

test("strings put in are text, whatever they hold", () => {
  const { source } = instruction`say ${"[IMAGE:x] -> \\ )* |||"} ${struct("db")} -> ${text("t")}`;
  expect(source).toMatchObject([
    { kind: "text", value: "say [IMAGE:x] -> \\ )* |||" },
    { kind: "slot", name: "db" },
  ]);
  const [group] = instruction`-> ( ${")* ("} ${text("t")} )*`.target;
  expect(group).toMatchObject({ kind: "group", items: [{ value: ")* (" }, { name: "t" }] });
});

test("the same errors", () => {
  expect(() => instruction`${text("a", { no_loss: true })} -> ${text("b")}`).toThrow(
    InstructionError,
  );
  // @ts-expect-error boxes have no length
  expect(() => instruction`${box("a", { length: 3 })} -> ${text("b")}`).toThrow(
    "unknown attribute 'length' in [BOX]",
  );
});
