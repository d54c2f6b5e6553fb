/** What a task gave, as JSON: the server writes it, the studio shows it. */

import type { Box } from "../../media/types.ts";

export type TaskOutput =
  | { readonly type: "text"; readonly text: string }
  /** Left, top, right, bottom in pixels of the first image. */
  | { readonly type: "box"; readonly box: Box }
  | {
      readonly type: "image";
      readonly url: string;
      readonly width: number;
      readonly height: number;
    }
  | { readonly type: "audio"; readonly url: string; readonly seconds: number }
  | {
      readonly type: "motion";
      readonly url: string;
      readonly bvh: string;
      readonly seconds: number;
    }
  /** A repeated group: values by slot, item by item. */
  | { readonly type: "items"; readonly items: readonly Readonly<Record<string, unknown>>[] };
