/**
 * How much is fuzzed: a tenth in the normal suite, all of it with `npm run test:fuzz`. Half of the
 * inputs are the same in every run, the others come from a seed that is printed, and that
 * ONEFOLD_FUZZ_SEED repeats.
 */

import fc from "fast-check";

const isFull = process.env.ONEFOLD_FUZZ === "full";
const FIXED_SEED = 20_261_124;

/** Share of the inputs that this run takes. */
export const fuzzRuns = (inputs: number): number => Math.ceil(isFull ? inputs : inputs / 10);

/** Checks a property of `inputs` inputs, or of the share that is this run's. */
export async function fuzz<T>(inputs: number, property: fc.IRawProperty<T>): Promise<void> {
  const numRuns = Math.ceil(fuzzRuns(inputs) / 2);
  const given = Number(process.env.ONEFOLD_FUZZ_SEED);
  const seed = Number.isInteger(given) && given > 0 ? given : Math.floor(Math.random() * 2 ** 31);
  await fc.assert(property, { numRuns, seed: FIXED_SEED });
  process.stdout.write(`fuzz: ${numRuns} inputs from the seed ${seed}\n`);
  await fc.assert(property, { numRuns, seed });
}
