/** What `onefold verify` reads where no text is given: prose, a list, code, numbers, dialogue. */

export const verifyText = `The lighthouse at the end of the peninsula was built in 1874, after
three ships had been lost on the same reef within a single winter. Its keeper, a retired surveyor,
recorded the weather twice a day for forty-one years; his notebooks are still used by scientists who
study how the climate of the coast has changed. When the light was automated in 1961, the house
stood empty until a school turned it into a small museum.

To repair a bicycle tyre you need a patch, glue, sandpaper and patience:
1. Remove the wheel and take the inner tube out.
2. Inflate the tube a little and hold it under water; bubbles show where the hole is.
3. Dry the tube, roughen the place with sandpaper, and apply a thin layer of glue.
4. Wait for five minutes, press the patch on firmly, and put everything back together.

function average(values) {
  if (values.length === 0) return 0;
  let total = 0;
  for (const value of values) total += value;
  return total / values.length;
}

Water boils at 100 degrees Celsius at sea level, but at 93 degrees on a mountain of 2,000 metres.
If a train leaves at 9:40 and arrives at 11:15, the journey takes 95 minutes. 12 + 30 = 42.

"Did you read the letter?" she asked.
"Only the first page," he said. "The rest was about money, and I knew how it would end."
She laughed, folded the paper and put it back into the drawer, where it remained for years.
`;
