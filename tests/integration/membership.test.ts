// Who is who, and who was sent away: tokens that end, members who only send requests, rooms that come back damaged.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, Client, createRoom, joinRoom, type Joined } from '../fixtures/client';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

type Body = Record<string, unknown>;
const ask = async (method: string, path: string, token?: string, body?: object, headers: Record<string, string> = {}) => {
  const response = await fetch(server.base + path, {
    method, headers: { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...headers }, ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: (await response.json()) as Body };
};
const command = (joined: Joined, body: object) => call(server.base, 'POST', `/api/rooms/${joined.code}/commands`, body, joined.token);
const PASSWORD = 'correct horse';
let accounts = 0;
/** A new account's name, and a program's token of it. */
async function program(): Promise<{ name: string; token: string; signIn: () => Promise<string> }> {
  const name = `Program ${String((accounts += 1))}`;
  const token = String((await ask('POST', '/api/accounts', undefined, { name, password: PASSWORD, bearer: true })).body.token);
  return { name, token, signIn: async () => String((await ask('POST', '/api/session', undefined, { name, password: PASSWORD, bearer: true })).body.token) };
}
const open = async (token: string, more: object = {}): Promise<Joined> => (await ask('POST', '/api/rooms', token, { name: 'Ada', ...more })).body as unknown as Joined;

/** What each way into a room says to a token. */
async function ways(joined: Joined): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const path of ['', '/history', '/search?q=x', '/library', '/members']) answers[path] = (await ask('GET', `/api/rooms/${joined.code}${path}`, joined.token)).body.code;
  answers.command = (await command(joined, { op: 'chat', text: 'Still here' })).body.code;
  const client = new Client(server.base);
  await client.opened();
  client.send({ type: 'hello', code: joined.code, token: joined.token });
  await until('an end', () => client.closed);
  answers.socket = client.closed?.code;
  return answers;
}
const all = (code: string, socket: number): Record<string, unknown> => ({ '': code, '/history': code, '/search?q=x': code, '/library': code, '/members': code, command: code, socket });

test.each(['kick', 'ban'])('who only sends requests is found and removed (%s), also after a restart, and reads nothing more', async (op) => {
  const room = await createRoom(server.base, 'Hana');
  const host = await Client.join(server.base, room);
  const [first, second] = [await joinRoom(server.base, room.code, 'Bot'), await joinRoom(server.base, room.code, 'Bot')];
  expect(await host.command({ op: 'password', password: 'sesame' })).toBeNull();
  const { members } = (await ask('GET', `/api/rooms/${room.code}/members`, room.token)).body as { members: { id: string; name: string; listening: boolean }[] };
  expect(members.filter((each) => !each.listening).map((each) => each.id).sort()).toEqual([first.member.id, second.member.id].sort());
  expect((await ask('GET', `/api/rooms/${room.code}/members`, first.token)).body.code).toBe('not-allowed');
  expect(await host.command({ op, member: first.member.id })).toBeNull();
  const code = op === 'kick' ? 'removed' : 'banned';
  expect(await ways(first)).toEqual(all(code, 4403));
  if (op === 'ban') await until('the name', () => host.state?.banned[0]?.name === 'Bot');
  host.close();
  await until('what is stored', () => server.sql(`SELECT count(*) FROM room_events WHERE op = '${op}' AND result = 'ok' AND arguments ->> 'member' = '${first.member.id}'`) === '1');
  await server.stopServer('SIGKILL');
  await server.startServer();
  expect(await ways(first)).toEqual(all(code, 4403));
  expect((await command(second, { op: 'chat', text: 'Hello' })).status).toBe(200);
  expect((await command(room, { op, member: first.member.id })).status).toBe(200); // once more changes nothing
  expect((await command(room, { op, member: second.member.id })).status).toBe(200);
  expect(await ways(second)).toEqual(all(code, 4403));
  expect((await command(room, { op, member: '999999' })).body.code).toBe('not-here');
});

test('somebody whom the server has not heard from since it was started is known by Postgres', async () => {
  const room = await createRoom(server.base, 'Hana');
  const bot = await joinRoom(server.base, room.code, 'Bot');
  await server.stopServer('SIGKILL');
  await server.startServer();
  expect((await command(room, { op: 'role', member: bot.member.id, role: 'dj' })).status).toBe(200);
  expect((await command(room, { op: 'kick', member: bot.member.id })).status).toBe(200);
  expect((await command(bot, { op: 'pause' })).body.code).toBe('removed');
  const elsewhere = await createRoom(server.base, 'Other');
  expect((await command(room, { op: 'kick', member: elsewhere.member.id })).body.code).toBe('not-here');
});

