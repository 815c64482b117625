// Light, dark, or as the system is; remembered by this browser.

import { onDevice } from '../kept';

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'musicspace.theme';

export const rememberedTheme = (): Theme => THEMES.find((each) => each === onDevice.get(KEY)) ?? 'auto';

export function applyTheme(theme: Theme): void {
  onDevice.set(KEY, theme);
  document.documentElement.dataset.theme = theme;
}
