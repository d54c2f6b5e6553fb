/** The rubric that variants are judged by. No imports: the studio's page shares it. */

/** Is it a variant of the type asked for, is its label right, and is it the only right one? */
export const axes = ["type", "label", "unique"] as const;
export type Axis = (typeof axes)[number];

/** The axes, and all of them together: is the variant valid? */
export const judgements = [...axes, "valid"] as const;
export type Judgement = (typeof judgements)[number];

/** A probability an axis, that the variant passes it. */
export type AxisScores = Readonly<Record<Axis, number>>;

/** A person's (or an oracle's) judgement of a variant. */
export type AxisLabels = Readonly<Record<Axis, boolean>>;
