import { expect, test } from 'vitest';
import { de } from '../src/i18n/de';
import { en } from '../src/i18n/en';
import { isolated, isolating } from '../src/i18n/isolated';

test('only what runs from right to left is isolated', () => {
  expect(isolated('Ada')).toBe('Ada');
  expect(isolated('👩‍🚀 李雷')).toBe('👩‍🚀 李雷');
  expect(isolated('محمد 3')).toBe('\u2068محمد 3\u2069');
  expect(isolated('שלום')).toBe('\u2068שלום\u2069');
});

test('sentences isolate the names and titles that they are given, in every language', () => {
  expect(isolating(en).people.joined('محمد')).toBe('\u2068محمد\u2069 has come.');
  expect(isolating(de).queue.vote('שלום', 3)).toBe('Für \u2068שלום\u2069 stimmen: bisher 3');
  expect(isolating(en).queue.removed('Paper Planes')).toBe('Removed Paper Planes.');
  expect(isolating(en).now.repeat.off).toBe(en.now.repeat.off);
});
