/** What runs answered in evaluations, prompt by prompt. */

import { useState } from "preact/hooks";
import { Icon } from "../icons.tsx";
import { Swatch } from "./chart.tsx";
import { colourOf, type LineStyle } from "./colours.ts";
import { RunName } from "./run-list.tsx";
import { sampleSteps, samplesAt } from "./sample-rows.ts";
import type { RunData } from "./watcher.ts";

interface Props {
  readonly runs: readonly RunData[];
  readonly styles: ReadonlyMap<string, LineStyle>;
}

export function Samples({ runs, styles }: Props) {
  const [chosen, setChosen] = useState<number>();
  const steps = sampleSteps(runs);
  if (steps.length === 0) return null;
  const found = chosen === undefined ? -1 : steps.indexOf(chosen);
  const at = found < 0 ? steps.length - 1 : found; // the newest, while nothing else is asked for
  const go = (to: number): void => setChosen(to === steps.length - 1 ? undefined : steps[to]);
  return (
    <section class="samples" aria-label="Samples">
      <header>
        <h2>Samples</h2>
        <span class="branches">
          <button
            type="button"
            class="quiet"
            aria-label="Earlier evaluation"
            disabled={at === 0}
            onClick={() => go(at - 1)}
          >
            <Icon name="left" />
          </button>
          <span aria-live="polite">step {steps[at]!.toLocaleString("en")}</span>
          <button
            type="button"
            class="quiet"
            aria-label="Later evaluation"
            disabled={at === steps.length - 1}
            onClick={() => go(at + 1)}
          >
            <Icon name="right" />
          </button>
        </span>
      </header>
      <div class="sample-cards">
        {samplesAt(runs, steps[at]!).map(({ prompt, expected, answers }) => (
          <article key={prompt} class="sample">
            <pre class="prompt">{prompt}</pre>
            {expected !== undefined && (
              <p class="note">
                Expected: <code>{expected}</code>
              </p>
            )}
            {answers.map(({ run, step, text }) => (
              <div key={run} class="answer" style={colourOf(styles.get(run)!)}>
                <small>
                  <Swatch style={styles.get(run)!} />
                  <RunName name={run} />
                  {step !== steps[at] && ` at step ${step.toLocaleString("en")}`}
                </small>
                <pre>{text === "" ? <i class="note">nothing</i> : text}</pre>
              </div>
            ))}
          </article>
        ))}
      </div>
    </section>
  );
}
