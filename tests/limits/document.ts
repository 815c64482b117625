// docs/limits.md, row by row, and the amounts that a row names.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAY, GIGA, HOUR, KILO, MEGA, MINUTE, ROOT, SECOND } from './source';

export interface Row {
  section: string;
  what: string;
  limit: string;
  beyond: string;
}

export function rowsOf(text: string): Row[] {
  const rows: Row[] = [];
  let section = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('## ')) section = line.slice(3);
    const [what, limit, beyond, ...more] = line.startsWith('| ') ? line.slice(2, -2).split(' | ') : [];
    if (what === undefined || what === 'what') continue;
    if (limit === undefined || beyond === undefined || more.length > 0) throw new Error(`docs/limits.md: this row has not three cells: ${line}`);
    rows.push({ section, what, limit, beyond });
  }
  return rows;
}

export const readRows = (): Row[] => rowsOf(readFileSync(join(ROOT, 'docs/limits.md'), 'utf8'));

const UNITS: Record<string, number> = {
  bytes: 1, KB: KILO, KiB: KILO, MB: MEGA, MiB: MEGA, GB: GIGA, GiB: GIGA, ms: 1, s: SECOND, min: MINUTE, minutes: MINUTE, hour: HOUR, hours: HOUR, days: DAY,
};
const WINDOWS: Record<string, number> = { ' a second': SECOND, '/s': SECOND, ' a minute': MINUTE, ' an hour': HOUR };
const WORDS: Record<string, number> = { 'a day': DAY, 'half second': SECOND / 2, 'half of': 1 / 2, 'a twentieth': 1 / 20, 'last quarter': 1 / 4, 'four times': 4, 'twice a second': 2 / SECOND };
const NUMBER = String.raw`(?<![\w.,-])\d[\d,]*(?:\.\d+)?`;
const UNIT = `(?: (?:${Object.keys(UNITS).join('|')})\\b)`;
const AMOUNT = new RegExp(
  `(?<word>\\b(?:${Object.keys(WORDS).join('|')})\\b)|one every (?<every>\\d+) s\\b|(?<from>${NUMBER})(?= to ${NUMBER}${UNIT})|(?<number>${NUMBER})(?<unit>${UNIT})?\\)?(?<window>${Object.keys(WINDOWS).join('|')})?`,
  'g',
);

export interface Amount {
  text: string;
  /** In bytes, in milliseconds, in pieces, or in one of these by the millisecond. */
  value: number;
}

/** HTTP's and the WebSocket's codes are no amounts, nor is what stands in backticks. */
const bare = (row: Row): string => [row.what, row.limit, row.beyond.replace(/\bclose \d{4}\b/g, '').replace(/\b[45]\d\d\b(?! (?:KB|MB|s)\b)/g, '')].join(' | ').replace(/`[^`]*`/g, '``');

/** All that a row says in numbers, in its order. `asides`: words of it that only explain. */
export function amountsOf(row: Row, asides: readonly string[] = []): Amount[] {
  let text = bare(row);
  for (const aside of asides) {
    if (!text.includes(aside)) throw new Error(`The row "${row.what}" does not say "${aside}" any more: take it out of its entry's asides.`);
    text = text.replace(aside, '');
  }
  const numberOf = (digits: string): number => Number(digits.replace(/,/g, ''));
  return [...text.matchAll(AMOUNT)].map(({ 0: whole, index, groups = {} }) => {
    if (groups.word !== undefined) return { text: whole, value: WORDS[groups.word] ?? NaN };
    if (groups.every !== undefined) return { text: whole, value: 1 / (Number(groups.every) * SECOND) };
    if (groups.from !== undefined) {
      const unit = new RegExp(` to ${NUMBER}(${UNIT})`).exec(text.slice(index))?.[1] ?? '';
      return { text: whole, value: numberOf(groups.from) * (UNITS[unit.trim()] ?? NaN) };
    }
    const unit = groups.unit === undefined ? 1 : (UNITS[groups.unit.trim()] ?? NaN);
    return { text: whole, value: (numberOf(groups.number ?? '') * unit) / (groups.window === undefined ? 1 : (WINDOWS[groups.window] ?? NaN)) };
  });
}

/** Problem codes that a row says are answered. */
export const codesOf = (row: Row): string[] => [...row.beyond.matchAll(/`([a-z]+(?:-[a-z]+)*)`/g)].map(([, code]) => code ?? '');
