import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  defineModality,
  formatInstruction,
  type Instruction,
  InstructionError,
  modalities,
  parseInstruction,
  parseTemplates,
  type Segment,
} from "../../../src/task/index.ts";
import { documented } from "./documented.ts";
import { malformed } from "./malformed.ts";

function errorOf(text: string): InstructionError {
  try {
    parseInstruction(text);
  } catch (error) {
    if (error instanceof InstructionError) return error;
    throw error;
  }
  throw new Error(`'${text}' was taken`);
}

/** A sentence in short: texts in quotes, slots with their resolved names. */
function brief(sentence: readonly Segment[]): string {
  return sentence
    .map((each) => {
      if (each.kind === "text") return `'${each.value}'`;
      if (each.kind === "group") return `(${brief(each.items)})`;
      const attributes = Object.entries(each.attributes).map(([key, value]) => ` ${key}=${value}`);
      return `${each.modality}:${each.name}${attributes.join("")}`;
    })
    .join(" + ");
}

const both = ({ source, target }: Instruction): [string, string] => [brief(source), brief(target)];

describe("the 23 documented instructions", () => {
  test.each(documented)("%s", (_, text) => {
    const parsed = parseInstruction(text);
    const canonical = formatInstruction(parsed);
    expect(both(parseInstruction(canonical))).toEqual(both(parsed));
  });

  const of = (task: (typeof documented)[number][0]) =>
    both(parseInstruction(documented.find(([name]) => name === task)![1]));

  test("a prefix is given, then the label is chosen", () => {
    expect(of("visual entailment")).toEqual([
      `IMAGE:img + 'can image and text1 "' + TEXT:cap + '" imply text2 "' + TEXT:hyp + '"?'`,
      `'can image and text1 "' + TEXT:cap no_loss=true + '" imply text2 "' + TEXT:hyp no_loss=true + '"?' + TEXT:label closed_set=true`,
    ]);
  });
  test("objects are a group", () => {
    expect(of("object detection")).toEqual([
      "IMAGE:img + 'what are the objects in the image?'",
      "(BOX:1 + TEXT:2)",
    ]);
  });
  test("one column may be read and written", () => {
    expect(of("text infilling")).toEqual([
      `'what is the complete text of "' + TEXT:text mask_ratio=0.3 + '"?'`,
      "TEXT:text",
    ]);
  });
  test("sudoku speaks text, and may speak structures", () => {
    expect(of("sudoku")[1]).toBe("TEXT:tgt");
    const text = "[STRUCT:src] . solve the sudoku . -> [STRUCT:tgt]";
    expect(both(parseInstruction(text))).toEqual([
      "STRUCT:src + '. solve the sudoku .'",
      "STRUCT:tgt",
    ]);
  });
});

