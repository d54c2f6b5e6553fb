import { beforeAll, expect, test } from "vitest";
import { fillIn, goOn, runsRight } from "../../../recipes/coder-fim/complete.ts";
import { program, withCalls, withoutLine } from "../../../recipes/coder-fim/programs.ts";
import { Sandbox } from "../../../src/evaluate/index.ts";
import { loadTokenizer, trainBpe } from "../../../src/media/text/index.ts";
import { createRandom } from "../../../src/nn/random.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await Sandbox.load();
});

test("every program runs, and its comment says what its lines do", () => {
  const random = createRandom(3, "test");
  for (let i = 0; i < 200; i++) {
    const { text, name, lines } = program(random);
    const outcome = sandbox.run(withCalls(text, name));
    expect(outcome.kind, text).toBe("value");
    const words = lines.map((line) =>
      line
        .replace(/^ {2}let (\w) = (\w+) (.) (\w+);\n$/, "$1 is $2 $3 $4")
        .replace(/[+*-]/, (sign) => ({ "+": "plus", "-": "minus", "*": "times" })[sign] ?? sign),
    );
    expect(text.endsWith(`// ${words.join(", ")}\n`), text).toBe(true);
  }
});

test("a completion counts by what the program gives, not by how it looks", () => {
  const text = "function mix(a, b) {\n  let c = a * 2;\n  return c;\n}\n";
  const parts = {
    prefix: "function mix(a, b) {\n",
    middle: "  let c = a * 2;\n",
    suffix: "  return c;\n}\n",
  };
  expect(parts.prefix + parts.middle + parts.suffix).toBe(text);
  const isRight = (completion: string) => runsRight(sandbox, "mix", parts, completion);
  expect(isRight(parts.middle)).toBe(true);
  expect(isRight("var c = a + a\n")).toBe(true);
  expect(isRight("  let c = a * 3;\n")).toBe(false);
  expect(isRight("  let d = a * 2;\n")).toBe(false);
  expect(isRight("  let c = a * ")).toBe(false);
  expect(isRight("  let c = a * 2; while (true);\n")).toBe(false);
});

test("a line taken out leaves what stands before and behind it", () => {
  const random = createRandom(4, "test");
  for (let i = 0; i < 100; i++) {
    const made = program(random);
    const { prefix, middle, suffix } = withoutLine(made, random);
    expect(prefix + middle + suffix).toBe(made.text);
    expect(made.lines).toContain(middle);
  }
});

test("both ways of asking show the model what they say", async () => {
  const marks = ["<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"];
  const json = trainBpe(["let a = b + 1;\n"], { vocabSize: 270, specialTokens: marks });
  const tokenizer = await loadTokenizer({ tokenizer: json, config: {} });
  const seen: string[] = [];
  const complete = async (
    prompt: ArrayLike<number>,
    _: readonly number[],
    isEnough?: (text: string) => boolean,
  ): Promise<string> => {
    seen.push(tokenizer.decode(Array.from(prompt), { skipSpecial: false }));
    const answer = "one\ntwo";
    return isEnough ? answer.slice(0, answer.search("\n") + 1 + 2) : answer;
  };
  const parts = { prefix: "let a", middle: " = b", suffix: " + 1;" };
  expect(await fillIn(complete, tokenizer, parts)).toBe("one\ntwo");
  expect(await goOn(complete, tokenizer, parts)).toBe("one\n");
  expect(seen).toEqual(["<|fim_prefix|>let a<|fim_suffix|> + 1;<|fim_middle|>", "let a"]);
});
