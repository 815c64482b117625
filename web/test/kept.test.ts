import { expect, test } from 'vitest';
import { Kept } from '../src/kept';

test('what the browser does not keep is kept for as long as the page is open', () => {
  const kept = new Kept(() => {
    throw new Error('forbidden');
  });
  expect(kept.get('a')).toBeNull();
  kept.set('a', '1');
  expect(kept.get('a')).toBe('1');
  kept.remove('a');
  expect(kept.get('a')).toBeNull();
});

test('what it keeps is its own, and newer than what it once refused', () => {
  const store = new Map<string, string>();
  let full = true;
  const storage = {
    getItem: (key: string) => store.get(key) ?? null,
    setItem: (key: string, value: string) => {
      if (full) throw new Error('full');
      store.set(key, value);
    },
    removeItem: (key: string) => store.delete(key),
  } as unknown as Storage;
  const kept = new Kept(() => storage);
  kept.set('a', '1');
  expect([kept.get('a'), store.size]).toEqual(['1', 0]);
  full = false;
  kept.set('a', '2');
  expect([kept.get('a'), store.get('a')]).toEqual(['2', '2']);
  kept.remove('a');
  expect(kept.get('a')).toBeNull();
});
