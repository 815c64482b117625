// Text from outside: whatever people, sites, tags and an older server's database say, what is shown is short and cannot hide anything.

import { describe, expect, test } from 'vitest';
import { call, Client, createRoom, joinRoom } from '../fixtures/client';
import { id3 } from '../fixtures/id3';
import type { MediaServer } from '../fixtures/media_server';
import type { TestServer } from '../fixtures/server';
import { withServerAndMedia } from '../fixtures/server_and_media';
import { until } from '../fixtures/until';

/** No state, whatever it is about, is larger. */
const MOST_STATE_BYTES = 8 << 10;
const HIDDEN = /[\p{Cc}\u202a-\u202e\u2066-\u2069\u200b\ufeff]/u;

let server: TestServer;
let media: MediaServer;
withServerAndMedia((started) => {
  ({ server, media } = started);
});

/** Plays `link` in a room of its own; what listeners got of it. */
async function played(link: string): Promise<{ title: string; artist: string; bytes: number }> {
  const joined = await createRoom(server.base);
  const ada = await Client.join(server.base, joined);
  expect(await ada.command({ op: 'play', link })).toBeNull();
  const { track } = await ada.status('playing');
  const shown = await fetch(`${server.base}/api/rooms/${joined.code}`);
  const bytes = (await shown.arrayBuffer()).byteLength;
  ada.close();
  return { title: track?.title ?? '', artist: track?.artist ?? '', bytes };
}

describe('what sites and files say', () => {
  test('a title of 4 MB in a file is cut, and loses what hides or forges', async () => {
    media.add('titled.mp3', Buffer.concat([id3({ TIT2: `A\u0001\u0007\u001b[2J\u202eB\nC ${'t'.repeat(4_000_000)}`, TPE1: 'Ä'.repeat(1_000_000) }), media.fileOf('noise.mp3')]));
    const { title, artist, bytes } = await played(`${media.base}/ranges/titled.mp3`);
    expect(title).toBe(`A[2JB C ${'t'.repeat(292)}`);
    expect(artist).toBe('Ä'.repeat(300));
    expect(bytes).toBeLessThan(MOST_STATE_BYTES);
  }, 60_000);

  test('a title of 3 MB on a page is cut by the time that yt-dlp has read it', async () => {
    media.add('title', Buffer.from(`Long\u0007 ${'👩‍🚀'.repeat(200)}${'t'.repeat(3_000_000)}`));
    const { title, bytes } = await played(`${media.base}/titled/title`);
    expect(title.startsWith('Long 👩‍🚀')).toBe(true);
    expect(title.endsWith('👩‍🚀')).toBe(true);
    expect(Buffer.byteLength(title)).toBeLessThanOrEqual(1_200);
    expect(bytes).toBeLessThan(MOST_STATE_BYTES);
  }, 60_000);
});

describe('what people type', () => {
  test('loses what their keyboards and clipboards have left in it, and keeps emoji and Persian as they are', async () => {
    const joined = await createRoom(server.base, ' Ada\u200b\u202e\nLovelace ');
    expect(joined.member.name).toBe('Ada Lovelace');
    for (const name of ['👩‍🚀', 'می‌خواهم', '🇩🇪'.repeat(40)]) expect((await joinRoom(server.base, joined.code, name)).member.name).toBe(name);
    const ada = await Client.join(server.base, joined);
    expect(await ada.command({ op: 'name', name: 'Party\u0085\u2067room' })).toBeNull();
    expect(await ada.command({ op: 'chat', text: 'one\r\ntwo\u202e\u001b[31m' })).toBeNull();
    expect(ada.state?.name).toBe('Party room');
    await until('the line', () => ada.lines.at(-1)?.text === 'one two[31m');
    expect(await ada.command({ op: 'chat', text: '\u200b\u202e' })).toMatchObject({ code: 'bad-text' });
    expect(await ada.command({ op: 'chat', text: 'x'.repeat(501) })).toMatchObject({ code: 'bad-text' });
    ada.close();
  });

  test('is refused where it is longer than there is room for', async () => {
    const joined = await createRoom(server.base);
    const ada = await Client.join(server.base, joined);
    const named = async (name: string): Promise<string | undefined> => (await call(server.base, 'POST', `/api/rooms/${joined.code}/members`, { name })).body.code;
    const search = async (words: string): Promise<string | undefined> => (await call(server.base, 'GET', `/api/rooms/${joined.code}/search?q=${encodeURIComponent(words)}`, undefined, joined.token)).body.code;
    const bytes = (most: number): string => '👩‍🚀'.repeat(Math.ceil((most + 1) / 11));
    for (const long of ['x'.repeat(41), bytes(320)]) expect(await named(long)).toBe('bad-name');
    for (const long of ['x'.repeat(61), bytes(480)]) expect(await ada.command({ op: 'name', name: long })).toMatchObject({ code: 'bad-name' });
    for (const long of ['x'.repeat(501), bytes(4_000)]) expect(await ada.command({ op: 'chat', text: long })).toMatchObject({ code: 'bad-text' });
    for (const long of ['x'.repeat(201), bytes(1_600)]) expect(await search(long)).toBe('bad-search');
    expect(await named('x'.repeat(40))).toBe(joined.code);
    expect(await ada.command({ op: 'name', name: 'x'.repeat(60) })).toBeNull();
    expect(await ada.command({ op: 'chat', text: 'x'.repeat(500) })).toBeNull();
    ada.close();
  });

  test('titles that programs queue are cut and cleaned', async () => {
    const ada = await Client.join(server.base, await createRoom(server.base));
    const items = [{ link: 'https://example.org/a', title: `\u202eA\u0000\n${'b'.repeat(5000)}`, artist: 'C\u0007D' }, { link: 'https://example.org/b', title: `E\u2066\n${'f'.repeat(5000)}`, artist: 'C\u0007D' }];
    expect(await ada.command({ op: 'play', link: 'musicspace:demo' })).toBeNull();
    expect(await ada.command({ op: 'addMany', items })).toBeNull();
    const queue = await until('both', () => (ada.state?.queue.length === 2 ? ada.state.queue : undefined));
    expect(queue[0]).toMatchObject({ title: '', artist: 'CD' });
    expect(queue[1]).toMatchObject({ title: `E ${'f'.repeat(298)}`, artist: 'CD' });
    ada.close();
  });
});

