import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { Sandbox } from "../../src/evaluate/index.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await Sandbox.load();
});

test("gives the value of the last expression", () => {
  expect(sandbox.run("const f = (x) => x * 2; [f(21), 'é', null]")).toEqual({
    kind: "value",
    value: [42, "é", null],
  });
  expect(sandbox.run("let a = 1;")).toEqual({ kind: "value", value: undefined });
  expect(sandbox.run("(() => 1)")).toEqual({ kind: "value", value: undefined });
});

test.each([
  ["throw new TypeError('no')", "TypeError: no"],
  ["let = 1 1", /SyntaxError/],
  ["throw 7", "7"],
  ["throw { message: { deep: 1 } }", /object/],
  ["x", /ReferenceError/],
  ["const a = {}; a.a = a; a", /circular/],
])("%s is an error", (code, message) => {
  const outcome = sandbox.run(code);
  expect(outcome.kind).toBe("error");
  if (outcome.kind === "error") expect(outcome.message).toMatch(message);
});

test.each([
  ["for (;;);", "steps"],
  ["const a = []; for (;;) a.push({ x: a })", "memory"],
  ["const f = () => f() + 1; f()", "stack"],
  ["({ toJSON() { for (;;); } })", "steps"],
  ["try { for (;;); } catch {} 1", "steps"],
  ["'x'.repeat(2 ** 29)", "memory"],
  ["/(a+)+$/.test('a'.repeat(40) + 'b')", "steps"],
])("%s ends at a limit", (code, limit) => {
  expect(sandbox.run(code, { steps: 200 })).toEqual({ kind: "limit", limit });
  expect(sandbox.run("1 + 1")).toEqual({ kind: "value", value: 2 });
});

test("a program has the language and nothing of the host", () => {
  const names = [
    "process",
    "require",
    "fetch",
    "setTimeout",
    "WebAssembly",
    "console",
    "std",
    "os",
  ];
  for (const name of names) {
    expect(sandbox.run(`typeof ${name}`), name).toEqual({ kind: "value", value: "undefined" });
  }
  const found = sandbox.run("this.constructor.constructor('return typeof process')()");
  expect(found).toEqual({ kind: "value", value: "undefined" });
  expect(sandbox.run("import('fs').then(() => 1); 2")).toEqual({ kind: "value", value: 2 });
});

test("runs leave nothing to each other", () => {
  sandbox.run("globalThis.left = 1; Array.prototype.map = 2; JSON.stringify = () => 'no'");
  expect(sandbox.run("[typeof left, typeof [].map]")).toEqual({
    kind: "value",
    value: ["undefined", "function"],
  });
});

test("any text ends in one of the outcomes", () => {
  const token = fc.constantFrom("(", ")", "{", "}", "=>", "x", "1", "=", ";", "for", "`", "/", ",");
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(token).map((t) => t.join(" ")),
  );
  fc.assert(
    fc.property(text, (code) => {
      expect(["value", "error", "limit"]).toContain(sandbox.run(code, { steps: 20 }).kind);
    }),
    { numRuns: 300 },
  );
});
