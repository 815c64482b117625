// How far off a device is, in a word and as one of three grades.

import type { Strings } from '../i18n/en';

export type Grade = 'good' | 'fair' | 'poor';

/** 5 ms is where two speakers in a room begin to sound like two; 20 ms is an echo. */
export function gradeOf(errorMs: number): Grade {
  const off = Math.abs(errorMs);
  return off <= 5 ? 'good' : off <= 20 ? 'fair' : 'poor';
}

export const describeError = ({ sync }: Strings, errorMs: number | null): string => sync.words[errorMs === null ? 'silent' : gradeOf(errorMs)];