test('what an older server has written is cleaned when it is read', async () => {
  const joined = await createRoom(server.base);
  const ada = await Client.join(server.base, joined);
  const commands = [
    { op: 'play', link: 'musicspace:demo' },
    { op: 'name', name: 'NAME' },
    { op: 'addMany', items: [{ link: 'https://example.org/a', title: 'TITLE', artist: 'ARTIST' }] },
    { op: 'chat', text: 'LINE' },
  ];
  for (const command of commands) expect(await ada.command(command)).toBeNull();
  ada.close();
  await server.stopServer();
  expect(server.log).not.toContain('were not written');
  const hostile = String.raw`'E' || chr(8238) || chr(27) || repeat('x', 100000)`;
  server.sql(`UPDATE rooms SET settings = replace(settings::text, 'NAME', 'N' || chr(8238) || repeat('x', 200))::json, queue = replace(replace(queue::text, 'TITLE', 'T' || chr(8238) || repeat('x', 100000)), 'ARTIST', 'A' || chr(8238))::json WHERE code = '${joined.code}'`);
  server.sql(`UPDATE chat_lines SET line = ${hostile} WHERE line = 'LINE'`);
  await server.startServer();
  const again = await Client.join(server.base, joined);
  expect(again.state?.name).toBe(`N${'x'.repeat(59)}`);
  await until('the queue', () => again.state?.queue.length);
  expect(again.state?.queue[0]).toMatchObject({ title: `T${'x'.repeat(299)}`, artist: 'A' });
  expect(again.lines[0]?.text).toBe(`E${'x'.repeat(499)}`);
  expect(JSON.stringify(again.states)).not.toMatch(HIDDEN);
  again.close();
});

test('tries of a password count by the account that they are for, whatever its name is followed by', async () => {
  const sign = async (name: string, password = 'wrong wrong'): Promise<number> => (await call(server.base, 'POST', '/api/session', { name, password })).status;
  expect((await call(server.base, 'POST', '/api/accounts', { name: 'José', password: 'correct horse', bearer: true })).status).toBe(201);
  const tries = ['José', 'JOSE\u0301', ' josé ', 'José\u200b', 'Jo\u200csé', '\u202eJosé', 'José\ufeff', 'José', 'José', 'José'];
  // At once: what is spent comes back with time.
  expect(await Promise.all(tries.map((name) => sign(name)))).toEqual(tries.map(() => 403));
  for (const name of ['José', 'JOSÉ', 'José\u200b', 'J\u200dosé']) {
    // One try comes back in six seconds, and checking a password takes time.
    await until('the tries to be used up', async () => (await sign('José')) === 429, 60_000);
    expect(await sign(name, 'correct horse'), JSON.stringify(name)).toBe(429);
  }
  for (let i = 0; i < 30; ++i) expect(await sign(`José\u0000${String(i)}`, 'correct horse')).toBe(403);
});
