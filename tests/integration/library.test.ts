// The server's own files: browsed, searched and played by name, and never a way out of their folder.

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, Client, createRoom, type Joined } from '../fixtures/client';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

const DEMO = fileURLToPath(new URL('../../transcoder/demo/demo.opus', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'musicspace-library-'));
const root = join(dir, 'music');
let server: TestServer;
let joined: Joined;
let ada: Client;

interface Listing { folders: string[]; files: { path: string; link: string }[]; more: boolean }

beforeAll(async () => {
  mkdirSync(join(root, 'Älbum & Co'), { recursive: true });
  mkdirSync(join(root, '.hidden'));
  for (const path of ['Älbum & Co/01 Söng #1?.opus', 'other.opus', '.hidden/secret.opus', '../outside.opus', 'playing%20cards.opus']) copyFileSync(DEMO, join(root, path));
  writeFileSync(join(root, 'notes.txt'), 'no sound');
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'sine=duration=3', '-metadata', 'title=A tagged title', '-metadata', 'artist=Someone', join(root, 'tagged.mp3')]);
  writeFileSync(join(dir, 'chapters.txt'), ';FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=3000\ntitle=Two\n');
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'sine=duration=3', '-i', join(dir, 'chapters.txt'), '-map_metadata', '1', join(root, 'chapters.mka')]);
  execFileSync('mkfifo', [join(root, 'pipe.mp3')]);
  symlinkSync(join(dir, 'outside.opus'), join(root, 'way out.opus'));
  symlinkSync('/etc', join(root, 'etc'));
  symlinkSync('other.opus', join(root, 'inside.opus'));
  symlinkSync('.', join(root, 'round'));
  server = await TestServer.start('--library', root);
  joined = await createRoom(server.base);
  ada = await Client.join(server.base, joined);
});
afterAll(async () => {
  ada.close();
  await server.stop();
  rmSync(dir, { recursive: true });
});

const browse = async (query: string) => call(server.base, 'GET', `/api/rooms/${joined.code}/library?${query}`, undefined, joined.token);
const listing = async (query: string): Promise<Listing> => {
  const answer = await browse(query);
  expect(answer.status).toBe(200);
  return answer.body as unknown as Listing;
};

test('what is there is listed, and nothing else', async () => {
  const top = await listing('folder=');
  expect(top.folders).toEqual(['etc', 'round', 'Älbum & Co'].filter((name) => name !== 'etc'));
  expect(top.files.map((file) => file.path)).toEqual(['chapters.mka', 'inside.opus', 'other.opus', 'playing%20cards.opus', 'tagged.mp3']);
  const album = await listing(`folder=${encodeURIComponent('Älbum & Co')}`);
  expect(album.files.map((file) => file.path)).toEqual(['Älbum & Co/01 Söng #1?.opus']);
});

test('search finds words anywhere in the path, and what has come since', async () => {
  expect((await listing('q=01+co')).files.map((file) => file.path)).toEqual(['Älbum & Co/01 Söng #1?.opus']);
  expect((await listing('q=secret')).files).toEqual([]);
  expect((await listing('q=outside')).files).toEqual([]);
  copyFileSync(DEMO, join(root, 'newcomer.opus'));
  await until('the newcomer', async () => (await listing('q=NEWCOMER')).files.length === 1);
  rmSync(join(root, 'newcomer.opus'));
  await until('its absence', async () => (await listing('q=newcomer')).files.length === 0);
});

test('every listed file plays, whatever its name', async () => {
  for (const { path, link } of [...(await listing('q=opus')).files, ...(await listing('q=tagged')).files]) {
    expect(await ada.command({ op: 'play', link }), path).toBeNull();
    const state = await until('it', () => ada.state?.track?.link === link && ada.state);
    if (path === 'tagged.mp3') expect(state.track).toMatchObject({ title: 'A tagged title', artist: 'Someone' });
  }
  await ada.command({ op: 'play', link: 'library:chapters.mka' });
  const { track } = await until('it', () => ada.state?.track?.title === 'chapters' && ada.state);
  expect(track?.chapters).toEqual([{ startMs: 0, title: 'One' }, { startMs: 1000, title: 'Two' }]);
  expect(await ada.command({ op: 'play', link: 'library:Älbum & Co/01 Söng #1?.opus' })).toBeNull();
  await ada.command({ op: 'stop' });
});

test('a path that is too long to be shown is cut, and its file plays all the same', async () => {
  const deep = ['Älbum & Co', ...Array.from({ length: 5 }, (_, i) => String(i).repeat(220))].join('/');
  mkdirSync(join(root, deep), { recursive: true });
  copyFileSync(DEMO, join(root, deep, 'deep.opus'));
  const [file] = (await listing(`folder=${encodeURIComponent(deep)}`)).files;
  expect(file?.path).toBe(`${deep}/deep.opus`.slice(0, 1_000));
  expect(await ada.command({ op: 'play', link: file?.link })).toBeNull();
  await ada.status('playing');
  expect(await ada.command({ op: 'stop' })).toBeNull();
});

test.each([
  'library:../outside.opus', 'library:%2e%2e/outside.opus', 'library:/etc/passwd', 'library:%2Fetc%2Fpasswd', 'library:etc/passwd', 'library:way out.opus', 'library:way%20out.opus',
  'library:round/../../outside.opus', 'library:.hidden/secret.opus', 'library:notes.txt', 'library:pipe.mp3', 'library:Älbum & Co', 'library:nothing.mp3', 'library:./other.opus', 'library:%252e%252e/outside.opus',
  `library:${'a/'.repeat(900)}b.mp3`,
])('%.60s is not reached', async (link) => {
  expect(await ada.command({ op: 'play', link })).toMatchObject({ code: 'not-found' });
});

test.each(['library:', 'library:%00', 'library:a%0Ab.mp3', `library:${'a'.repeat(3000)}`])('%.40s is no link', async (link) => {
  expect(await ada.command({ op: 'play', link })).toMatchObject({ code: 'bad-link' });
});

test.each(['..', '../', '/', '/etc', 'etc', '.hidden', 'nowhere', 'other.opus', '%00', 'a%0Ab'])('the folder %s is not listed', async (folder) => {
  const answer = await browse(`folder=${folder.includes('%') ? folder : encodeURIComponent(folder)}`);
  expect(answer).toMatchObject({ status: 422, body: { code: 'not-found' } });
});

test('only members look, and only where there is a library', async () => {
  expect((await call(server.base, 'GET', `/api/rooms/${joined.code}/library`)).status).toBe(401);
  const bare = await TestServer.start();
  const guest = await createRoom(bare.base);
  const answer = await call(bare.base, 'GET', `/api/rooms/${guest.code}/library`, undefined, guest.token);
  expect(answer.body).toMatchObject({ code: 'not-found', detail: 'This server has no library of its own.' });
  await bare.stop();
});
