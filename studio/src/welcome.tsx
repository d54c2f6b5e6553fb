/** The page before the first message: what this model is, and what to ask it. */

import { formatCount, formatNumber } from "./format.ts";
import { Logo } from "./icons.tsx";
import type { ModelStatus } from "./status.ts";

/** For models whose card suggests nothing. */
const anyones = [
  "Explain how a bicycle stays upright, in three sentences.",
  "Write a TypeScript function that removes duplicates from a list.",
  "Compare tea and coffee in a small table.",
  "Give me three names for a friendly robot, as a JSON list.",
];

interface Props {
  readonly model: ModelStatus | undefined;
  readonly onAsk: (text: string) => void;
}

export function Welcome({ model, onAsk }: Props) {
  const examples = model?.examples?.length ? model.examples : anyones;
  return (
    <section class="welcome">
      <Logo />
      <h1>Ask {model?.id ?? "a model"}</h1>
      <p class="facts">{model ? factsOf(model).join(" · ") : "Connecting…"}</p>
      <ul class="examples" aria-label="Examples">
        {model &&
          examples.map((text) => (
            <li key={text}>
              <button type="button" class="example" onClick={() => onAsk(text)}>
                {text}
              </button>
            </li>
          ))}
      </ul>
    </section>
  );
}

function factsOf({ parameters, context_length: context, model_type: type, loaded }: ModelStatus) {
  if (!loaded) return ["Loads with the first message"];
  return [
    ...(type ? [type] : []),
    ...(parameters ? [`${formatCount(parameters)} parameters`] : []),
    ...(context ? [`${formatNumber(context)} tokens of context`] : []),
    "runs on this machine",
  ];
}
