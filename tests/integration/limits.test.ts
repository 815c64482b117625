// What a host may limit: every limit answers with a clear error, and what plays goes on.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, Client, createRoom, joinRoom } from '../fixtures/client';
import { MediaServer } from '../fixtures/media_server';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

let server: TestServer;
let media: MediaServer;

beforeAll(async () => {
  media = await MediaServer.start();
  media.addLong('long.mp3', 120);
  server = await TestServer.start('--max-duration', '1', '--max-resolves', '1', '--max-pipelines', '2', '--links-per-minute', '4');
});
afterAll(async () => {
  await server.stop();
  media.stop();
});

const inNewRoom = async (): Promise<Client> => Client.join(server.base, await createRoom(server.base));

test('a track that is too long is refused, with both lengths', async () => {
  const ada = await inNewRoom();
  const problem = await ada.command({ op: 'play', link: `${media.base}/ranges/long.mp3` });
  expect(problem).toMatchObject({ code: 'too-long' });
  expect(problem?.detail).toContain('0:02:00');
  expect(problem?.detail).toContain('0:01:00');
  ada.close();
});

test('more links at once than the server opens: try again in a moment', async () => {
  const [ada, ben] = [await inNewRoom(), await inNewRoom()];
  const hanging = ada.command({ op: 'play', link: `${media.base}/hang/a.mp3` });
  await until('the link to be opened', () => ada.state?.pending);
  expect(await ben.command({ op: 'play', link: `${media.base}/ranges/noise.mp3` })).toMatchObject({ code: 'too-busy' });
  await ada.command({ op: 'stop' });
  expect(await hanging).toMatchObject({ code: 'superseded' });
  ada.close();
  ben.close();
});

test('more rooms than the server plays in: the next one is told, the others play on', async () => {
  const rooms = [await inNewRoom(), await inNewRoom(), await inNewRoom()] as const;
  for (const room of rooms.slice(0, 2)) expect(await room.command({ op: 'play', link: 'musicspace:demo' })).toBeNull();
  expect(await rooms[2].command({ op: 'play', link: 'musicspace:demo' })).toMatchObject({ code: 'too-busy' });
  await rooms[0].command({ op: 'seek', positionMs: 20_000 });
  await rooms[0].status('playing');
  await rooms[1].command({ op: 'stop' });
  await rooms[1].status('idle');
  expect(await rooms[2].command({ op: 'play', link: 'musicspace:demo' })).toBeNull();
  for (const room of rooms) {
    await room.command({ op: 'stop' });
    room.close();
  }
});

test('a member who pastes link after link is asked to wait; another may', async () => {
  const ada = await inNewRoom();
  // At once: what is spent comes back with time.
  const pasted = await Promise.all(Array.from({ length: 5 }, () => ada.command({ op: 'play', link: 'https://nowhere.invalid/' })));
  expect(pasted.map((problem) => problem?.code)).toEqual(['superseded', 'superseded', 'superseded', 'no-network', 'too-many-links']);
  const ben = await inNewRoom();
  expect(await ben.command({ op: 'play', link: 'musicspace:demo' })).toBeNull();
  ada.close();
  ben.close();
});

test('an address opens four times as many links as a member, whoever pastes them', async () => {
  const room = await createRoom(server.base);
  const members = await Promise.all(Array.from({ length: 6 }, (_, i) => joinRoom(server.base, room.code, `Ben ${String(i)}`)));
  const paste = (token: string, from: string) => call(server.base, 'POST', `/api/rooms/${room.code}/commands`, { op: 'play', link: 'https://nowhere.invalid/' }, token, from);
  const pasted = await Promise.all(members.flatMap(({ token }) => Array.from({ length: 4 }, () => paste(token, '203.0.113.90'))));
  const refused = pasted.filter(({ body }) => body.code === 'too-many-links');
  expect(refused.length).toBeGreaterThan(5);
  expect(refused.length).toBeLessThanOrEqual(8);
  expect(refused[0]?.status).toBe(429);
  expect((await paste(room.token, '203.0.113.91')).body.code).not.toBe('too-many-links');
});

test('an address that is none, and a variable that no other program may get, end the server with a sentence', () => {
  const binary = process.env.MUSICSPACE_SERVER ?? join(fileURLToPath(new URL('../..', import.meta.url)), 'build/release/relay/musicspace');
  const start = (...flags: string[]): string => {
    const ended = spawnSync(binary, ['--database', 'host=/nowhere', '--data-dir', join(server.dir, 'none'), ...flags], { encoding: 'utf8' });
    expect(ended.status).not.toBe(0);
    return ended.stdout + ended.stderr;
  };
  expect(start('--address', 'localhost')).toContain('--address localhost is no IP address.');
  expect(start('--yt-dlp-environment', 'MUSICSPACE_DATABASE')).toContain('is given to no other program');
  expect(start('--yt-dlp-environment', 'A=B')).toContain('is no name of a variable');
});
