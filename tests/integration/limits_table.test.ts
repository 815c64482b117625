// Walks docs/limits.md: each of its numbers is the one that the source has, and behind each row stands a test that goes beyond the limit.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { amountsOf, codesOf, readRows, rowsOf, type Row } from '../limits/document';
import { missing, type Entry } from '../limits/entry';
import { constant, KILO, ROOT } from '../limits/source';
import { TABLE } from '../limits/table';

const rows = readRows();
const entryOf = (row: Row): Entry | undefined => TABLE[row.section]?.find(({ what }) => what === row.what);
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));

/** What is wrong with the numbers of a row, as sentences. */
function differences(row: Row, { values, asides }: Entry): string[] {
  const amounts = amountsOf(row, asides);
  if (amounts.length !== values.length)
    return [`docs/limits.md names ${String(amounts.length)} numbers in the row "${row.what}" (${amounts.map(({ text }) => text).join('; ')}), and its entry in tests/limits knows ${String(values.length)}: add what is missing, or name what only explains among its asides.`];
  return amounts.flatMap(({ text, value }, at) => {
    const known = values[at];
    const code = known?.read() ?? NaN;
    return near(value, code) ? [] : [`docs/limits.md says "${text}" (${String(value)}) in the row "${row.what}", and ${known?.where ?? ''} is ${String(code)}: correct the one that is wrong.`];
  });
}

const sources = ['relay', 'transcoder', 'db'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter((name) => /\.(cpp|h)$/.test(name)).map((name) => readFileSync(join(ROOT, folder, name), 'utf8')),
);

describe.each([...new Set(rows.map(({ section }) => section))])('%s', (section) => {
  test.each(rows.filter((row) => row.section === section).map((row) => [row.what, row] as const))('%s', (what, row) => {
    const entry = entryOf(row);
    if (!entry) throw new Error(`The row "${what}" of docs/limits.md has no entry in tests/limits: add one that says where its numbers stand in the source, and which test goes beyond them.`);
    expect(differences(row, entry)).toEqual([]);
    const broken = 'proof' in entry ? entry.proof.map(missing).filter(Boolean) : [];
    expect(broken, `The proofs of the row "${what}" are not there: correct their names in tests/limits, or write the tests.`).toEqual([]);
    if ('proof' in entry) expect(entry.proof.length, `The row "${what}" has no proof: name a test that goes beyond the limit.`).toBeGreaterThan(0);
    const unknown = codesOf(row).filter((code) => !sources.some((text) => text.includes(`"${code}"`)));
    expect(unknown, `The row "${what}" names codes that the server never answers.`).toEqual([]);
  });
});

test('every entry has its row, and one row only', () => {
  const known = (section: string, what: string): number => rows.filter((row) => row.section === section && row.what === what).length;
  const stray = Object.entries(TABLE).flatMap(([section, entries]) => entries.filter(({ what }) => known(section, what) !== 1).map(({ what }) => `${section}: ${what}`));
  expect(stray, 'These entries of tests/limits have no row of their own in docs/limits.md: take them out, or write their rows.').toEqual([]);
});

test('hardly a row goes without a proof, and each of those says why', () => {
  const unproved = Object.values(TABLE).flat().flatMap((entry) => ('unproved' in entry ? [entry] : []));
  for (const { what, unproved: why } of unproved) expect(why.length, `The row "${what}" has to say why nothing proves it.`).toBeGreaterThan(20);
  expect(unproved.length).toBeLessThan(rows.length / 10);
});

test('the walk sees a number that is wrong, one too many, and a proof that is none', () => {
  const rowOf = (limit: string): Row => rowsOf(`## HTTP\n| a head | ${limit} | 431 \`headers-too-large\` |\n`)[0] ?? { section: '', what: '', limit: '', beyond: '' };
  const entry: Entry = { what: 'a head', values: [constant('relay/http/request_parser.h', 'kMaxHeadBytes')], proof: [] };
  expect(differences(rowOf('16 KB'), entry)).toEqual([]);
  expect(differences(rowOf('17 KB'), entry)[0]).toContain(`is ${String(16 * KILO)}`);
  expect(differences(rowOf('16 KB, 100 lines'), entry)[0]).toContain('names 2 numbers');
  expect(missing({ file: 'tests/unit/rate_limit_test.cpp', test: 'RateLimit.ZeroIsNoLimit' })).toBe('');
  expect(missing({ file: 'tests/unit/rate_limit_test.cpp', test: 'RateLimit.Zero' })).not.toBe('');
  expect(missing({ file: 'tests/integration/crowd.test.ts', test: 'who floods is sent away' })).toBe('');
  expect(missing({ file: 'tests/integration/crowd.test.ts', test: 'who floods' })).not.toBe('');
});

test.each<[string, number[]]>([
  ['20 a minute', [20 / 60_000]],
  ['2 MB at once, then 256 KB a second', [2 << 20, (256 << 10) / 1000]],
  ['10 at once, then one every 6 s', [10, 1 / 6000]],
  ['30 to 60 min', [1_800_000, 3_600_000]],
  ['`--rooms` (60) an hour, four times that', [60 / 3_600_000, 4]],
  ['`--grace` (a day); 0.2 s; 1,048,576; `MP4`, IPv4', [86_400_000, 200, 1_048_576]],
])('%s is read', (limit, values) => {
  expect(amountsOf({ section: '', what: 'x', limit, beyond: '503 `too-busy`, close 1009' }).map(({ value }) => value)).toEqual(values);
});
