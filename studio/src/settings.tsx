/** Sampling controls and what every answer is asked for. */

export interface Settings {
  readonly system: string;
  readonly temperature: number;
  readonly topP: number;
  readonly maxTokens: number;
  readonly seed: string;
  readonly thinking: boolean;
  readonly probabilities: boolean;
}

export const defaultSettings: Settings = {
  system: "",
  temperature: 0.7,
  topP: 0.95,
  maxTokens: 1024,
  seed: "",
  thinking: true,
  probabilities: false,
};

const KEY = "onefold-settings";

export function loadSettings(): Settings {
  try {
    return { ...defaultSettings, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return defaultSettings;
  }
}

export const saveSettings = (settings: Settings): void =>
  localStorage.setItem(KEY, JSON.stringify(settings));

interface Props {
  readonly settings: Settings;
  readonly onChange: (settings: Settings) => void;
}

export function SettingsPanel({ settings, onChange }: Props) {
  const set = (change: Partial<Settings>) => onChange({ ...settings, ...change });
  const range = (key: "temperature" | "topP", label: string, max: number) => (
    <label>
      <span>
        {label} {settings[key].toFixed(2)}
      </span>
      <input
        type="range"
        min="0"
        max={max}
        step="0.05"
        value={settings[key]}
        onInput={(event) => set({ [key]: Number(event.currentTarget.value) })}
      />
    </label>
  );
  const check = (key: "thinking" | "probabilities", label: string) => (
    <label class="check">
      <input
        type="checkbox"
        checked={settings[key]}
        onInput={(event) => set({ [key]: event.currentTarget.checked })}
      />
      {label}
    </label>
  );
  return (
    <aside class="settings" aria-label="Settings">
      <label>
        System message
        <textarea
          rows={3}
          value={settings.system}
          onInput={(event) => set({ system: event.currentTarget.value })}
        />
      </label>
      {range("temperature", "Temperature", 2)}
      {range("topP", "Top-p", 1)}
      <label>
        Most tokens
        <input
          type="number"
          min="1"
          value={settings.maxTokens}
          onInput={(event) => {
            const value = Number(event.currentTarget.value);
            if (Number.isInteger(value) && value > 0) set({ maxTokens: value });
          }}
        />
      </label>
      <label>
        Seed
        <input
          type="text"
          inputMode="numeric"
          placeholder="random"
          value={settings.seed}
          onInput={(event) => set({ seed: event.currentTarget.value.replace(/\D/g, "") })}
        />
      </label>
      {check("thinking", "Think before answering")}
      {check("probabilities", "Show token probabilities")}
    </aside>
  );
}
