// Prints samples to look at: npx tsx recipes/onefold-mini/show.ts --skill arithmetic -n 5
import { parseArgs } from "node:util";
import { generate } from "./data.ts";
import { grade } from "./grade.ts";
import { loadRender, toSegments } from "./render.ts";
import type { Language } from "./types.ts";

const { values } = parseArgs({
  options: {
    skill: { type: "string" },
    n: { type: "string", short: "n", default: "5" },
    seed: { type: "string", default: "1" },
    language: { type: "string" },
    heldout: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const language = values.language as Language | undefined;
if (language !== undefined && language !== "en" && language !== "zh")
  throw new Error(`--language ${String(language)}: expected en or zh`);

const render = await loadRender();
const examples = generate({
  seed: values.seed,
  split: values.heldout ? "heldout" : "train",
  skill: values.skill,
  language,
  n: Number(values.n),
});
for (const example of examples) {
  if (values.json) {
    console.log(JSON.stringify(example));
    continue;
  }
  const isRight = grade(example.expect, example.messages.at(-1)!.content);
  console.log(`--- ${example.skill} / ${example.task} ${isRight ? "" : "FAILS ITS OWN GRADER"}`);
  console.log(
    toSegments(example, render)
      .map((s) => s.text)
      .join(""),
  );
}
