/** Keeps the settings in the browser. */

import { defaultSettings, type Settings } from "./settings.ts";

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
