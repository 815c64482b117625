// One address cannot take what all are to share: the others are served as before, and it is told how long to wait.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, Client, createRoom, from, joinRoom, type Joined } from '../fixtures/client';
import { MediaServer } from '../fixtures/media_server';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

let server: TestServer;
let media: MediaServer;
const MALLORY = '203.0.113.66';
/** An address that has tried no codes. */
const READER = '203.0.113.77';
const FRIEND = '198.51.100.7';

beforeAll(async () => {
  media = await MediaServer.start();
  server = await TestServer.start('--max-resolves', '8', '--links-per-minute', '200');
});
afterAll(async () => {
  await server.stop();
  media.stop();
});

const newRoom = async (address: string): Promise<Joined> => (await post('/api/rooms', { name: 'Ada' }, address)).body as Joined;
const post = async (path: string, body: object, address: string, token?: string) => call(server.base, 'POST', path, body, token, address);

test('who tries many room codes learns of none any more, known or not, until a while has passed; members and others do not notice', async () => {
  const room = await createRoom(server.base);
  const inside = (await post(`/api/rooms/${room.code}/members`, { name: 'Mal' }, MALLORY)).body as Joined;
  const tried = await Promise.all(Array.from({ length: 60 }, (_, i) => call(server.base, 'GET', `/api/rooms/ZZ${String(22 + i).replace(/[01]/g, 'A')}Z`, undefined, undefined, MALLORY)));
  const refused = tried.filter(({ status }) => status === 429);
  expect(tried.filter(({ status }) => status === 404)).toHaveLength(30);
  expect(refused).toHaveLength(30);
  expect(refused[0]?.body.code).toBe('too-many-codes');
  expect(refused[0]?.retryAfter).toBeGreaterThan(0);
  expect((await call(server.base, 'GET', `/api/rooms/${room.code}`, undefined, undefined, MALLORY)).status).toBe(429);
  expect((await call(server.base, 'GET', `/api/rooms/${room.code}`, undefined, inside.token, MALLORY)).status).toBe(200);
  const guessing = new Client(server.base, MALLORY);
  await guessing.opened();
  guessing.send({ type: 'hello', code: room.code, token: 'nothing' });
  expect(await until('the close', () => guessing.closed?.code)).toBe(4429);
  (await Client.join(server.base, inside, MALLORY)).close();
  // The same home in IPv6: a /64 is one address.
  const home = (host: string) => call(server.base, 'GET', '/api/rooms/ZZZZZ', undefined, undefined, `2001:db8:1:2::${host}`);
  for (let i = 0; i < 30; i += 1) expect((await home(i.toString(16))).status).toBe(404);
  expect((await home('ffff')).status).toBe(429);
  expect((await call(server.base, 'GET', `/api/rooms/${room.code}`, undefined, undefined, FRIEND)).status).toBe(200);
  expect((await call(server.base, 'GET', '/api/rooms/ZZZZZ')).status).toBe(404);
});

test('memberships are not made without end', async () => {
  const room = await createRoom(server.base);
  const answers = [];
  for (let i = 0; i < 25; i += 1) answers.push(...(await Promise.all(Array.from({ length: 10 }, () => post(`/api/rooms/${room.code}/members`, { name: 'Mal' }, '203.0.113.67')))));
  const made = answers.filter(({ status }) => status === 201).length;
  expect(made).toBeGreaterThanOrEqual(200);
  expect(made).toBeLessThan(215);
  expect(answers.at(-1)).toMatchObject({ status: 429, body: { code: 'too-many-members' } });
  expect(answers.at(-1)?.retryAfter).toBeGreaterThan(0);
  expect((await post(`/api/rooms/${room.code}/members`, { name: 'Ben' }, FRIEND)).status).toBe(201);
});

test('passwords that one address has checked do not keep others waiting', async () => {
  const account = { name: 'Ada Fair', password: 'correct horse battery' };
  expect((await post('/api/accounts', account, FRIEND)).status).toBe(201);
  let isIn = false;
  const answers: { status: number }[] = [];
  const flood = Array.from({ length: 40 }, async (_, i) => {
    do answers.push(await post('/api/session', { name: `nobody ${String(i)}`, password: 'wrong guess' }, MALLORY));
    while (!isIn);
  });
  expect((await post('/api/session', { ...account, bearer: true }, FRIEND)).status).toBe(200);
  isIn = true;
  await Promise.all(flood);
  expect(answers.filter(({ status }) => status === 503).length).toBeGreaterThan(20);
  // Whatever the names: a minute has so many tries.
  const more = await Promise.all(Array.from({ length: 40 }, (_, i) => post('/api/session', { name: `other ${String(i)}`, password: 'wrong guess' }, MALLORY)));
  expect(more.at(-1)).toMatchObject({ status: 429, body: { code: 'too-many-tries' } });
});

