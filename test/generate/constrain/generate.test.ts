import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import {
  compileJsonObject,
  compileJsonSchema,
  compileRegex,
  constrainAfterThinking,
  createDecoderSession,
  generate,
  type TokenConstraint,
} from "../../../src/generate/index.ts";
import { loadTokenizer, type Tokenizer } from "../../../src/media/text/index.ts";
import { loadModel } from "../../../src/models/index.ts";
import { isValid } from "./check-schema.ts";
import { allowedIds, isAllowed } from "./walk.ts";

const folder = join(import.meta.dirname, "../../../models/onefold-mini");
let tokenizer: Tokenizer;
let endTokens: number[];
beforeAll(async () => {
  tokenizer = await loadTokenizer(folder);
  endTokens = [tokenizer.tokenToId("<|im_end|>")!, tokenizer.tokenToId("<|endoftext|>")!];
});

const schema = {
  type: "object",
  properties: {
    name: { type: "string", maxLength: 6 },
    sum: { type: "integer", minimum: -50, maximum: 50 },
    tags: { type: "array", items: { enum: ["red", "blue"] }, maxItems: 2 },
    ok: { type: "boolean" },
  },
  required: ["name", "sum", "tags", "ok"],
  additionalProperties: false,
};

test("onefold-mini held to a schema answers with valid JSON", { timeout: 120_000 }, async () => {
  using model = await loadModel(folder);
  using session = await createDecoderSession(model);
  const compiled = compileJsonSchema(schema, tokenizer, { endTokens });
  const prompt = tokenizer.encode(
    "<|im_start|>user\nWhat is 3 + 4?<|im_end|>\n<|im_start|>assistant\n",
  );
  const texts = new Set<string>();
  for (const seed of [1, 2, 3, 4]) {
    const items = generate(session, prompt, {
      tokenizer,
      seed,
      temperature: 1.5,
      maxTokens: 200,
      stopTokens: endTokens,
      constraint: compiled.start(),
    });
    let text = "";
    let next = await items.next();
    for (; !next.done; next = await items.next()) text += next.value.text;
    expect(next.value.finishReason).toBe("stop");
    expect(isValid(JSON.parse(text), schema), text).toBe(true);
    texts.add(text);
  }
  expect(texts.size).toBeGreaterThan(1);
});

test("a bias on a token decides, as far as the constraint lets it", {
  timeout: 120_000,
}, async () => {
  using model = await loadModel(folder);
  using session = await createDecoderSession(model);
  const [b, z] = [tokenizer.tokenToId("b")!, tokenizer.tokenToId("z")!];
  const items = generate(session, tokenizer.encode("one"), {
    tokenizer,
    maxTokens: 1,
    logitBias: new Map([
      [b, 100],
      [z, 200],
    ]),
    constraint: compileRegex("[a-c]+", tokenizer, { endTokens }).start(),
  });
  expect((await items.next()).value).toMatchObject({ token: b });
});

/** Feeds a text, which must be allowed all along. */
function feed(constraint: TokenConstraint, ids: ArrayLike<number>): void {
  for (const id of Array.from(ids)) {
    expect(isAllowed(constraint.allowed(), id), tokenizer.decode([id])).toBe(true);
    constraint.accept(id);
  }
}

test("thinking is free, what follows it is held", () => {
  const inner = compileJsonObject(tokenizer, { endTokens }).start();
  const constraint = constrainAfterThinking(inner, tokenizer);
  feed(constraint, tokenizer.encode("Well, 3 + 4 is 7."));
  expect(constraint.mayEnd).toBe(false);
  expect(endTokens.some((id) => isAllowed(constraint.allowed(), id))).toBe(false);
  const fork = constraint.fork();
  feed(constraint, tokenizer.encode("\n</think>\n\n"));
  expect(allowedIds(constraint).every((id) => /^[{]/.test(tokenizer.decode([id])))).toBe(true);
  feed(constraint, tokenizer.encode('{"a": 7}'));
  expect(constraint.mayEnd).toBe(true);
  expect(isAllowed(constraint.allowed(), endTokens[0]!)).toBe(true);
  constraint.accept(endTokens[0]!);
  expect(allowedIds(constraint).sort()).toEqual([...endTokens].sort());
  // The copy is still thinking.
  feed(fork, tokenizer.encode("Hm"));
});

test("a token that is not allowed is refused, and leaves things as they were", () => {
  const constraint = compileRegex("ab|ac", tokenizer, { endTokens }).start();
  const id = (text: string): number => tokenizer.tokenToId(text)!;
  expect(() => constraint.accept(id("b"))).toThrow("is not allowed here");
  expect(() => constraint.accept(endTokens[0]!)).toThrow("the text may not end here");
  constraint.accept(id("a"));
  constraint.accept(id("c"));
  expect(constraint.mayEnd).toBe(true);
  expect(() => compileRegex("a", tokenizer, { endTokens: [1e6] })).toThrow(
    "is not of the tokenizer",
  );
});
