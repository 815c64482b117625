// How long rooms live: what was used waits for those who come back, what is kept stays, and a host can close a room at once.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, Client, createRoom, joinRoom, type Joined } from '../fixtures/client';
import { MediaServer } from '../fixtures/media_server';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

let server: TestServer;
let media: MediaServer;
const GRACE_S = 8;

beforeAll(async () => {
  media = await MediaServer.start();
  media.addLong('long.mp3', 120);
  server = await TestServer.start('--unused-room-grace', '1', '--empty-room-grace', String(GRACE_S), '--suspend-after', '1', '--kept-rooms-per-account', '1', '--empty-rooms-per-address', '3');
});
afterAll(async () => {
  await server.stop();
  media.stop();
});

const exists = async (code: string) => (await call(server.base, 'GET', `/api/rooms/${code}`)).status === 200;
const rows = (code: string) => Number(server.sql(`SELECT count(*) FROM rooms WHERE code = '${code}'`));
const metric = async (name: string) => Number(new RegExp(`^musicspace_${name} (\\d+)$`, 'm').exec(await (await fetch(`${server.base}/metrics`)).text())?.[1]);
const command = (room: Joined, body: object) => call(server.base, 'POST', `/api/rooms/${room.code}/commands`, body, room.token);
const gone = (code: string) => until('the room is gone', async () => !(await exists(code)), 20_000);

async function signedIn(name: string): Promise<string> {
  const answer = await call(server.base, 'POST', '/api/accounts', { name, password: 'correct horse battery', bearer: true });
  return answer.body.token ?? '';
}
const createAs = async (account: string): Promise<Joined> => (await call(server.base, 'POST', '/api/rooms', { name: 'Ada' }, account)).body as Joined;

test('a room in which nothing happened goes soon, one that was used waits, and its music goes on where it was', async () => {
  const unused = await createRoom(server.base);
  const room = await createRoom(server.base);
  const ada = await Client.join(server.base, room);
  expect(await ada.command({ op: 'play', link: `${media.base}/ranges/long.mp3` })).toBeNull();
  expect(await ada.command({ op: 'seek', positionMs: 30_000 })).toBeNull();
  await ada.status('playing');
  expect(await ada.command({ op: 'chat', text: 'Back tomorrow' })).toBeNull();
  const left = (await call(server.base, 'GET', `/api/rooms/${room.code}`)).body.positionMs ?? 0;
  const leftAt = performance.now();
  ada.close();
  await until('the pipeline to stop', async () => (await metric('pipelines')) === 0);
  const playedOn = performance.now() - leftAt;
  expect(await exists(room.code)).toBe(true);
  await gone(unused.code);
  expect(await exists(room.code)).toBe(true);
  const back = await Client.join(server.base, room);
  const state = await back.status('playing');
  expect(state.track?.title).toBe('long');
  const { positionMs = 0 } = (await call(server.base, 'GET', `/api/rooms/${room.code}`)).body;
  expect(positionMs).toBeGreaterThan(left);
  expect(positionMs).toBeLessThan(left + playedOn + 5_000);
  expect(back.lines[0]?.text).toBe('Back tomorrow');
  // Paused music waits paused.
  expect(await back.command({ op: 'pause' })).toBeNull();
  back.close();
  await until('the music waits', () => server.log.match(new RegExp(`room ${room.code}: nobody listens`, 'g'))?.length === 2);
  const again = await Client.join(server.base, room);
  expect((await again.status('paused')).track?.title).toBe('long');
  again.close();
  await gone(room.code);
  await until('its rows are gone', () => rows(room.code) === 0);
});

test('a program that only uses HTTP keeps its room by what it does', async () => {
  const room = await createRoom(server.base);
  const until_s = performance.now() + 3_000;
  let turn = 0;
  await until('three seconds of use', async () => {
    expect((await command(room, { op: 'volume', volume: (turn += 1) % 2 })).status).toBe(200);
    return performance.now() > until_s;
  });
  expect((await command(room, { op: 'play', link: 'musicspace:demo' })).status).toBe(200);
  await until('the music waits', () => server.log.includes(`room ${room.code}: nobody listens`));
  expect((await call(server.base, 'GET', `/api/rooms/${room.code}`)).body.status).toBe('idle');
  // And wakes it from there.
  expect((await command(room, { op: 'resume' })).status).toBe(200);
  await until('it plays', async () => (await call(server.base, 'GET', `/api/rooms/${room.code}`)).body.status === 'playing');
});

