/** MathOPEval by name. */

import { join } from "node:path";
import { createPlotExecutor } from "../mathopeval/execute/execute-plot.ts";
import { generateMathOps } from "../mathopeval/generate/generate.ts";
import { readMathOps } from "../mathopeval/import-items.ts";
import { mathOpTask } from "../mathopeval/task.ts";
import type { CreateTasks } from "./benchmark.ts";

const create =
  (format: "choice" | "free"): CreateTasks =>
  async ({ data, settings }) => {
    const { file, figure = "described", options = "whole", items = "6", seed = "0" } = settings;
    if (figure !== "described" && figure !== "hidden" && figure !== "image") {
      throw new Error(`mathopeval: figure is "${figure}", expected described, hidden or image`);
    }
    if (options !== "whole" && options !== "changes") {
      throw new Error(`mathopeval: options is "${options}", expected whole or changes`);
    }
    const { execute = "never", python } = settings;
    if (execute !== "never" && execute !== "bubblewrap") {
      throw new Error(`mathopeval: execute is "${execute}", expected never or bubblewrap`);
    }
    const [perCell, from] = [items, seed].map(Number);
    if (!(Number.isInteger(perCell) && perCell! > 0 && Number.isInteger(from))) {
      throw new Error("mathopeval: items and seed are whole numbers, items of 1 or more");
    }
    const given = file
      ? await readMathOps(join(data ?? ".", file), format)
      : generateMathOps({ perCell, seed: from });
    const executor = execute === "never" ? undefined : await createPlotExecutor({ python });
    return mathOpTask({ items: given, format, figure, options, execute: executor });
  };

export const createMathOpChoice = create("choice");
export const createMathOpFree = create("free");
