// Light, dark, or as the system is; remembered by this browser.

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'musicspace.theme';

export const rememberedTheme = (): Theme => THEMES.find((each) => each === localStorage.getItem(KEY)) ?? 'auto';

export function applyTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  document.documentElement.dataset.theme = theme;
}
