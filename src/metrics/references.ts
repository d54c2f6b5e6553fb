/** References as data sets of OFA and OFASys write them into one column. */

export interface WeightedReference {
  readonly text: string;
  /** Share of people who gave it, 0 to 1; undefined where the column does not say. */
  readonly confidence?: number;
}

/**
 * Parts a column: `&&` stands between references, and `0.6|!+no` is an answer with its confidence.
 * @throws Error for a confidence that is no number from 0 to 1
 * @example parseReferences("0.6|!+no&&1|!+yes") // [{ text: "no", confidence: 0.6 }, { text: "yes", confidence: 1 }]
 */
export function parseReferences(column: string): WeightedReference[] {
  return column.split("&&").map((part) => {
    const at = part.indexOf("|!+");
    if (at < 0) return { text: part.trim() };
    const number = part.slice(0, at).trim();
    const confidence = Number(number);
    if (number === "" || !(confidence >= 0 && confidence <= 1)) {
      throw new Error(
        `reference ${JSON.stringify(part.slice(0, 60))}: the confidence before |!+ must be a number from 0 to 1`,
      );
    }
    return { text: part.slice(at + 3).trim(), confidence };
  });
}
