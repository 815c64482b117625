// What survives: a crash of the server, and Postgres going away.

import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, Client, createRoom } from '../fixtures/client';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start('--empty-room-grace', '2');
});
afterAll(() => server.stop());

test('after a kill the room, its token and its epoch are there again', async () => {
  const joined = await createRoom(server.base);
  const before = await Client.join(server.base, joined);
  await before.command({ op: 'play', link: 'musicspace:demo' });
  const { epoch } = await before.status('playing');
  await until('the epoch is stored', () => server.sql(`SELECT epoch FROM rooms WHERE code = '${joined.code}'`) === String(epoch));
  await server.stopServer('SIGKILL');
  await server.startServer();
  const after = await Client.join(server.base, joined);
  expect(after.state?.epoch).toBe(epoch);
  after.close();
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
