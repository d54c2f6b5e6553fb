/** An image with boxes over it. */

import type { Box } from "../../../src/media/types.ts";
import { useFileUrl } from "./use-file-url.ts";

export interface LabelledBox {
  readonly box: Box;
  readonly label: string;
}

interface Props {
  readonly file: File;
  /** Of the image, in which boxes are told. */
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly LabelledBox[];
}

export function BoxedImage({ file, width, height, boxes }: Props) {
  const url = useFileUrl(file);
  const percent = (part: number, of: number): string => `${((100 * part) / of).toFixed(2)}%`;
  return (
    <div class="boxed" style={{ "--ratio": `${width} / ${height}` }}>
      {url && <img class={width < 200 ? "small" : ""} src={url} alt={file.name} />}
      {boxes.map(({ box: [left, top, right, bottom], label }, i) => (
        <span
          key={i}
          class={`box tint-${i % 6}`}
          role="img"
          aria-label={`${label}: ${[left, top, right, bottom].map(Math.round).join(", ")}`}
          style={{
            left: percent(left, width),
            top: percent(top, height),
            width: percent(right - left, width),
            height: percent(bottom - top, height),
          }}
        >
          <b class={top < height / 8 ? "below" : ""}>{label}</b>
        </span>
      ))}
    </div>
  );
}