test('the state of a room with a long queue is not written out as often as somebody likes', async () => {
  const room = await createRoom(server.base);
  const host = await Client.join(server.base, room);
  for (let i = 0; i < 20; i += 1) {
    const items = Array.from({ length: 25 }, (_, j) => ({ link: `${media.base}/${'x'.repeat(1_900)}/${String(i)}-${String(j)}.mp3`, title: 't'.repeat(250), durationMs: 60_000 }));
    expect((await call(server.base, 'POST', `/api/rooms/${room.code}/commands`, { op: 'addMany', items }, room.token)).status).toBe(200);
  }
  const statuses = await Promise.all(Array.from({ length: 60 }, async () => {
    const response = await fetch(`${server.base}/api/rooms/${room.code}`, { headers: from(READER) });
    await response.arrayBuffer();
    return response.status;
  }));
  expect(statuses.filter((status) => status === 200).length).toBeLessThan(40);
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(5);
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(5);
  expect((await call(server.base, 'GET', `/api/rooms/${room.code}`, undefined, undefined, '198.51.100.8')).status).toBe(200);
  // Nor is it written anew for every command.
  const guest = await Client.join(server.base, (await post(`/api/rooms/${room.code}/members`, { name: 'Fay' }, FRIEND)).body as Joined, FRIEND);
  const answers = await Promise.all(Array.from({ length: 20 }, () => guest.command({ op: 'shuffle' })));
  expect(answers.filter((problem) => problem === null).length).toBeGreaterThan(0);
  expect(answers.filter((problem) => problem === null).length).toBeLessThan(4);
  expect(answers.find((problem) => problem)).toMatchObject({ code: 'too-fast' });
  expect(await host.command({ op: 'pause' })).toMatchObject({ code: 'nothing-playing' });
  host.close();
  guest.close();
});

test('so many bytes of commands are read from one address, over HTTP and the WebSocket together', async () => {
  const address = '203.0.113.80';
  const room = await newRoom(address);
  const large = { op: 'chat', text: 'x'.repeat(240_000) };
  const command = () => post(`/api/rooms/${room.code}/commands`, large, address, room.token);
  const socket = await Client.join(server.base, room, address);
  const answers = await Promise.all(Array.from({ length: 20 }, command));
  for (let i = 0; i < 3; i += 1) socket.send({ type: 'command', id: i, ...large });
  expect(answers.filter(({ body }) => body.code === 'bad-text').length).toBeGreaterThanOrEqual(8);
  expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(2);
  expect(answers.find(({ status }) => status === 429)).toMatchObject({ body: { code: 'too-fast' } });
  await until('all answers', () => socket.errors.length === 3);
  expect(socket.errors.some(({ problem }) => problem.code === 'too-fast')).toBe(true);
  // Others are not concerned.
  expect((await post(`/api/rooms/${room.code}/commands`, large, FRIEND, room.token)).body.code).toBe('bad-text');
  socket.close();
});

test('passwords of rooms are tried thirty times from one address, however many rooms it tries', async () => {
  const rooms = await Promise.all(Array.from({ length: 5 }, async () => (await call(server.base, 'POST', '/api/rooms', { name: 'Ada', password: 'sesame' })).body as Joined));
  const tried = await Promise.all(rooms.flatMap(({ code }) => Array.from({ length: 10 }, () => post(`/api/rooms/${code}/members`, { name: 'Mal', password: 'guess' }, '203.0.113.81'))));
  const refused = tried.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(10);
  expect(refused.length).toBeLessThanOrEqual(20);
  expect(refused[0]).toMatchObject({ body: { code: 'too-many-tries' } });
  expect((await post(`/api/rooms/${rooms[0]?.code ?? ''}/members`, { name: 'Ben', password: 'sesame' }, FRIEND)).status).toBe(201);
});

test('ten accounts an hour are made from one address', async () => {
  const make = (address: string) => post('/api/accounts', { name: 'Ada Often', password: 'correct horse battery' }, address);
  expect((await make('203.0.113.82')).status).toBe(201);
  // Names that are taken count too, and are known before a password is hashed.
  for (let i = 0; i < 9; i += 1) expect((await make('203.0.113.82')).body.code).toBe('name-taken');
  const refused = await make('203.0.113.82');
  expect(refused).toMatchObject({ status: 429, body: { code: 'too-many-accounts' } });
  expect(refused.retryAfter).toBeGreaterThan(0);
  expect((await make('203.0.113.83')).body.code).toBe('name-taken');
});

test('eight links of one address that never open leave the others theirs', async () => {
  const rooms = await Promise.all(Array.from({ length: 8 }, () => newRoom('203.0.113.68')));
  const hanging = rooms.map(({ code, token }) => post(`/api/rooms/${code}/commands`, { op: 'play', link: `${media.base}/hang/a.mp3` }, '203.0.113.68', token));
  await until('some to be opened', async () => (await call(server.base, 'GET', `/api/rooms/${rooms[0]?.code ?? ''}`)).body.pending);
  for (const address of [FRIEND, '198.51.100.9']) {
    const friend = await Client.join(server.base, await newRoom(address), address);
    const begun = performance.now();
    expect(await friend.command({ op: 'play', link: `${media.base}/ranges/noise.mp3` })).toBeNull();
    expect(performance.now() - begun).toBeLessThan(20_000);
    await friend.command({ op: 'stop' });
    friend.close();
  }
  await Promise.all(rooms.map(({ code, token }) => post(`/api/rooms/${code}/commands`, { op: 'stop' }, '203.0.113.68', token)));
  await Promise.all(hanging);
  const ben = await Client.join(server.base, await joinRoom(server.base, rooms[0]?.code ?? '', 'Ben'));
  expect(await ben.command({ op: 'play', link: 'musicspace:demo' })).toBeNull();
  ben.close();
});
