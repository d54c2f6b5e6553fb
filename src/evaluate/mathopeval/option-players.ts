/** What players score that read nothing but how long options are: what a set of questions gives away. */

/** "first": always A; by length: "longest", "shortest", and "middle", the nearest to the mean. */
export const optionPlayers = ["first", "longest", "shortest", "middle"] as const;
export type OptionPlayer = (typeof optionPlayers)[number];

/**
 * The expected score of each player, which guesses among equals.
 *
 * @param options as they are shown
 * @param answer the place of the right one
 */
export function optionBaselines(
  options: readonly string[],
  answer: number,
): Record<OptionPlayer, number> {
  const lengths = options.map((option) => option.length);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  // Whole numbers: the distance from the mean, as often as there are options.
  const fromMean = lengths.map((length) => Math.abs(length * options.length - total));
  const share = (scores: readonly number[]): number => {
    const best = Math.max(...scores);
    return scores[answer] === best ? 1 / scores.filter((each) => each === best).length : 0;
  };
  return {
    first: answer === 0 ? 1 : 0,
    longest: share(lengths),
    shortest: share(lengths.map((length) => -length)),
    middle: share(fromMean.map((distance) => -distance)),
  };
}
