// What survives: a crash of the server, and Postgres going away.

import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, Client, createRoom, joinRoom } from '../fixtures/client';
import { MediaServer } from '../fixtures/media_server';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

let server: TestServer;
let media: MediaServer;

beforeAll(async () => {
  media = await MediaServer.start();
  server = await TestServer.start('--unused-room-grace', '5', '--empty-room-grace', '5');
});
afterAll(async () => {
  await server.stop();
  media.stop();
});

test('after a kill the music goes on where it was, with its queue, its votes, its talk and its roles', async () => {
  const room = await createRoom(server.base);
  const ada = await Client.join(server.base, room);
  const guest = await joinRoom(server.base, room.code, 'Ben');
  const ben = await Client.join(server.base, guest);
  expect(await ada.command({ op: 'play', link: `${media.base}/ranges/noise.mp3` })).toBeNull();
  expect(await ada.command({ op: 'addMany', items: Array.from({ length: 20 }, (_, i) => ({ link: `${media.base}/ranges/${String(i)}.mp3`, title: `Track ${String(i)}`, durationMs: 60_000 })) })).toBeNull();
  expect(await ada.command({ op: 'rights', preset: 'vote' })).toBeNull();
  expect(await ada.command({ op: 'role', member: guest.member.id, role: 'dj' })).toBeNull();
  expect(await ada.command({ op: 'name', name: 'Kitchen' })).toBeNull();
  expect(await ada.command({ op: 'volume', volume: 0.8 })).toBeNull();
  expect(await ada.command({ op: 'password', password: 'open sesame' })).toBeNull();
  const wanted = (await until('the queue', () => ada.state?.queue[19] && ada.state.queue))[7];
  expect(await ben.command({ op: 'vote', item: wanted?.id, on: true })).toBeNull();
  expect(await ben.command({ op: 'chat', text: 'Play number seven <b>first</b>' })).toBeNull();
  const { epoch, queue } = await until('the vote', () => ada.state?.queue[7]?.votes === 1 && ada.state);
  expect(await ada.command({ op: 'seek', positionMs: 5_000 })).toBeNull();
  await ada.status('playing');
  const before = await until('a place that is stored', async () => {
    const { positionMs = 0 } = (await call(server.base, 'GET', `/api/rooms/${room.code}`, undefined, room.token)).body;
    const isWritten = /^musicspace_journal_waiting 0$/m.test(await (await fetch(`${server.base}/metrics`)).text());
    return positionMs > 5_500 && isWritten && server.sql(`SELECT count(*) FROM chat_lines`) === '1' && { positionMs, at: Date.now() };
  });
  await server.stopServer('SIGKILL');
  await server.startServer();
  const back = await Client.join(server.base, room);
  const again = await back.status('playing');
  const { positionMs = 0 } = (await call(server.base, 'GET', `/api/rooms/${room.code}`, undefined, room.token)).body;
  // It has lost what it took to come back, at most: not a second more, nor has it jumped ahead.
  expect(positionMs).toBeGreaterThan(before.positionMs - 500);
  expect(positionMs).toBeLessThan(before.positionMs + (Date.now() - before.at) + 1_000);
  expect(again.track?.title).toBe('noise');
  expect(again.epoch).toBeGreaterThan(epoch);
  expect(again).toMatchObject({ name: 'Kitchen', volume: 0.8, hasPassword: true, rights: { byVotes: true, control: 'dj' } });
  await until('the queue', () => back.state?.queue.length === 20);
  expect(back.state?.queue.map(({ id, title, votes, voters }) => ({ id, title, votes, voters }))).toEqual(queue.map(({ id, title, votes, voters }) => ({ id, title, votes, voters })));
  await until('what was said', () => back.lines[0]?.text === 'Play number seven <b>first</b>' && back.lines[0].name === 'Ben');
  const benAgain = await Client.join(server.base, guest);
  expect(await benAgain.command({ op: 'pause' })).toBeNull(); // still a DJ
  expect(await benAgain.command({ op: 'lock', on: true })).toMatchObject({ code: 'not-allowed' });
  for (const client of [ada, ben, back, benAgain]) client.close();
});

test('rooms that a crash left are removed when nobody comes back', async () => {
  const { code } = await createRoom(server.base);
  await server.stopServer('SIGKILL');
  await server.startServer();
  expect((await call(server.base, 'GET', `/api/rooms/${code}`)).status).toBe(200);
  await until('it is gone', () => server.sql('SELECT count(*) FROM rooms') === '0');
});

test('while Postgres is away the music plays on, and nothing of it is lost', async () => {
  const joined = await createRoom(server.base);
  const ada = await Client.join(server.base, joined);
  await server.stopPostgres();
  expect(await ada.command({ op: 'play', link: 'musicspace:demo' })).toBeNull();
  await ada.status('playing');
  const refused = await call(server.base, 'POST', '/api/rooms', { name: 'Ben' });
  expect(refused).toMatchObject({ status: 503, type: 'application/problem+json', body: { code: 'database-away' } });
  expect((await fetch(`${server.base}/readyz`)).status).toBe(503);
  await server.startPostgres();
  await until('the play is stored', () => server.sql("SELECT title FROM plays") === 'Demo track');
  expect(server.sql("SELECT op, result FROM room_events")).toBe('play|ok');
  ada.close();
});

test('an ending server takes yt-dlp with it', async () => {
  const joined = await createRoom(server.base);
  const ada = await Client.join(server.base, joined);
  const slow = await import('node:http').then(
    ({ createServer }) =>
      new Promise<import('node:http').Server>((done) => {
        const created = createServer(() => undefined).listen(0, '127.0.0.1', () => {
          done(created);
        });
      }),
  );
  const { port } = slow.address() as import('node:net').AddressInfo;
  const connected = new Promise((done) => slow.once('connection', done));
  void ada.command({ op: 'play', link: `http://127.0.0.1:${String(port)}/x.mp3` }).catch(() => undefined);
  await connected;
  const { pid } = server;
  await server.stopServer();
  expect(existsSync(`/proc/${String(pid)}`)).toBe(false);
  const closed = new Promise<void>((done) => {
    slow.getConnections((_error, count) => {
      if (count === 0) done();
      else slow.once('close', done);
    });
  });
  slow.close();
  await closed;
  ada.close();
});
