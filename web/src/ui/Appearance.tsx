import { useState } from 'react';
import { LANGUAGES, preferredLanguage, rememberLanguage, useStrings, type Language } from '../i18n';
import { applyTheme, rememberedTheme, THEMES, type Theme } from './theme';

/** What this device shows: language and colours. */
export function Appearance() {
  const strings = useStrings();
  const [theme, setTheme] = useState<Theme>(rememberedTheme);
  return (
    <section aria-label={strings.settings.here}>
      <h2 className="small">{strings.settings.here}</h2>
      <div className="row">
        <label className="field">
          <span>{strings.settings.languageLabel}</span>
          <select
            value={preferredLanguage()}
            onChange={(event) => {
              rememberLanguage(event.target.value as Language);
              window.dispatchEvent(new Event('musicspace:language'));
            }}
          >
            {Object.entries(LANGUAGES).map(([language, name]) => (
              <option key={language} value={language} lang={language}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>{strings.settings.theme}</span>
          <select
            value={theme}
            onChange={(event) => {
              const chosen = THEMES.find((each) => each === event.target.value) ?? 'auto';
              setTheme(chosen);
              applyTheme(chosen);
            }}
          >
            {THEMES.map((each) => (
              <option key={each} value={each}>
                {strings.settings.themes[each]}
              </option>
            ))}
          </select>
        </label>
      </div>
    </section>
  );
}
