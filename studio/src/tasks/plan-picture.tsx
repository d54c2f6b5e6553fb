/** A plan drawn: slots on the left, through preprocessing and adaptors into the body, and out again. */

import type { Plan, PlanPart } from "./api.ts";

export function PlanPicture({ plan }: { readonly plan: Plan }) {
  const { parts, body, generator, criterion, lacks } = plan;
  const of = (role: PlanPart["role"]) => parts.filter((part) => part.role === role);
  const [given, written] = [of("given"), of("written")];
  const isRepeated = written.some((part) => part.isRepeated);
  return (
    <figure class="plan" aria-label="Plan">
      <ol aria-label="Reads">
        {of("read").map((part, i) => (
          <li key={i}>
            <Part part={part} />
            <Arrow />
            <Step kind="preprocess" does={part.preprocess} />
            <Arrow />
            <Step kind="adaptor" does={part.adaptor} positions={part.positions} />
            <Arrow />
          </li>
        ))}
      </ol>
      <div class="network">
        <small>body</small>
        {body}
      </div>
      <ol aria-label="Writes">
        {given.length > 0 && (
          <li>
            <Arrow />
            <small>begins with</small>
            {given.map((part, i) => (
              <Part key={i} part={part} />
            ))}
          </li>
        )}
        <li>
          <Arrow />
          <Step kind="generator" does={[generator.name, ...settings(generator)].join(", ")} />
          <Arrow />
          <span class="parts">
            {written.map((part, i) => (
              <Part key={i} part={part} />
            ))}
            {isRepeated && <small>again and again</small>}
          </span>
        </li>
      </ol>
      <figcaption>
        {lacks.length > 0 ? (
          <span class="problem" role="status">
            This model cannot do it: {lacks.join(", and ")}.
          </span>
        ) : (
          <small>Trained with {[criterion.name, ...settings(criterion)].join(", ")}.</small>
        )}
      </figcaption>
    </figure>
  );
}

function Part({ part: { text, slot, modality } }: { readonly part: PlanPart }) {
  if (slot === undefined) return <q>{text}</q>;
  return (
    <span class={`slot ${modality.toLowerCase()}`}>
      <small>{modality}</small> {slot}
    </span>
  );
}

interface StepProps {
  readonly kind: string;
  readonly does: string;
  readonly positions?: PlanPart["positions"];
}

function Step({ kind, does, positions = null }: StepProps) {
  return (
    <span class="step">
      <small>{kind}</small>
      {does}
      {positions && (
        <small>
          {"count" in positions ? positions.count : `up to ${positions.most}`} positions
        </small>
      )}
    </span>
  );
}

/** @example settings({ name: "beam search", settings: { beam: 5 } }) // ["beam 5"] */
const settings = ({ settings: all }: Plan["generator"]): string[] =>
  Object.entries(all).map(([name, value]) => `${words(name)} ${value}`);

/** @example words("noRepeatNgram") // "no repeat ngram" */
const words = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const Arrow = () => (
  <svg class="arrow" viewBox="0 0 20 10" aria-hidden="true">
    <path d="M0 5h17M13 1.500L17.500 5 13 8.500" />
  </svg>
);
