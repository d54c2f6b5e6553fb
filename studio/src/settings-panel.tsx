/** Sampling controls, the form of the answer, tools. */

import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icons.tsx";
import { jsonProblem, type Sampling, type Settings } from "./settings.ts";
import type { ModelStatus } from "./status.ts";

interface Props {
  readonly settings: Settings;
  readonly model: ModelStatus | undefined;
  readonly onChange: (change: Partial<Settings>) => void;
  readonly onClose: () => void;
}

export function SettingsPanel({ settings, model, onChange, onClose }: Props) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.querySelector<HTMLElement>("textarea")?.focus(), []);
  const own = model?.sampling;
  const slider = (
    key: keyof Sampling,
    label: string,
    fallback: number | null | undefined,
    [max, step]: readonly [number, number],
  ) => (
    <Slider
      label={label}
      value={settings[key]}
      fallback={fallback ?? undefined}
      max={max}
      step={step}
      onChange={(value) => onChange({ [key]: value })}
    />
  );
  const check = (key: "thinking" | "probabilities" | "history" | "shortcuts", label: string) => (
    <label class="check">
      <input
        type="checkbox"
        checked={settings[key]}
        onInput={(event) => onChange({ [key]: event.currentTarget.checked })}
      />
      {label}
    </label>
  );
  const json = (key: "schema" | "tools", label: string, placeholder: string) => {
    const problem = jsonProblem(settings[key]);
    return (
      <label>
        {label}
        <textarea
          class="code"
          rows={4}
          spellcheck={false}
          placeholder={placeholder}
          value={settings[key]}
          aria-invalid={problem !== undefined}
          onInput={(event) => onChange({ [key]: event.currentTarget.value })}
        />
        {problem && <small class="problem">{problem}</small>}
      </label>
    );
  };
  return (
    <aside ref={panel} class="settings" aria-label="Settings">
      <header>
        <h2>Settings</h2>
        <button type="button" class="quiet" aria-label="Close settings" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <label>
        System message
        <textarea
          rows={2}
          value={settings.system}
          placeholder="None"
          onInput={(event) => onChange({ system: event.currentTarget.value })}
        />
      </label>
      <fieldset>
        <legend>Sampling</legend>
        {slider("temperature", "Temperature", own?.temperature, [2, 0.05])}
        {slider("topP", "Top-p", own?.top_p, [1, 0.01])}
        {slider("topK", "Top-k", own?.top_k, [100, 1])}
        {slider("minP", "Min-p", own?.min_p, [1, 0.01])}
        {slider("maxTokens", "Most tokens", own?.max_tokens, [model?.context_length ?? 4096, 1])}
        <label>
          Seed
          <input
            type="text"
            inputMode="numeric"
            placeholder="Random"
            value={settings.seed}
            onInput={({ currentTarget }) =>
              onChange({ seed: currentTarget.value.replace(/\D/g, "").slice(0, 15) })
            }
          />
        </label>
      </fieldset>
      <fieldset>
        <legend>Answer</legend>
        {model?.can_think !== false && check("thinking", "Think before answering")}
        {check("probabilities", "Show token probabilities")}
        {check("history", "Send earlier messages")}
        <label>
          Form
          <select
            value={settings.format}
            onChange={({ currentTarget }) =>
              onChange({ format: currentTarget.value as Settings["format"] })
            }
          >
            <option value="text">Free text</option>
            <option value="json">A JSON object</option>
            <option value="schema">JSON of a schema</option>
          </select>
        </label>
        {settings.format === "schema" &&
          json("schema", "JSON schema", '{"type": "object", "properties": {…}}')}
        {json("tools", "Tools", '[{"type": "function", "function": {"name": …}}]')}
        {settings.tools.trim() !== "" && model?.can_call_tools === false && (
          <small class="note">This model's template knows no tools; it will not see them.</small>
        )}
      </fieldset>
      {check("shortcuts", "Single-key shortcuts")}
    </aside>
  );
}

interface SliderProps {
  readonly label: string;
  readonly value: number | undefined;
  /** The model's own; undefined: it has none. */
  readonly fallback: number | undefined;
  readonly max: number;
  readonly step: number;
  readonly onChange: (value: number | undefined) => void;
}

/** A slider that stands at the model's own value until it is moved, and goes back to it. */
function Slider({ label, value, fallback, max, step, onChange }: SliderProps) {
  const show = (number: number): string => (step < 1 ? number.toFixed(2) : String(number));
  const shown = value ?? fallback;
  return (
    <div class="slider">
      <label>
        <span>{label}</span>
        <input
          type="range"
          min={label === "Most tokens" ? 1 : 0}
          max={max}
          step={step}
          value={shown ?? max}
          onInput={(event) => onChange(Number(event.currentTarget.value))}
        />
      </label>
      <output>{shown === undefined ? "no limit" : show(shown)}</output>
      {value === undefined ? (
        <small>model's own</small>
      ) : (
        <button type="button" class="quiet" onClick={() => onChange(undefined)}>
          Reset
        </button>
      )}
    </div>
  );
}