test.each([
  // what stays text
  ["[1] [a b] [USA today] [text] -> [TEXT:y]", undefined],
  ["[1] [a b] [not a slot] x[i] -> [TEXT:y]", ["'[1] [a b] [not a slot] x[i]'", "TEXT:y"]],
  ["\\[IMAGE:x] a \\-> b \\\\ c \\d -> [TEXT:y]", ["'[IMAGE:x] a -> b \\ c \\d'", "TEXT:y"]],
  ["\\\\[TEXT:x] -> [TEXT:y]", ["'\\' + TEXT:x", "TEXT:y"]],
  ["(see [TEXT:x]) (a)* b)* -> [TEXT:y]", ["'(see' + TEXT:x + ') (a)* b)*'", "TEXT:y"]],
  ["\\(a \\) b\\)* -> ( [TEXT:x] \\) \\( )*", ["'(a ) b)*'", "(TEXT:x + ') (')"]],
  ["a \\||| b || c - > d -> [TEXT:y]", ["'a ||| b || c - > d'", "TEXT:y"]],
  ["-> ( [TEXT:x,no_loss] \\)* [TEXT:y]", ["", "'(' + TEXT:x no_loss=true + ')*' + TEXT:y"]],
  // groups
  [
    "[IMAGE] -> all: ( [BOX:b] (a [TEXT:c]) )*",
    ["IMAGE:0", "'all:' + (BOX:b + '(a' + TEXT:c + ')')"],
  ],
  // names and blanks
  ["[TEXT][IMAGE:a] x\n y [TEXT]->[TEXT]", ["TEXT:0 + IMAGE:a + 'x\n y' + TEXT:2", "TEXT:3"]],
  // values
  ['[TEXT,preprocess="text"] -> [TEXT]', ["TEXT:0 preprocess=text", "TEXT:1"]],
  ["[TEXT,mask_ratio=1e-3] -> [TEXT]", ["TEXT:0 mask_ratio=0.001", "TEXT:1"]],
  ["[MOTION:m,anchor_frame=0,window] -> [TEXT]", ["MOTION:m anchor_frame=0 window=true", "TEXT:1"]],
  // several generated slots that are text-like
  ["[IMAGE] -> [BOX:b] [TEXT:t]", ["IMAGE:0", "BOX:b + TEXT:t"]],
] as const)("%j", (text, expected) => {
  if (expected) expect(both(parseInstruction(text))).toEqual(expected);
  else expect(errorOf(text).message).toContain("did you mean TEXT?");
});

test("positions are offsets in the text", () => {
  const text = "  \\[a] [IMAGE:img]  what? -> so: ( [BOX:b] )*";
  const { source, target } = parseInstruction(text);
  const starts = [...source, ...target].map(({ position }) => text.slice(position, position + 3));
  expect(starts).toEqual(["\\[a", "[IM", "wha", "so:", "( ["]);
});

test.each(malformed)("%j", (text, position, problem) => {
  const error = errorOf(text);
  expect(error).toMatchObject({ name: "InstructionError", instruction: text, position });
  expect(error.message.endsWith(`: ${problem}`), error.message).toBe(true);
});

test("an error names the column, and in long or several lines what stands there", () => {
  expect(errorOf("[IMAGES:x] -> [TEXT]").message).toMatch(
    /^instruction error at column 2: unknown/,
  );
  expect(errorOf("look\nat [IMAGES:x] -> [TEXT]").message).toContain(
    "at line 2, column 5, near 'look at [IMAGES:x] -> [TEXT]': unknown modality",
  );
  const long = `${"word ".repeat(20)}[IMAGES:x] ${"word ".repeat(20)}-> [TEXT]`;
  expect(errorOf(long).message).toContain(
    "at column 102, near '…ord word word [IMAGES:x] word word word…': unknown",
  );
});

test("templates are split at ||| and parsed each for itself", () => {
  const templates = parseTemplates("[TEXT:a] x -> [TEXT:b] ||| [TEXT:a] \\||| y -> [TEXT:b]");
  expect(templates.map(both)).toEqual([
    ["TEXT:a + 'x'", "TEXT:b"],
    ["TEXT:a + '||| y'", "TEXT:b"],
  ]);
  expect(() => parseTemplates("[TEXT:a] -> [TEXT:b] |||")).toThrow(
    "instruction error at column 1: missing '->'",
  );
});

