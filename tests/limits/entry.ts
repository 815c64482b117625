// What the test knows of a row of docs/limits.md: where its numbers stand in the source, and which test goes beyond them.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, type Value } from './source';

export interface Proof {
  file: string;
  /** The exact title of a test here, or Suite.Name of a C++ one. */
  test: string;
}

export type Entry = {
  /** The row's first cell, to the letter. */
  what: string;
  /** Of each number of the row, in its order. */
  values: readonly Value[];
  /** Words of the row that hold numbers which only explain. */
  asides?: readonly string[];
} & ({ proof: readonly Proof[] } | { unproved: string });

export const integration = (suite: string, test: string): Proof => ({ file: `tests/integration/${suite}.test.ts`, test });
export const unit = (file: string, test: string): Proof => ({ file: `tests/unit/${file}_test.cpp`, test });

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Why `proof` is none; empty: it is there, and runs. */
export function missing({ file, test }: Proof): string {
  if (!existsSync(join(ROOT, file))) return `there is no ${file}`;
  const text = read(file).replace(/^\s*\/\/.*$/gm, '');
  const cmake = read('tests/CMakeLists.txt');
  if (file.endsWith('.cpp')) {
    const [suite = '', name = ''] = test.split('.');
    if (!cmake.includes(file.replace('tests/', ''))) return `tests/CMakeLists.txt does not name ${file}`;
    return new RegExp(`^TEST(_F|_P)?\\(${suite}, ${name}\\)`, 'm').test(text) ? '' : `${file} has no TEST(${suite}, ${name})`;
  }
  const suite = /(\w+)\.test\.ts$/.exec(file)?.[1] ?? '';
  if (!new RegExp(`foreach\\(suite [^)]*\\b${suite}\\b`).test(cmake)) return `tests/CMakeLists.txt does not name the suite ${suite}`;
  // The title of a test, or the first column of a table of tests.
  return new RegExp(`(?:^\\s*test\\(|^\\s*\\]\\)\\(|^\\s*test\\.each\\(.*\\]\\)\\(|^\\s*|^\\s*\\[)(['"\`])${escaped(test)}\\1,`, 'm').test(text) ? '' : `${file} has no test '${test}'`;
}