test('a banned address reads nothing of an open room, and all who listen from it are out; the host is not', async () => {
  const from = (address: string) => ({ 'X-Forwarded-For': address });
  const room = (await ask('POST', '/api/rooms', undefined, { name: 'Hana' }, from('198.51.100.1'))).body as unknown as Joined;
  const guest = (await ask('POST', `/api/rooms/${room.code}/members`, undefined, { name: 'Gus' }, from('203.0.113.9'))).body as unknown as Joined;
  expect((await ask('POST', `/api/rooms/${room.code}/commands`, room.token, { op: 'ban', member: guest.member.id }, from('198.51.100.1'))).status).toBe(200);
  const look = (address: string, token?: string) => ask('GET', `/api/rooms/${room.code}`, token, undefined, from(address));
  expect((await look('203.0.113.9')).body.code).toBe('banned');
  expect((await look('203.0.113.8', guest.token)).body.code).toBe('banned');
  expect((await look('203.0.113.8')).status).toBe(200);
  expect((await look('203.0.113.9', room.token)).status).toBe(200);
  expect((await ask('POST', `/api/rooms/${room.code}/members`, undefined, { name: 'Gus' }, from('203.0.113.9'))).body.code).toBe('banned');
});

test('a lock that is set later closes the room to those outside and throws nobody out', async () => {
  const room = await createRoom(server.base, 'Hana');
  const guest = await joinRoom(server.base, room.code, 'Gus');
  const inside = await Client.join(server.base, guest);
  expect((await command(room, { op: 'lock', on: true })).status).toBe(200);
  expect((await ask('GET', `/api/rooms/${room.code}`)).body.code).toBe('bad-token');
  expect((await ask('GET', `/api/rooms/${room.code}`, guest.token)).status).toBe(200);
  expect(await inside.command({ op: 'chat', text: 'Still here' })).toBeNull();
  inside.close();
});

test('a room is opened with its password, or not at all', async () => {
  const room = (await ask('POST', '/api/rooms', undefined, { name: 'Ada', password: 'sesame' })).body as unknown as Joined;
  expect((await ask('GET', `/api/rooms/${room.code}`)).body.code).toBe('bad-token');
  expect((await ask('GET', `/api/rooms/${room.code}`, room.token)).body).toMatchObject({ hasPassword: true, locked: false });
  const enter = (password?: string) => ask('POST', `/api/rooms/${room.code}/members`, undefined, { name: 'Ben', ...(password ? { password } : {}) });
  expect((await enter()).body.code).toBe('password-needed');
  expect((await enter('guess')).body.code).toBe('wrong-password');
  await server.stopServer('SIGKILL');
  await server.startServer();
  expect((await enter()).body.code).toBe('password-needed');
  expect((await enter('sesame')).status).toBe(201);
  for (const password of ['x'.repeat(129), 7, true, ['sesame'], {}])
    expect(await ask('POST', '/api/rooms', undefined, { name: 'Ada', password })).toMatchObject({ status: 422, body: { code: 'bad-password' } });
  for (const password of ['', null]) expect((await ask('POST', '/api/rooms', undefined, { name: 'Ada', password })).status).toBe(201);
  expect(server.sql("SELECT count(*) FROM rooms WHERE settings::text LIKE '%sesame%'")).toBe('0');
  expect(server.log).not.toContain('sesame');
});

test('a room’s password is changed five times a minute at most', async () => {
  const room = await createRoom(server.base);
  const change = async (i: number): Promise<number> => (await command(room, { op: 'password', password: `number ${String(i)}` })).status;
  let changed = 0;
  // One comes back in twelve seconds, and each takes time.
  await until('one to be refused', async () => {
    const status = await change(changed);
    if (status === 200) changed += 1;
    return status === 429;
  }, 50_000);
  expect(changed).toBeGreaterThanOrEqual(5);
  expect(changed).toBeLessThan(10);
  expect((await command(room, { op: 'password', password: '' })).status).toBe(200); // costs nothing
});

test('opening a room and joining it at once with one account is one member, who is its host', async () => {
  const { token } = await program();
  for (let i = 0; i < 12; i += 1) {
    const room = await open(token);
    expect((await ask('GET', '/api/me/rooms', token)).body.rooms).toContainEqual({ code: room.code });
    const again = await Promise.all(Array.from({ length: 3 }, () => ask('POST', `/api/rooms/${room.code}/members`, token, { name: 'Ada' })));
    for (const each of again) {
      expect(each.body).toMatchObject({ member: { id: room.member.id } });
      expect((await command(each.body as unknown as Joined, { op: 'lock', on: false })).status).toBe(200);
    }
  }
  const other = await createRoom(server.base);
  const joins = await Promise.all(Array.from({ length: 8 }, () => ask('POST', `/api/rooms/${other.code}/members`, token, { name: 'Ada' })));
  expect(new Set(joins.map((each) => (each.body as unknown as Joined).member.id)).size).toBe(1);
  expect(server.sql(`SELECT count(*) FROM members JOIN rooms ON rooms.id = room_id WHERE code = '${other.code}'`)).toBe('2');
});

