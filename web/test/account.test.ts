// Who is signed in stays it for the server, however long the page has been open.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AccountStore } from '../src/account/account';

let asked: string[] = [];
let refreshes: { status: number; body: object }[] = [];
const signedIn = { status: 200, body: { account: { id: '1', name: 'Ada' } } };

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  refreshes = [];
  const kept = new Map([['musicspace.account', '1']]);
  vi.stubGlobal('localStorage', { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value), removeItem: (key: string) => kept.delete(key) });
  vi.stubGlobal('fetch', (path: string) => {
    asked.push(path);
    const answer = path === '/api/session/refresh' ? (refreshes.shift() ?? signedIn) : { status: 200, body: { favourites: [] } };
    return Promise.resolve(new Response(JSON.stringify(answer.body), { status: answer.status }));
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
const refreshed = () => asked.filter((path) => path === '/api/session/refresh').length;

test('joining waits for the sign-in of the start, and asks again only after a while', async () => {
  const store = new AccountStore();
  void store.start();
  await store.ready();
  expect(store.snapshot().account?.name).toBe('Ada');
  await store.ready();
  expect(refreshed()).toBe(1);
  vi.setSystemTime(Date.now() + 11 * 60_000);
  await store.ready();
  await store.ready();
  expect(refreshed()).toBe(2);
});

test('whose sign-in has ended elsewhere is a guest, and is not asked for again', async () => {
  const store = new AccountStore();
  await store.start();
  vi.setSystemTime(Date.now() + 11 * 60_000);
  refreshes = [{ status: 401, body: { code: 'signed-out', title: 'Not signed in', detail: 'Sign in first.' } }];
  await store.ready();
  expect(store.snapshot().account).toBeNull();
  await store.ready();
  expect(refreshed()).toBe(2);
});