describe("a modality of one's own", () => {
  const depth = {
    sides: { source: { preprocess: ["depth"], adaptor: ["patches"] } },
    isTextLike: false,
    attributes: { far: { kind: "number", sides: ["source"], min: 1 } },
  } as const;

  // @ts-expect-error ModalityMap is left as it is, since all of the repository shares it
  const define = (change: object = {}) => defineModality({ name: "DEPTH", ...depth, ...change });

  test("is known from its definition to its removal", () => {
    expect(errorOf("[DEPTH:d] -> [TEXT]").message).toContain("unknown modality 'DEPTH'");
    const remove = define();
    try {
      const parsed = parseInstruction("[DEPTH:d,far=2.5,preprocess=depth] -> [TEXT]");
      expect(brief(parsed.source)).toBe("DEPTH:d far=2.5 preprocess=depth");
      expect(errorOf("[DEPTH:d,far=0] -> [TEXT]").message).toContain("must be at least 1, got 0");
      expect(errorOf("[TEXT] -> [DEPTH]").message).toContain("[DEPTH] only applies to the encoder");
      expect(() => define()).toThrow("it is defined already");
    } finally {
      remove();
    }
    expect(modalities.has("DEPTH")).toBe(false);
  });

  test.each([
    [
      { attributes: { preprocess: depth.attributes.far } },
      "every modality has 'preprocess' already",
    ],
    [{ attributes: { "a-b": depth.attributes.far } }, "'a-b' is no name for an attribute"],
    [{ sides: {} }, "no side takes it"],
  ])("%j is refused", (change, message) => {
    expect(() => define(change)).toThrow(`modality 'DEPTH': ${message}`);
  });
});

// What random strings rarely hit by themselves.
const pieces = fc.constantFrom(
  ...'[]():,="\\|->* \n-',
  ..."[TEXT|[IMAGE:a|[BOX]|[TEXT:b]|[TEXT:c,closed_set]|max_length=3|no_loss|->| )*|( |\\[|é|x".split(
    "|",
  ),
);
const noise = fc.oneof(
  fc.string(),
  fc.array(pieces, { maxLength: 25 }).map((all) => all.join("")),
);

test("any string is parsed, or refused with an InstructionError within it", () => {
  fc.assert(
    fc.property(noise, (text) => {
      try {
        const parsed = parseInstruction(text);
        expect(both(parseInstruction(formatInstruction(parsed)))).toEqual(both(parsed));
      } catch (error) {
        if (!(error instanceof InstructionError)) throw error;
        expect(error.position).toBeLessThanOrEqual(text.length);
      }
    }),
    { numRuns: 5000 },
  );
});

describe("printed and parsed again", () => {
  const text = fc
    .oneof(
      fc.string({ minLength: 1 }),
      fc.array(pieces, { minLength: 1, maxLength: 6 }).map((p) => p.join("")),
    )
    .map((value) => value.trim())
    .filter((value) => value !== "");
  const segmentOf = (value: string) => ({ kind: "text" as const, value, position: 0 });
  const ratio = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0);
  const slotAttributes = fc.record(
    {
      max_length: fc.integer({ min: 1 }),
      mask_ratio: ratio,
      uncased: fc.constant(true as const),
      preprocess: fc.constantFrom("text", "category"),
    },
    { requiredKeys: [] },
  );
  const named = (name: string) =>
    slotAttributes.map((attributes) => ({
      kind: "slot" as const,
      modality: "TEXT" as const,
      name,
      isNamed: true,
      attributes,
      position: 0,
    }));
  const target = {
    kind: "slot",
    modality: "BOX",
    name: "out",
    isNamed: true,
    attributes: {},
    position: 0,
  } as const;

  test("an instruction stays the same", () => {
    const sentence = fc.tuple(text, named("a"), text, named("b"), named("c"), text);
    fc.assert(
      fc.property(sentence, text, fc.boolean(), ([t, a, u, b, c, v], prefix, isGroup) => {
        const source = [segmentOf(t), a, segmentOf(u), b, c, segmentOf(v)];
        const end = isGroup
          ? ({
              kind: "group",
              items: [target, segmentOf(t), { ...target, name: "z" }],
              position: 0,
            } as const)
          : target;
        const instruction = { source, target: [segmentOf(prefix), end] };
        const parsed = parseInstruction(formatInstruction(instruction));
        expect(withoutPlaces(parsed)).toEqual(withoutPlaces({ text: "", ...instruction }));
      }),
      { numRuns: 1000 },
    );
  });

  function withoutPlaces({ source, target: written }: Instruction): unknown {
    return JSON.parse(
      JSON.stringify([source, written], (key, value) => (key === "position" ? 0 : value)),
    );
  }
});