test('who has been let in comes back with the account, without password and past the lock; nobody else does', async () => {
  const [hana, gus] = [await program(), await program()];
  const room = await open(hana.token, { password: 'sesame' });
  const enter = async (token?: string) => (await ask('POST', `/api/rooms/${room.code}/members`, token, { name: 'Again' })).body;
  expect((await enter(gus.token)).code).toBe('password-needed');
  expect((await command(room, { op: 'lock', on: true })).status).toBe(200);
  await ask('DELETE', '/api/sessions', hana.token);
  const again = (await enter(await hana.signIn())) as unknown as Joined;
  expect(again.member.id).toBe(room.member.id);
  expect((await enter(gus.token)).code).toBe('room-locked');
  expect((await command(again, { op: 'lock', on: false })).status).toBe(200);
  const guest = (await ask('POST', `/api/rooms/${room.code}/members`, gus.token, { name: 'Gus', password: 'sesame' })).body as unknown as Joined;
  expect((await enter(gus.token)).member).toMatchObject({ id: guest.member.id });
  expect((await command(again, { op: 'kick', member: guest.member.id })).status).toBe(200);
  expect((await enter(gus.token)).code).toBe('password-needed');
  expect((await command(again, { op: 'ban', member: guest.member.id })).status).toBe(200);
  expect(['banned', 'password-needed']).toContain((await enter(gus.token)).code);
});

test('what was just kept is read back', async () => {
  const { token } = await program();
  for (let i = 0; i < 10; i += 1) {
    await ask('PUT', '/api/me/favourites', token, { link: `https://a.example/${String(i)}` });
    expect(((await ask('GET', '/api/me/favourites', token)).body.favourites as unknown[]).length).toBe(i + 1);
  }
  const room = await open(token);
  const listening = await Client.join(server.base, room);
  for (let i = 0; i < 5; i += 1) {
    expect(await listening.command({ op: 'play', link: 'musicspace:demo' })).toBeNull();
    expect(((await ask('GET', `/api/rooms/${room.code}/history`, room.token)).body.plays as unknown[]).length).toBe(i + 1);
    expect(((await ask('GET', '/api/me/heard', token)).body.heard as unknown[]).length).toBe(i + 1);
  }
  listening.close();
});

interface Held { token: string; room: Joined; listening: Client }
async function hold(signIn: () => Promise<string>): Promise<Held> {
  const token = await signIn();
  const room = await open(token, { password: 'sesame' });
  return { token, room, listening: await Client.join(server.base, room) };
}
async function isVoid({ token, room, listening }: Held): Promise<void> {
  await until('the socket’s end', () => listening.closed?.code === 4401);
  expect(await ways(room)).toEqual(all('signed-out', 4401));
  for (const [method, path, body] of [
    ['GET', '/api/session', undefined], ['GET', '/api/me/rooms', undefined], ['PUT', '/api/me/favourites', { link: 'https://a.example/1' }], ['DELETE', '/api/sessions', undefined],
    ['POST', '/api/rooms', { name: 'Ada' }], ['PUT', '/api/accounts/password', { password: PASSWORD, newPassword: PASSWORD }], ['DELETE', '/api/accounts', { password: PASSWORD }],
  ] as const)
    expect(await ask(method, path, token, body), path).toMatchObject({ status: 401, body: { code: 'signed-out' } });
}
async function isGood({ token, room }: Held): Promise<void> {
  expect((await ask('GET', '/api/session', token)).status).toBe(200);
  expect((await command(room, { op: 'chat', text: 'Still here' })).status).toBe(200);
}

test('signing out ends this device’s token, room and socket, and no other’s, also after a restart', async () => {
  const { signIn } = await program();
  const [here, there] = [await hold(signIn), await hold(signIn)];
  expect((await ask('DELETE', '/api/session', here.token)).status).toBe(200);
  await isVoid(here);
  await isGood(there);
  expect(there.listening.closed).toBeNull();
  await server.stopServer('SIGKILL');
  await server.startServer();
  await isVoid(here);
  await isGood(there);
});

