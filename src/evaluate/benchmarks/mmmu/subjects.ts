/** MMMU's 30 subjects in their six disciplines, as its folders and lm-evaluation-harness's groups name them. */

const disciplines = {
  "Art and Design": "Art Art_Theory Design Music",
  Business: "Accounting Economics Finance Manage Marketing",
  Science: "Biology Chemistry Geography Math Physics",
  "Health and Medicine":
    "Basic_Medical_Science Clinical_Medicine Diagnostics_and_Laboratory_Medicine Pharmacy Public_Health",
  "Humanities and Social Science": "History Literature Sociology Psychology",
  "Tech and Engineering":
    "Agriculture Architecture_and_Engineering Computer_Science Electronics Energy_and_Power Materials " +
    "Mechanical_Engineering",
};

/** Each subject's discipline. */
export const disciplineOf: ReadonlyMap<string, string> = new Map(
  Object.entries(disciplines).flatMap(([discipline, subjects]) =>
    subjects.split(" ").map((subject) => [subject, discipline] as const),
  ),
);
