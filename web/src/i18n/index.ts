// Which language the page speaks: the one chosen, else the browser's, else English. Others than English are fetched when they are wanted.

import { onDevice } from '../kept';
import { createContext, useContext } from 'react';
import { en, type Strings } from './en';
import { isolating } from './isolated';

export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

const ENGLISH = isolating(en);
const KEY = 'musicspace.language';
const isLanguage = (text: string | undefined | null): text is Language => text === 'en' || text === 'de';

export function preferredLanguage(): Language {
  const chosen = onDevice.get(KEY);
  if (isLanguage(chosen)) return chosen;
  return navigator.languages.map((each) => each.split('-')[0]).find(isLanguage) ?? 'en';
}

export function rememberLanguage(language: Language): void {
  onDevice.set(KEY, language);
}

export async function stringsOf(language: Language): Promise<Strings> {
  return language === 'de' ? isolating((await import('./de')).de) : ENGLISH;
}

const StringsContext = createContext<Strings>(ENGLISH);
export const StringsProvider = StringsContext.Provider;
export const useStrings = (): Strings => useContext(StringsContext);