test.each([
  ['signing out everywhere', async (held: Held) => ask('DELETE', '/api/sessions', held.token)],
  ['deleting the account', async (held: Held) => ask('DELETE', '/api/accounts', held.token, { password: PASSWORD })],
  ['a new password', async (held: Held) => ask('PUT', '/api/accounts/password', held.token, { password: PASSWORD, newPassword: 'battery staple' })],
])('%s ends what all devices hold, also after a restart', async (_what, end) => {
  const { signIn } = await program();
  const [here, there] = [await hold(signIn), await hold(signIn)];
  const guest = await joinRoom(server.base, (await createRoom(server.base)).code, 'Guest');
  const answer = await end(here);
  expect(answer.status).toBe(200);
  await isVoid(here);
  await isVoid(there);
  // Who changes the password goes on with the token of the answer.
  const { token: next } = answer.body as { token?: string };
  if (next) expect((await ask('GET', '/api/session', next)).status).toBe(200);
  await server.stopServer('SIGKILL');
  await server.startServer();
  await isVoid(here);
  await isVoid(there);
  if (next) expect((await ask('GET', '/api/session', next)).status).toBe(200);
  expect((await command(guest, { op: 'chat', text: 'Nothing of mine' })).status).toBe(200);
});

test('whoever has ended a hundred sessions ends all with the next', async () => {
  const { name, signIn } = await program();
  const here = await hold(signIn);
  server.sql(`INSERT INTO revocations (account_id, session_id) SELECT accounts.id, number FROM accounts, generate_series(1, 100) AS number WHERE name = '${name}'`);
  const there = await hold(signIn);
  expect((await ask('DELETE', '/api/session', there.token)).status).toBe(200);
  await isVoid(here);
  expect(server.sql(`SELECT count(*) FROM revocations JOIN accounts ON accounts.id = account_id WHERE name = '${name}'`)).toBe('1');
});

test('a room that is closed is gone for who has a token of it, and unknown to others', async () => {
  const room = await createRoom(server.base);
  const id = server.sql(`SELECT id FROM rooms WHERE code = '${room.code}'`);
  await server.stopServer();
  server.sql(`DELETE FROM rooms WHERE id = ${id}`);
  await server.startServer();
  expect((await command(room, { op: 'pause' })).body.code).toBe('room-gone');
  expect((await ask('GET', `/api/rooms/${room.code}`)).body.code).toBe('no-such-room');
  expect((await ask('GET', '/api/rooms/22222', room.token)).body.code).toBe('no-such-room');
});

test.each([
  ['all of it', "'[7]'"], ['a document cut short', "'{}'"], ['the password', `jsonb_set(settings::jsonb, '{passwordHash}', '7')`], ['the roles', `settings::jsonb - 'roles'`], ['who is banned', `jsonb_set(settings::jsonb, '{banned}', '{}')`],
])('a room whose settings cannot be read comes back locked: %s', async (_what, damage) => {
  const room = await createRoom(server.base, 'Hana');
  const guest = await joinRoom(server.base, room.code, 'Gus');
  const zed = await joinRoom(server.base, room.code, 'Zed');
  expect((await command(room, { op: 'ban', member: zed.member.id })).status).toBe(200);
  expect((await command(room, { op: 'play', link: 'musicspace:demo' })).status).toBe(200); // so that nothing of the queue is opened
  expect((await command(room, { op: 'addMany', items: [{ link: 'https://a.example/1' }, { link: 'https://a.example/2' }] })).status).toBe(200);
  await until('it is stored', () => server.sql(`SELECT settings::text LIKE '%Zed%' AND queue::text LIKE '%example/2%' FROM rooms WHERE code = '${room.code}'`) === 't');
  await server.stopServer();
  server.sql(`UPDATE rooms SET settings = (${damage})::json, queue = jsonb_set(queue::jsonb, '{items,0,link}', '7')::json WHERE code = '${room.code}'`);
  const damaged = server.sql(`SELECT settings::text FROM rooms WHERE code = '${room.code}'`);
  server.log = '';
  await server.startServer();
  expect((await ask('POST', `/api/rooms/${room.code}/members`, undefined, { name: 'New' })).body.code).toBe('room-locked');
  expect((await ask('GET', `/api/rooms/${room.code}`)).body.code).toBe('bad-token');
  expect(['removed', 'banned']).toContain((await command(zed, { op: 'chat', text: 'Back' })).body.code);
  const state = (await ask('GET', `/api/rooms/${room.code}`, room.token)).body;
  expect(state).toMatchObject({ locked: true, queue: [{ link: 'https://a.example/2' }] });
  expect(state.notice).toContain('could not be read');
  await server.logs(`room ${room.code}: is locked`);
  // It is kept as it was, until somebody changes a setting.
  expect(server.sql(`SELECT settings::text FROM rooms WHERE code = '${room.code}'`)).toBe(damaged);
  expect((await command(room, { op: 'lock', on: false })).status).toBe(200); // its host is who opened it
  await until('it is whole again', () => server.sql(`SELECT settings ->> 'locked' FROM rooms WHERE code = '${room.code}'`) === 'false');
  expect((await ask('POST', `/api/rooms/${room.code}/members`, undefined, { name: 'New' })).status).toBe(201);
  expect(guest.code).toBe(room.code);
});
