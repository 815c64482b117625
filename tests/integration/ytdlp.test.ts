// The server's own yt-dlp: fetched from a package index, tried before it is used, and done without where it cannot be had.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, Client, createRoom } from '../fixtures/client';
import { MediaServer } from '../fixtures/media_server';
import { PackageIndex } from '../fixtures/package_index';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

interface About { ytDlp: { version: string; own: boolean; warning: string } }

let server: TestServer;
let media: MediaServer;
let index: PackageIndex;
let calls = '';
/** What the stand-in was called with, where it may write. */
const callsOf = ({ dir }: TestServer): string => join(dir, 'yt-dlp/cache/calls');
const environment = { ...process.env };

beforeAll(async () => {
  media = await MediaServer.start();
  index = await PackageIndex.start();
  index.release('2098.1.1', { broken: true });
  process.env.PIP_INDEX_URL = index.url;
  process.env.PIP_TRUSTED_HOST = '127.0.0.1';
  server = await TestServer.start('--yt-dlp-updates');
  calls = callsOf(server);
});
afterAll(async () => {
  process.env = environment;
  await server.stop();
  index.stop();
  media.stop();
});

const about = async (): Promise<About['ytDlp']> => ((await call(server.base, 'GET', '/api/about')).body as unknown as About).ytDlp;
const venvs = (): string[] => (existsSync(join(server.dir, 'yt-dlp')) ? readdirSync(join(server.dir, 'yt-dlp')).filter((name) => name.startsWith('venv-')) : []);
async function plays(): Promise<void> {
  const ada = await Client.join(server.base, await createRoom(server.base));
  expect(await ada.command({ op: 'play', link: `${media.base}/ranges/noise.mp3` })).toBeNull();
  ada.close();
}
async function restart(): Promise<void> {
  await server.stopServer();
  await server.startServer();
}

test('a release that does not run is not used: the system’s opens the links, and the host is told', async () => {
  const told = await until('the warning', async () => { const now = await about(); return now.warning && now; }, 60_000);
  expect(told.own).toBe(false);
  expect(told.version).toMatch(/^20\d\d\.\d\d\.\d\d/);
  expect(told.warning).toContain('docs/hosting.md');
  await server.logs('this release is broken');
  expect(venvs()).toEqual([]);
  await plays();
  expect(existsSync(calls)).toBe(false);
});

test('one that runs is used from then on, with a runtime for sites’ scripts', async () => {
  index.release('2099.1.1');
  await restart();
  const now = await until('the server’s own', async () => { const it = await about(); return it.own && it.version && it; }, 60_000);
  expect(now).toEqual({ version: '2099.1.1', own: true, warning: '' });
  await plays();
  expect(readFileSync(calls, 'utf8')).toMatch(/^deno:\S+\/deno .*noise\.mp3$/m);
});

test('a newer one takes its place; one that is current is not fetched again', async () => {
  const before = venvs();
  await restart();
  const asked = index.requests;
  await until('a look at the index', () => index.requests > asked);
  index.release('2099.2.1');
  await restart();
  await until('the newer one', async () => (await about()).version === '2099.2.1', 60_000);
  expect(venvs()).toHaveLength(before.length + 1); // the one before may still be running
});

test('away from the index the one that is there serves on', async () => {
  index.stop();
  await restart();
  const now = await until('the warning', async () => { const it = await about(); return it.warning && it; }, 90_000);
  expect(now).toMatchObject({ version: '2099.2.1', own: true });
  await plays();
});

test('settings reach yt-dlp; the cookies as a private copy', async () => {
  const cookies = join(server.dir, 'cookies.txt');
  writeFileSync(cookies, '# Netscape HTTP Cookie File\n', { mode: 0o600 });
  const other = await TestServer.start('--yt-dlp-cookies', cookies, '--yt-dlp-extractors', 'soundcloud', '--yt-dlp-argument=--geo-bypass', '--yt-dlp', join(server.dir, 'yt-dlp/current/bin/yt-dlp'));
  const ada = await Client.join(other.base, await createRoom(other.base));
  expect(await ada.command({ op: 'play', link: `${media.base}/ranges/noise.mp3` })).toMatchObject({ code: 'unsupported', detail: 'This server plays from certain sites only, and this is none of them.' });
  ada.close();
  const last = readFileSync(callsOf(other), 'utf8').trim().split('\n').at(-1) ?? '';
  expect(last).toContain('--use-extractors soundcloud --geo-bypass -- ');
  const copy = /--cookies (\S+)/.exec(last)?.[1] ?? '';
  expect(copy).not.toBe(cookies);
  expect(existsSync(copy)).toBe(false);
  await other.stop();
  expect(readFileSync(cookies, 'utf8')).toBe('# Netscape HTTP Cookie File\n');
});
