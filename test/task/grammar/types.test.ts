/** Types of instructions: these tests are checked by the compiler, and run to no effect. */

import { expectTypeOf, test } from "vitest";
import type { Audio, Box, Image, Motion, Structure } from "../../../src/media/types.ts";
import type {
  ArgsOf,
  Checked,
  DataOf,
  NeedsClosedSet,
  OutputOf,
} from "../../../src/task/grammar/index.ts";
import type { documented } from "./documented.ts";

interface Options {
  readonly beams?: number;
}

/** A model's method as src/task declares it; never called. */
declare function infer<const I extends string>(
  instruction: Checked<I>,
  ...args: ArgsOf<I, Options>
): Promise<OutputOf<I>>;

type File = string | Uint8Array;
type Documented = (typeof documented)[number][1];

test("all documented instructions are right", () => {
  expectTypeOf<Checked<Documented>>().toEqualTypeOf<Documented>();
});

test("the record has a field for each slot that is read or given", () => {
  expectTypeOf<DataOf<"[IMAGE:img] is it [TEXT:what]? -> [TEXT:answer]">>().toEqualTypeOf<{
    img: File | Image;
    what: string;
  }>();
  expectTypeOf<DataOf<"[STRUCT:db,max_length=876] [TEXT] -> [TEXT:sql]">>().toEqualTypeOf<{
    db: Structure;
    "1": string;
  }>();
  expectTypeOf<
    DataOf<"[IMAGE:img] [TEXT:cap] -> can [TEXT:cap,no_loss] be [TEXT:hyp,no_loss]? [TEXT:a]">
  >().toEqualTypeOf<{ img: File | Image; cap: string; hyp: string }>();
  expectTypeOf<DataOf<"[MOTION:m] -> [TEXT]">>().toEqualTypeOf<{ m: File | Motion }>();
  expectTypeOf<keyof DataOf<"-> [TEXT:story]">>().toBeNever();
});

test("the result has what is generated", () => {
  expectTypeOf<OutputOf<"[IMAGE:img] what? -> [TEXT:cap]">>().toEqualTypeOf<{ cap: string }>();
  expectTypeOf<OutputOf<"draw [TEXT:cap] -> [IMAGE]">>().toEqualTypeOf<{ "1": Image }>();
  expectTypeOf<OutputOf<"[PHONE:text] -> [AUDIO:speech]">>().toEqualTypeOf<{ speech: Audio }>();
  expectTypeOf<OutputOf<"[TEXT:t] -> [MOTION:m]">>().toEqualTypeOf<{ m: Motion }>();
  expectTypeOf<OutputOf<"[IMAGE:i] -> [BOX:b] [TEXT:t]">>().toEqualTypeOf<{ b: Box; t: string }>();
  expectTypeOf<OutputOf<"[TEXT:a] -> it is [TEXT:a,no_loss] : [TEXT:b]">>().toEqualTypeOf<{
    b: string;
  }>();
});

test("a group gives a list", () => {
  expectTypeOf<
    OutputOf<"[IMAGE:img] (see [TEXT:x]) -> all: ( [BOX:box] (a [TEXT:label]) )*">
  >().toEqualTypeOf<{ items: { box: Box; label: string }[] }>();
  expectTypeOf<OutputOf<"[IMAGE:img] what? -> ( [BOX] [TEXT])*">>().toEqualTypeOf<{
    items: { "1": Box; "2": string }[];
  }>();
});

test("text that looks like grammar is text", () => {
  expectTypeOf<
    DataOf<'[1] [a b] \\[IMAGE:x] \\-> \\\\[TEXT:y] x="[TEXT:z]" -> [TEXT:w] '>
  >().toEqualTypeOf<{ y: string; z: string }>();
  expectTypeOf<
    DataOf<'[TEXT:a,preprocess="]->[IMAGE:no]"] and [BOX:b] -> [TEXT:w]'>
  >().toEqualTypeOf<{ a: string; b: Box }>();
  expectTypeOf<OutputOf<"[TEXT:a] (b)* -> \\( ([TEXT:a,no_loss] \\)* [TEXT:d]">>().toEqualTypeOf<{
    d: string;
  }>();
});

test("closed sets are asked for where a generated slot has one", () => {
  expectTypeOf<NeedsClosedSet<"[TEXT:a] -> [TEXT:b,closed_set]">>().toEqualTypeOf<true>();
  expectTypeOf<NeedsClosedSet<"[TEXT:a] -> [TEXT:b]">>().toEqualTypeOf<false>();
  expectTypeOf<NeedsClosedSet<string>>().toEqualTypeOf<boolean>();
  type Ok = ArgsOf<"[TEXT:a] -> [TEXT:b,closed_set]", Options>;
  expectTypeOf<Ok>().toEqualTypeOf<
    [data: { a: string }, options: Options & { readonly closedSet: readonly string[] }]
  >();
});

test("text that is known at run time alone takes any record", () => {
  expectTypeOf<Checked<string>>().toEqualTypeOf<string>();
  expectTypeOf<Checked<`${string} -> [TEXT]`>>().toEqualTypeOf<`${string} -> [TEXT]`>();
  expectTypeOf<DataOf<string>>().toEqualTypeOf<Record<string, unknown>>();
  expectTypeOf<OutputOf<string>>().toEqualTypeOf<Record<string, unknown>>();
});

test("calls infer the instruction, its record and its result", () => {
  const calls = async (dynamic: string) => {
    const { cap } = await infer("[IMAGE:img] what is it? -> [TEXT:cap]", { img: "cat.jpg" });
    expectTypeOf(cap).toEqualTypeOf<string>();
    await infer("[TEXT:a] -> [TEXT:b,closed_set]", { a: "x" }, { closedSet: ["yes"], beams: 2 });
    await infer("-> [TEXT:story]");
    const any = await infer(dynamic, { x: 1 }, { closedSet: ["a"] });
    expectTypeOf(any).toEqualTypeOf<Record<string, unknown>>();
    // 10 slots in 500 characters
    const long = await infer(
      "[IMAGE:scene] Look at the picture and read what follows with care, word by word. The first text is [TEXT:a,max_length=64], the second is [TEXT:b,uncased], and there is a table [STRUCT:table,max_length=256] which was taken from the report. Somebody said [AUDIO:speech,use_mask] while [VIDEO:clip] was shown; the region [BOX:region] holds the thing that they spoke of, and [MOTION:walk] is how they walked there. -> Considering [TEXT:a,no_loss] and then [TEXT:b,no_loss], which of the answers is the right one? [TEXT:answer,closed_set]",
      {
        scene: "a.png",
        a: "x",
        b: "y",
        table: { columns: [], rows: [] },
        speech: "a.wav",
        clip: "c.mp4",
        region: [0, 0, 1, 1],
        walk: "w.bvh",
      },
      { closedSet: ["yes", "no"] },
    );
    expectTypeOf(long).toEqualTypeOf<{ answer: string }>();
  };
  expectTypeOf(calls).toBeFunction();
});
