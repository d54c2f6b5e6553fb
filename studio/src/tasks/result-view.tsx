/** What a task gave: text, pictures, boxes, sound, animations, lists. */

import type { Box } from "../../../src/media/types.ts";
import type { TaskOutput } from "../../../src/serve/tasks/task-output.ts";
import { BoxedImage, type LabelledBox } from "./boxed-image.tsx";
import type { Done } from "./use-task.ts";

export function ResultView({ done }: { readonly done: Done }) {
  const { outputs, timings } = done.result;
  return (
    <section class="result" aria-label="Result">
      {Object.entries(outputs).map(([name, output]) => (
        <div key={name} class="output">
          <h3>{name}</h3>
          <OutputView name={name} output={output} done={done} />
        </div>
      ))}
      <p class="note">
        {timings.wait_ms > 0 && `waited ${timings.wait_ms} ms, `}
        files {timings.decode_ms} ms, model {timings.run_ms} ms, all {timings.total_ms} ms
      </p>
    </section>
  );
}

interface OutputProps {
  readonly name: string;
  readonly output: TaskOutput;
  readonly done: Done;
}

function OutputView({ name, output, done }: OutputProps) {
  switch (output.type) {
    case "text":
      return output.text === "" ? <p class="note">nothing</p> : <p class="said">{output.text}</p>;
    case "image":
      return (
        <img class="made" src={output.url} alt={`${name}, ${output.width} x ${output.height}`} />
      );
    case "audio":
      // biome-ignore lint/a11y/useMediaCaption: there is nothing to caption it from
      return <audio controls src={output.url} aria-label={name} />;
    case "motion":
      return (
        <>
          <img class="made" src={output.url} alt={`${name}, an animation`} />
          <p class="note">
            {output.seconds.toFixed(1)} s{" "}
            <a download={`${name}.bvh`} href={`data:text/plain,${encodeURIComponent(output.bvh)}`}>
              Save as BVH
            </a>
          </p>
        </>
      );
    case "box":
      return (
        <>
          <Boxes done={done} boxes={[{ box: output.box, label: phraseOf(done) ?? name }]} />
          <p class="note">{formatBox(output.box)}</p>
        </>
      );
    case "items":
      return <Items items={output.items} done={done} />;
  }
}

/** What the box was asked for: the task's only text. */
function phraseOf({ request: { inputs } }: Done): string | undefined {
  const texts = Object.values(inputs).filter((value) => typeof value === "string");
  return texts.length === 1 ? texts[0] : undefined;
}

function Boxes({ done, boxes }: { readonly done: Done; readonly boxes: readonly LabelledBox[] }) {
  const { image } = done.result;
  const file = image && done.request.inputs[image.slot];
  if (!image || !(file instanceof File) || boxes.length === 0) return null;
  return <BoxedImage file={file} width={image.width} height={image.height} boxes={boxes} />;
}

function Items({
  items,
  done,
}: {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly done: Done;
}) {
  const columns = [...new Set(items.flatMap((item) => Object.keys(item)))];
  if (items.length === 0) return <p class="note">nothing</p>;
  const boxes = items.flatMap((item): LabelledBox[] => {
    const values = Object.values(item);
    const box = values.find(isBox);
    const label = values.find((value) => typeof value === "string") ?? "";
    return box ? [{ box, label }] : [];
  });
  return (
    <>
      <Boxes done={done} boxes={boxes} />
      <table>
        <thead>
          <tr>
            {columns.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((item, i) => (
            <tr key={i}>
              {columns.map((name) => (
                <td key={name}>{isBox(item[name]) ? formatBox(item[name]) : String(item[name])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

const isBox = (value: unknown): value is Box =>
  Array.isArray(value) && value.length === 4 && value.every(Number.isFinite);

const formatBox = (box: Box): string => box.map((side) => Math.round(side)).join(", ");
