/** Settings and what each means. */
export const hellaswagProSettings = {
  language: "en, zh or both (default both: a task each)",
  variants: "forms joined by +, the original among them (default all)",
  mode: "likelihood, letter, cot or xlt (default likelihood)",
  prompt: "language of instructions, en or zh (default: that of the items)",
  shuffle: "seed of the order of choices, or none (default 0)",
  context: "own, or other: that of another question (default own)",
  profile: "fixed or paper (default fixed)",
  score: "what OA, ARA, RLA and CRA rest on (default acc)",
  chat: "none, single or multiturn (default none)",
  "max-tokens": "of answers in steps (default 512)",
  questions: "without data: how many are made (default 32)",
} as const;
