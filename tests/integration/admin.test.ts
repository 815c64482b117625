// Decisions of the people who run a server: who creates rooms and accounts; and what they do about rooms, addresses and accounts.

import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, Client, createRoom, joinRoom, type Joined } from '../fixtures/client';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

const PASSWORD = 'correct horse battery';
const GUEST = '203.0.113.5';

describe('a server that anybody may use', () => {
  let server: TestServer;
  let key: string;

  beforeAll(async () => {
    server = await TestServer.start();
    key = readFileSync(join(server.dir, 'admin.key'), 'utf8').trim();
  });
  afterAll(() => server.stop());

  const admin = (method: string, path: string, body?: object) => call(server.base, method, `/api/admin${path}`, body, key);

  test('its key and its socket are its owner’s alone', () => {
    expect(statSync(join(server.dir, 'admin.key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(server.dir, 'operator.sock')).mode & 0o777).toBe(0o600);
    expect(server.log).not.toContain(key);
  });

  test('only the key opens the calls, and it cannot be guessed for long', async () => {
    const room = await createRoom(server.base);
    for (const token of [undefined, '', `${key}x`, room.token]) expect((await call(server.base, 'GET', '/api/admin/rooms', undefined, token, GUEST)).status).toBe(401);
    const tries = await Promise.all(Array.from({ length: 20 }, (_, i) => call(server.base, 'GET', '/api/admin/rooms', undefined, `guess${String(i)}`, GUEST)));
    expect(tries.at(-1)).toMatchObject({ status: 429, body: { code: 'too-many-tries' } });
    expect((await admin('GET', '/rooms')).status).toBe(200);
  });

  test('rooms are listed and closed, over HTTP and from the command line', async () => {
    const rooms = [await createRoom(server.base), await createRoom(server.base)] as const;
    const ada = await Client.join(server.base, rooms[0]);
    expect(await ada.command({ op: 'name', name: 'Kitchen' })).toBeNull();
    const listed = (await admin('GET', '/rooms')).body as unknown as { rooms: { code: string; name: string; listeners: number; emptySeconds: number | null }[] };
    expect(listed.rooms.find(({ code }) => code === rooms[0].code)).toMatchObject({ name: 'Kitchen', listeners: 1, emptySeconds: null });
    const { code, text } = server.operator('rooms');
    expect(code).toBe(0);
    expect(text).toMatch(new RegExp(`^${rooms[0].code} +1 +idle +no +Kitchen$`, 'm'));
    expect(server.operator('close', rooms[0].code.toLowerCase())).toEqual({ code: 0, text: 'Closed.\n' });
    expect(await until('the close', () => ada.closed)).toEqual({ code: 4404, reason: 'This room was closed by the people who run this server.' });
    expect((await admin('DELETE', `/rooms/${rooms[1].code}`)).status).toBe(200);
    for (const room of rooms) expect((await call(server.base, 'GET', `/api/rooms/${room.code}`)).status).toBe(404);
    expect(server.operator('close', 'ZZZZZ')).toEqual({ code: 1, text: 'There is no room with this code.\n' });
  });

  test('a banned address is out at once, and stays out after a restart, until the ban is lifted', async () => {
    const room = await createRoom(server.base);
    const mal = (await call(server.base, 'POST', `/api/rooms/${room.code}/members`, { name: 'Mal' }, undefined, GUEST)).body as Joined;
    const inside = await Client.join(server.base, mal, GUEST);
    const ben = await Client.join(server.base, await joinRoom(server.base, room.code, 'Ben'));
    expect(server.operator('ban', GUEST)).toEqual({ code: 0, text: `${GUEST} is banned.\n` });
    expect(await until('the close', () => inside.closed?.code)).toBe(4403);
    const isOut = async () => {
      for (const [path, body] of [['/api/rooms', { name: 'Mal' }], [`/api/rooms/${room.code}/members`, { name: 'Mal' }], [`/api/rooms/${room.code}/commands`, { op: 'pause' }]] as const)
        expect(await call(server.base, 'POST', path, body, mal.token, GUEST)).toMatchObject({ status: 403, body: { code: 'address-banned' } });
      const again = new Client(server.base, GUEST);
      await again.opened();
      again.send({ type: 'hello', code: room.code, token: mal.token });
      expect(await until('the close', () => again.closed?.code)).toBe(4403);
    };
    await isOut();
    expect(ben.closed).toBeNull();
    ben.close();
    await server.stopServer();
    await server.startServer();
    await isOut();
    expect(server.operator('bans').text).toBe(`${GUEST}\n`);
    expect(server.operator('unban', GUEST).code).toBe(0);
    expect((await call(server.base, 'POST', '/api/rooms', { name: 'Mal' }, undefined, GUEST)).status).toBe(201);
    // IPv6 addresses count as their /64.
    expect((await admin('PUT', `/bans/${encodeURIComponent('2001:db8:7:7::1')}`)).body).toEqual({ address: '2001:db8:7:7::' });
    expect((await call(server.base, 'POST', '/api/rooms', { name: 'Mal' }, undefined, '2001:db8:7:7:abcd::9')).status).toBe(403);
    expect((await admin('DELETE', `/bans/${encodeURIComponent('2001:db8:7:7::')}`)).status).toBe(200);
    for (const wrong of ['nonsense', '127.0.0.1', '::1']) expect((await admin('PUT', `/bans/${encodeURIComponent(wrong)}`)).status).toBe(422);
    expect((await admin('DELETE', '/bans/203.0.113.99')).status).toBe(404);
  });

  test('an account gets a new password, which is shown once; the old one and its sessions end', async () => {
    const made = await call(server.base, 'POST', '/api/accounts', { name: 'Ada Lost', password: PASSWORD });
    expect(made.status).toBe(201);
    const { code, text } = server.operator('account', 'reset', 'ada lost');
    expect(code).toBe(0);
    const password = /^Password: (\S{14})$/m.exec(text)?.[1] ?? '';
    expect((await call(server.base, 'POST', '/api/session', { name: 'Ada Lost', password: PASSWORD })).status).toBe(403);
    expect((await call(server.base, 'POST', '/api/session', { name: 'Ada Lost', password })).status).toBe(200);
    expect(server.sql(`SELECT generation > 0 FROM accounts WHERE name = 'Ada Lost'`)).toBe('t');
    expect(server.operator('account', 'reset', 'nobody')).toEqual({ code: 1, text: 'Nobody has an account with this name.\n' });
    expect((await admin('POST', '/accounts', { name: 'Ada Lost' })).body.code).toBe('name-taken');
    expect(server.log).not.toContain(password);
  });

  test('where no server runs, the command line says so', async () => {
    await server.stopServer();
    const { code, text } = server.operator('rooms');
    expect(code).toBe(1);
    expect(text).toContain('Is it running');
    await server.startServer();
  });
});

describe('a server whose rooms are created with a key', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start('--create', 'key', '--registration', 'off');
  });
  afterAll(() => server.stop());

  test('asks for it, says so, and lets nobody guess', async () => {
    const create = (key: string | undefined, address = '') => call(server.base, 'POST', '/api/rooms', { name: 'Ada', ...(key === undefined ? {} : { key }) }, undefined, address);
    expect((await call(server.base, 'GET', '/api/about')).body).toMatchObject({ create: 'key', registration: false });
    expect(await create(undefined)).toMatchObject({ status: 403, body: { code: 'key-needed' } });
    expect(await create('wrong key')).toMatchObject({ status: 403, body: { code: 'wrong-key' } });
    const key = readFileSync(join(server.dir, 'create.key'), 'utf8').trim();
    expect((await create(key)).status).toBe(201);
    const guesses = await Promise.all(Array.from({ length: 20 }, (_, i) => create(`guess ${String(i)}`, GUEST)));
    expect(guesses.at(-1)).toMatchObject({ status: 429, body: { code: 'too-many-tries' } });
    // Those who have a room's code come in without it.
    const room = (await create(key)).body as Joined;
    expect((await call(server.base, 'POST', `/api/rooms/${room.code}/members`, { name: 'Ben' })).status).toBe(201);
  });

  test('people make no accounts themselves; the people who run it do', async () => {
    expect(await call(server.base, 'POST', '/api/accounts', { name: 'Ada', password: PASSWORD })).toMatchObject({ status: 403, body: { code: 'registration-off' } });
    const password = /^Password: (\S+)$/m.exec(server.operator('account', 'create', 'Ada').text)?.[1] ?? '';
    expect((await call(server.base, 'POST', '/api/session', { name: 'Ada', password, bearer: true })).status).toBe(200);
  });
});

test('a key of one’s own, and rooms for people with an account', async () => {
  const server = await TestServer.start('--create', 'accounts');
  const account = await call(server.base, 'POST', '/api/accounts', { name: 'Ada', password: PASSWORD, bearer: true });
  expect(await call(server.base, 'POST', '/api/rooms', { name: 'Ada' })).toMatchObject({ status: 403, body: { code: 'account-needed' } });
  expect((await call(server.base, 'POST', '/api/rooms', { name: 'Ada' }, account.body.token)).status).toBe(201);
  await server.stop();

  const file = join('/tmp', `musicspace-key-${String(process.pid)}`);
  writeFileSync(file, 'friends of the house\n');
  chmodSync(file, 0o600);
  const other = await TestServer.start('--create', 'key', '--create-key-file', file);
  expect((await call(other.base, 'POST', '/api/rooms', { name: 'Ada', key: 'friends of the house' })).status).toBe(201);
  await other.stop();
});
