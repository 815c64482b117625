// Many at once, and those who take too much: each limit answers clearly, and who listens goes on listening.

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import WebSocket from 'ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SUBPROTOCOL } from '../../web/src/player/protocol';
import { call, Client, createRoom, joinRoom } from '../fixtures/client';
import { RawConnection } from '../fixtures/raw_http';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start('--room-size', '60', '--connections-per-address', '3', '--rooms-per-address', '2');
});
afterAll(async () => {
  await server.stop();
});

const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${server.base}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1]);
};

test('more than fifty listen: the first fifty are listed, the number of all is told; one more than the room takes is turned away', async () => {
  const joined = await createRoom(server.base);
  const ada = await Client.join(server.base, joined);
  const others = await Promise.all(Array.from({ length: 58 }, async (_, i) => Client.join(server.base, await joinRoom(server.base, joined.code, `Ben ${String(i)}`))));
  await until('all to be counted', () => ada.counted === 59);
  expect(ada.state?.listeners).toHaveLength(50);
  expect((await call(server.base, 'GET', `/api/rooms/${joined.code}`)).body).toMatchObject({ listenerCount: 59 });
  const late = await joinRoom(server.base, joined.code, 'Late');
  others.push(await Client.join(server.base, await joinRoom(server.base, joined.code, 'Last')));
  expect(await call(server.base, 'POST', `/api/rooms/${joined.code}/members`, { name: 'Eve' })).toMatchObject({ status: 409, body: { code: 'room-full' } });
  const turnedAway = new Client(server.base);
  await turnedAway.opened();
  turnedAway.send({ type: 'hello', code: late.code, token: late.token });
  expect(await until('the close', () => turnedAway.closed)).toMatchObject({ code: 4503 });
  for (const other of others.slice(0, 40)) other.close();
  await until('those who left to be gone', () => ada.state?.listenerCount === 20 && ada.state.listeners.length === 20);
  for (const other of others) other.close();
  ada.close();
});

test('one address makes so many rooms and has so many connections, as the proxy tells it; others are not concerned', async () => {
  const create = (from: string): Promise<Response> =>
    fetch(`${server.base}/api/rooms`, { method: 'POST', body: JSON.stringify({ name: 'Ada' }), headers: { 'X-Forwarded-For': from } });
  expect((await create('203.0.113.7')).status).toBe(201);
  expect((await create('198.51.100.1, 203.0.113.7')).status).toBe(201);
  const refused = await create('203.0.113.7');
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ code: 'too-many-rooms' });
  expect((await create('203.0.113.8')).status).toBe(201);

  const open = async (from: string): Promise<number | WebSocket> =>
    new Promise((done) => {
      const socket = new WebSocket(`${server.base.replace('http', 'ws')}/ws`, SUBPROTOCOL, { headers: { 'X-Forwarded-For': from } });
      socket.on('open', () => { done(socket); });
      socket.on('unexpected-response', (_, answer) => { done(answer.statusCode ?? 0); });
      socket.on('error', () => undefined);
    });
  // All of one household's: the same /64.
  const sockets = await Promise.all(['1', '2', '3'].map((each) => open(`2001:db8::${each}`)));
  expect(await open('2001:db8::4')).toBe(429);
  const neighbour = await open('2001:db8:0:1::1');
  expect(neighbour).toBeInstanceOf(WebSocket);
  (sockets[0] as WebSocket).close();
  const again = await until('a place to be free', async () => {
    const socket = await open('2001:db8::5');
    return typeof socket === 'number' ? undefined : socket;
  });
  for (const socket of [...sockets, neighbour, again]) (socket as WebSocket).close();
  expect(await metric('musicspace_connections_refused_total')).toBeGreaterThan(0);
});

test('who floods is sent away', async () => {
  const ada = await Client.join(server.base, await createRoom(server.base));
  for (let i = 0; i < 150; i += 1) ada.askTime();
  expect(await until('the close', () => ada.closed)).toMatchObject({ code: 4429 });
});

test('no descriptors left: who listens hears on, and who waits is let in when there are some again', async () => {
  const ada = await Client.join(server.base, await createRoom(server.base));
  expect(await ada.command({ op: 'play', link: 'musicspace:demo' })).toBeNull();
  await ada.status('playing');
  const open = readdirSync(`/proc/${String(server.pid)}/fd`).length;
  const limitTo = (files: number): Buffer => execFileSync('prlimit', ['--pid', String(server.pid), `--nofile=${String(files)}:20000`]);
  limitTo(open + 5);
  const idle: Socket[] = [];
  await until('the server to pause', () => {
    idle.push(connect(server.port, '127.0.0.1'));
    return server.log.includes('could not be accepted');
  });
  const heard = ada.frames.length;
  await until('two more seconds of sound', () => ada.frames.length >= heard + 2, 5_000);
  for (const socket of idle) socket.destroy();
  expect((await fetch(`${server.base}/healthz`)).status).toBe(200);
  expect(await metric('musicspace_accept_pauses_total')).toBeGreaterThan(0);
  ada.close();
});

test('as many connect as the descriptors allow, and the next one waits until one has gone', async () => {
  // A server takes all descriptors that it may have, less 400. It inherits its limit from this process.
  execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=900:900']);
  const small = await TestServer.start('--connections-per-address', '0');
  const ask = (connection: RawConnection, path: string): RawConnection => connection.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  const all: RawConnection[] = [];
  for (let i = 0; i < 500; i += 1) {
    const connection = ask(new RawConnection(small.port), '/healthz');
    expect((await connection.answer()).status).toBe(200);
    all.push(connection);
  }
  const late = ask(new RawConnection(small.port), '/healthz');
  const [first, second] = all as [RawConnection, RawConnection];
  await until('the server to accept nobody', async () => Number(/^musicspace_accept_pauses_total (\d+)/m.exec((await ask(first, '/metrics').answer()).body)?.[1]) > 2);
  expect(late.received.length).toBe(0);
  expect(late.ended).toBe(false);
  second.close();
  expect((await late.answer()).status).toBe(200);
  for (const connection of [...all, late]) connection.close();
  await small.stop();
}, 60_000);
