/** Number schemas that the groups of options share. */

import { z } from "zod";

export const count = (min = 1) =>
  z
    .int()
    .min(min)
    .max(2 ** 31);
export const positive = () => z.number().positive();
export const share = () => z.number().min(0).max(1);
export const atLeastZero = () => z.number().min(0);
export const paths = () => z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);
