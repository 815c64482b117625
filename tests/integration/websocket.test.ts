// What becomes of a WebSocket whose other side says too much after the end, or takes nothing any more.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, Client, createRoom, joinRoom } from '../fixtures/client';
import { frame, RawWebSocket } from '../fixtures/raw_websocket';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

/** The server has sent its close, for a hello that is too long, and has seen none. */
async function closed(): Promise<RawWebSocket> {
  const socket = await RawWebSocket.open(server.port);
  expect(await socket.send(frame(1, Buffer.alloc(20_000, ' '))).close()).toBe(1009);
  return socket;
}

test('after its close the server takes sixteen megabytes more at most', async () => {
  const { connection } = await closed();
  const piece = frame(2, Buffer.alloc(65_000));
  let sent = 0;
  const begun = performance.now();
  while (!connection.ended && sent < 200e6) {
    sent += piece.length;
    if (!connection.socket.write(piece)) await new Promise((resolve) => connection.socket.once('drain', resolve).once('close', resolve));
  }
  expect(connection.ended).toBe(true);
  expect(sent).toBeGreaterThan(16 << 20);
  expect(sent).toBeLessThan(64 << 20);
  expect(performance.now() - begun).toBeLessThan(9_000);
});

test('after its close the server waits ten seconds for the other one', async () => {
  const { connection } = await closed();
  const begun = performance.now();
  await until('the end', () => connection.ended, 20_000);
  expect(performance.now() - begun).toBeGreaterThan(8_000);
}, 30_000);

test('a line that takes nothing for twenty seconds is given up', async () => {
  const room = await createRoom(server.base);
  const host = await Client.join(server.base, room);
  const guest = await Client.join(server.base, await joinRoom(server.base, room.code, 'Deaf'));
  const items = Array.from({ length: 60 }, (_, i) => ({ link: `https://example.org/${'x'.repeat(1_900)}/${String(i)}.mp3`, title: 't'.repeat(250), durationMs: 60_000 }));
  for (let i = 0; i < 8; i += 1) expect((await call(server.base, 'POST', `/api/rooms/${room.code}/commands`, { op: 'addMany', items }, room.token)).status).toBe(200);
  expect(await host.command({ op: 'play', link: 'musicspace:demo' })).toBeNull();
  expect(await host.command({ op: 'repeat', mode: 'one' })).toBeNull();
  await host.status('playing');
  guest.socket.pause();
  const begun = performance.now();
  // A megabyte twice a second, until there are more than the buffers between the two hold: a newer queue takes the place of one that waits.
  let told = 0;
  const fill = async (): Promise<boolean> => {
    if (performance.now() > begun + told * 500) {
      told += 1;
      expect(await host.command({ op: 'shuffle' })).toBeNull();
    }
    return host.counted === 1;
  };
  await until('the deaf one is given up', fill, 60_000);
  expect(performance.now() - begun).toBeGreaterThan(12_000);
  expect(host.closed).toBeNull();
  host.close();
  guest.socket.terminate();
}, 90_000);
