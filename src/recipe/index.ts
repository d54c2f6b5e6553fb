/** Recipes: papers' claims, re-run by one command each and judged by one rule. */

export { type Judgement, judge, type Verdict } from "./judge.ts";
export {
  type Check,
  defineRecipe,
  type Outcome,
  type Preset,
  type PresetName,
  type Recipe,
  type TrialContext,
} from "./recipe.ts";
export { armTable, formatEstimate, verdictTable, writeResults } from "./report.ts";
export { judgeTrials, type RecipeResult, type RunRecipeOptions, runRecipe } from "./run.ts";
export { type Estimate, estimate } from "./statistics.ts";
export { type Trial, Trials } from "./trials.ts";