test('what a crash left behind is removed when its time is over, used or not', async () => {
  const unused = await createRoom(server.base);
  const used = await createRoom(server.base);
  expect((await command(used, { op: 'chat', text: 'Hello' })).status).toBe(200);
  await until('it is stored', () => server.sql(`SELECT used FROM rooms WHERE code = '${used.code}'`) === 't');
  await server.stopServer('SIGKILL');
  server.sql(`UPDATE rooms SET emptied_at = emptied_at - interval '2 s' WHERE code = '${unused.code}'`);
  await server.startServer();
  expect(await exists(unused.code)).toBe(false);
  expect(rows(unused.code)).toBe(0);
  expect(await exists(used.code)).toBe(true);
  await server.stopServer('SIGKILL');
  server.sql(`UPDATE rooms SET emptied_at = now() - interval '${String(GRACE_S)} s' WHERE code = '${used.code}'`);
  await server.startServer();
  expect(await exists(used.code)).toBe(false);
});

test('a host with an account keeps a room, one at a time here, until somebody closes it', async () => {
  const account = await signedIn('Ada Keeper');
  const room = await createAs(account);
  const guests = await createRoom(server.base);
  expect((await command(guests, { op: 'keep', on: true })).body.code).toBe('account-needed');
  expect((await command(room, { op: 'keep', on: true })).body).toMatchObject({ kept: true });
  const other = await createAs(account);
  expect((await command(other, { op: 'keep', on: true })).body.code).toBe('too-many-kept');
  await gone(other.code);
  await until('it is stored', () => server.sql(`SELECT count(*) FROM rooms WHERE kept_by IS NOT NULL`) === '1');
  await server.stopServer('SIGKILL');
  server.sql(`UPDATE rooms SET emptied_at = now() - interval '30 days' WHERE code = '${room.code}'`);
  await server.startServer();
  expect((await call(server.base, 'GET', `/api/rooms/${room.code}`)).body).toMatchObject({ kept: true });
  expect((await command(room, { op: 'keep', on: false })).body).toMatchObject({ kept: false });
  await gone(room.code);
});

test('all accounts together keep so many rooms', async () => {
  const small = await TestServer.start('--kept-rooms-per-account', '5', '--empty-rooms', '2');
  const keep = async (name: string, rooms: number): Promise<(string | undefined)[]> => {
    const { token = '' } = (await call(small.base, 'POST', '/api/accounts', { name, password: 'correct horse battery', bearer: true })).body;
    const codes = [];
    for (let i = 0; i < rooms; i += 1) {
      const room = (await call(small.base, 'POST', '/api/rooms', { name: 'Ada' }, token)).body as Joined;
      const answer = await call(small.base, 'POST', `/api/rooms/${room.code}/commands`, { op: 'keep', on: true }, room.token);
      codes.push(answer.status === 200 ? 'kept' : answer.body.code);
    }
    return codes;
  };
  expect(await keep('Ada Many', 2)).toEqual(['kept', 'kept']);
  expect(await keep('Ben Late', 1)).toEqual(['too-many-kept']);
  await small.stop();
});

test('a host closes a room: everybody is told, and it is gone at once', async () => {
  const room = await createRoom(server.base);
  const guest = await joinRoom(server.base, room.code, 'Ben');
  const [ada, ben] = [await Client.join(server.base, room), await Client.join(server.base, guest)];
  expect(await ben.command({ op: 'close' })).toMatchObject({ code: 'not-allowed' });
  expect(await ada.command({ op: 'close' })).toBeNull();
  expect(await exists(room.code)).toBe(false);
  await until('both are told', () => ada.closed && ben.closed);
  expect(ben.closed).toEqual({ code: 4404, reason: 'The host has closed this room.' });
  await until('its row is gone', () => rows(room.code) === 0);
  // Over HTTP the same.
  const other = await createRoom(server.base);
  expect((await command(other, { op: 'close' })).status).toBe(200);
  expect(await exists(other.code)).toBe(false);
});

test('rooms that nobody is in do not pile up: of one address the oldest go, those that were never used first', async () => {
  const from = '203.0.113.90';
  const make = async () => (await call(server.base, 'POST', '/api/rooms', { name: 'Mal' }, undefined, from)).body as Joined;
  const friends = await createRoom(server.base);
  expect((await command(friends, { op: 'chat', text: 'Hello' })).status).toBe(200);
  const first = await make();
  expect((await command(first, { op: 'chat', text: 'Hello' })).status).toBe(200);
  const unused = await make();
  const more: Joined[] = [];
  for (let i = 0; i < 2; i += 1) {
    const next = await make();
    expect((await command(next, { op: 'chat', text: 'Hello' })).status).toBe(200);
    more.push(next);
  }
  await until('one is gone', async () => !(await exists(unused.code)));
  expect(await exists(first.code)).toBe(true);
  const last = await make();
  expect((await command(last, { op: 'chat', text: 'Hello' })).status).toBe(200);
  await until('the oldest is gone', async () => !(await exists(first.code)));
  for (const { code } of [...more, last, friends]) expect(await exists(code)).toBe(true);
  expect(await metric('rooms_evicted_total')).toBeGreaterThan(0);
});
