/** The body of POST /labels. */

import { z } from "zod";
import { annotatorSchema, axisDigitsSchema } from "../../evaluate/sage/row-schemas.ts";

export const labelBody = z.object({
  /** A file of variants, as GET /labels lists it. */
  file: z.string().max(1000),
  /** Of the variant. */
  id: z.string().max(1000),
  annotator: annotatorSchema,
  labels: axisDigitsSchema,
  /** From seeing the variant to the last axis. */
  seconds: z.number().min(0).optional(),
});
