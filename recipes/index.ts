/** The recipes that `onefold recipe` runs, by folder name. Each loads only when asked for. */

import type { Recipe } from "../src/recipe/index.ts";

export const recipes: Readonly<Record<string, () => Promise<Recipe>>> = {
  "coder-fim": async () => (await import("./coder-fim/recipe.ts")).default,
  "gated-attention": async () => (await import("./gated-attention/recipe.ts")).default,
  m6: async () => (await import("./m6/recipe.ts")).default,
  "m6-t": async () => (await import("./m6-t/recipe.ts")).default,
  "moe-balance": async () => (await import("./moe-balance/recipe.ts")).default,
  "mtr-bench": async () => (await import("./mtr-bench/recipe.ts")).default,
  ofasys: async () => (await import("./ofasys/recipe.ts")).default,
  "qwen3-post-training": async () => (await import("./qwen3-post-training/recipe.ts")).default,
  gspo: async () => (await import("./gspo/recipe.ts")).default,
  "hellaswag-pro": async () => (await import("./hellaswag-pro/recipe.ts")).default,
  ofa: async () => (await import("./ofa/recipe.ts")).default,
  sinks: async () => (await import("./sinks/recipe.ts")).default,
  sage: async () => (await import("./sage/recipe.ts")).default,
  mathopeval: async () => (await import("./mathopeval/recipe.ts")).default,
};
