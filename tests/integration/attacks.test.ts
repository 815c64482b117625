// Attacks by one address against a server with little memory, beside a room that plays: its sound has no hole, others are answered in time,
// and the memory stays small.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  bareBody, chunkExtension, commandFlood, deafListeners, fragmentFlood, hammer, headerLine, pasteAll, pingFlood, pour, trailer,
} from '../fixtures/attacks';
import { Client, createRoom, type Joined } from '../fixtures/client';
import { SANITIZED } from '../fixtures/sanitized';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

const DATA_MB = 512;
const MOST_RESIDENT_MB = 300;
const SLOWEST_ANSWER_MS = 1000;
const ATTACK_MS = 6_000;

let server: TestServer;
let site: Server;
let base: string;
let listener: Client;
let friend: Client;
/** Rooms of the attacker's. */
const rooms: Joined[] = [];
const residentMb: number[] = [];
const answersMs: number[] = [];
/** How long before it was due each frame came; server and test read the same monotonic clock. */
const leadsMs: number[] = [];
let probing = true;
let probes: Promise<unknown>;

const sample = (): void => {
  residentMb.push(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${String(server.pid)}/status`, 'utf8'))?.[1]) / 1024);
};

/** Commands of somebody else's, one every 50 ms. */
async function probe(): Promise<void> {
  for (let volume = 0; probing; volume = (volume + 1) % 100) {
    const begun = performance.now();
    expect(await friend.command({ op: 'volume', volume: volume / 100 })).toBeNull();
    answersMs.push(performance.now() - begun);
    sample();
    await new Promise((done) => setTimeout(done, 50));
  }
}

const wav = (rate: number): Buffer => {
  const data = Buffer.alloc(200_000, 7);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(2, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 4, 28);
  head.writeUInt16LE(4, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
};

function endless(response: ServerResponse, head: string, piece: Buffer): void {
  response.writeHead(200, { 'Content-Type': 'audio/mpeg' });
  response.write(Buffer.from(head, 'latin1'));
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
    response.once('drain', more);
  };
  more();
}

beforeAll(async () => {
  site = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    if (request.method === 'HEAD') response.writeHead(200, { 'Content-Type': 'audio/mpeg' }).end();
    else if (path === '/rate8.wav') response.writeHead(200, { 'Content-Type': 'audio/wav' }).end(wav(8));
    else if (path === '/rate1.wav') response.writeHead(200, { 'Content-Type': 'audio/wav' }).end(wav(1));
    else if (path === '/self.m3u8') response.writeHead(200, { 'Content-Type': 'application/x-mpegurl' }).end('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\n/self.m3u8\n');
    else if (path === '/endless.m3u8') endless(response, '#EXTM3U\n#EXT-X-TARGETDURATION:4\n', Buffer.from('#EXTINF:4,\n/a.ts\n'.repeat(2000)));
    else if (path === '/tag.mp3') endless(response, 'ID3\x03\0\0\x7f\x7f\x7f\x7f', Buffer.alloc(65_536));
    else if (path === '/title.html') response.writeHead(200, { 'Content-Type': 'text/html' }).end(`<html><head><title>${'T'.repeat(3_000_000)}</title></head><body><audio src="/rate8.wav"></audio></body></html>`);
    // Everything else hangs.
  });
  await new Promise<void>((done) => site.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${String((site.address() as AddressInfo).port)}`;
  server = await TestServer.start();
  if (!SANITIZED) execFileSync('prlimit', ['--pid', String(server.pid), `--data=${String(DATA_MB << 20)}`]);
  listener = await Client.join(server.base, await createRoom(server.base, 'Lena'));
  expect(await listener.command({ op: 'repeat', mode: 'one' })).toBeNull();
  expect(await listener.command({ op: 'play', link: 'musicspace:demo' })).toBeNull();
  await listener.status('playing');
  await until('some lead', () => listener.frames.length > 20);
  listener.onFrame = (frame) => leadsMs.push((frame.playAtUs + frame.preRoll * 20_000) / 1000 - Number(process.hrtime.bigint() / 1_000_000n));
  friend = await Client.join(server.base, await createRoom(server.base, 'Finn'));
  for (let i = 0; i < 8; i += 1) rooms.push(await createRoom(server.base, `Mallory ${String(i)}`));
  probes = probe();
});

afterAll(async () => {
  probing = false;
  await probes;
  for (const client of [listener, friend]) client.close();
  site.closeAllConnections();
  site.close();
  await server.stop();
});

const firstRoom = (): Joined => {
  const [room] = rooms;
  if (!room) throw new Error('there are rooms');
  return room;
};
const longQueue = () => Array.from({ length: 100 }, (_, i) => ({ link: `https://example.org/${String(i)}${'x'.repeat(300)}`, title: 't'.repeat(100), artist: 'a'.repeat(100) }));

const attacks: [string, () => Promise<unknown>][] = [
  ['chunk extensions without end', () => pour(server.port, chunkExtension(server.port), 'a'.repeat(65_536), 20, ATTACK_MS)],
  ['trailers without end', () => pour(server.port, trailer(server.port), 'a'.repeat(65_536), 20, ATTACK_MS)],
  ['a header line without end', () => pour(server.port, headerLine(server.port), 'a'.repeat(65_536), 20, ATTACK_MS)],
  ['bodies of gigabytes', () => pour(server.port, bareBody(server.port), 'a'.repeat(65_536), 20, ATTACK_MS)],
  ['sign-ins with names of chance', () => hammer(server.base, 30, ATTACK_MS, (n) => ({ method: 'POST', path: '/api/session', body: { name: `name ${String(n)}`, password: 'guess guess' } }))],
  ['room codes tried', () => hammer(server.base, 10, ATTACK_MS, (n) => ({ method: 'GET', path: `/api/rooms/${n.toString(31).padStart(5, '2').replaceAll(/[01lio]/g, 'Z').toUpperCase().slice(-5)}` }))],
  ['memberships without end', () => hammer(server.base, 10, ATTACK_MS, (n) => ({ method: 'POST', path: `/api/rooms/${firstRoom().code}/members`, body: { name: `M ${String(n)}` } }))],
  [
    'a long queue that is shuffled and asked for',
    async () => {
      const room = firstRoom();
      const path = `/api/rooms/${room.code}/commands`;
      await hammer(server.base, 1, 1_000, () => ({ method: 'POST', path, token: room.token, body: { op: 'addMany', items: longQueue() } }));
      await Promise.all([
        hammer(server.base, 50, ATTACK_MS, () => ({ method: 'POST', path, token: room.token, body: { op: 'shuffle' } })),
        hammer(server.base, 50, ATTACK_MS, () => ({ method: 'GET', path: `/api/rooms/${room.code}` })),
      ]);
    },
  ],
  ['pings without end', () => Promise.all(rooms.map((room) => pingFlood(server.base, room, ATTACK_MS)))],
  ['fragments without end', () => Promise.all(rooms.map((room) => fragmentFlood(server.base, room, ATTACK_MS)))],
  ['commands without end', () => Promise.all(rooms.map((room) => commandFlood(server.base, room, ATTACK_MS, { op: 'react', reaction: '🔥' })))],
  [
    'listeners that never read',
    async () => {
      const letGo = deafListeners(server.base, firstRoom(), 40);
      await commandFlood(server.base, firstRoom(), ATTACK_MS, { op: 'chat', text: 'x'.repeat(500) });
      letGo();
    },
  ],
  ['links that hang', () => pasteAll(server.base, rooms, rooms.map((_, i) => `${base}/hangs?${String(i)}`), ATTACK_MS)],
  ['hostile files', () => pasteAll(server.base, rooms, ['rate8.wav', 'rate1.wav', 'self.m3u8', 'endless.m3u8', 'tag.mp3', 'title.html'].map((name) => `${base}/${name}`), 15_000)],
];

test.each(attacks)('%s', async (name, attack) => {
  const from = { answer: answersMs.length, sample: residentMb.length };
  await attack();
  await until('answers after it', () => answersMs.length > from.answer + 20);
  const answers = answersMs.slice(from.answer).sort((a, b) => a - b);
  const p99 = answers[Math.floor(answers.length * 0.99)] ?? Infinity;
  const most = Math.max(...residentMb.slice(from.sample));
  if (process.env.MUSICSPACE_TELL) console.log(`${name}: p99 ${p99.toFixed(0)} ms of ${String(answers.length)}, RSS at most ${most.toFixed(0)} MB`);
  if (!SANITIZED) {
    expect(p99).toBeLessThan(SLOWEST_ANSWER_MS);
    expect(most).toBeLessThan(MOST_RESIDENT_MB);
  }
  expect(listener.closed).toBeNull();
  expect(listener.state?.status).toBe('playing');
}, 60_000);

test('the room that played beside all of it has heard every packet in time', () => {
  // Each epoch's frames follow one another, in every one of them up to where the next begins.
  const frames = [...listener.frames].sort((a, b) => a.playAtUs - b.playAtUs);
  const holes: string[] = [];
  let heardUntil: number | null = null;
  for (const frame of frames) {
    const begins = frame.playAtUs + frame.preRoll * 20_000;
    const ends = frame.playAtUs + frame.packets.length * 20_000;
    if (heardUntil !== null && begins > heardUntil + 1_000) holes.push(`${String((begins - heardUntil) / 1000)} ms in epoch ${String(frame.epoch)}`);
    heardUntil = Math.max(heardUntil ?? ends, ends);
  }
  expect(holes).toEqual([]);
  if (!SANITIZED) expect(Math.min(...leadsMs)).toBeGreaterThan(0);
  if (process.env.MUSICSPACE_TELL) console.log(`least lead ${Math.min(...leadsMs).toFixed(0)} ms of ${String(leadsMs.length)} frames`);
});

test('an attacker is told to wait, and nobody else is', async () => {
  const statuses = await hammer(server.base, 4, 1_000, () => ({ method: 'GET', path: '/api/rooms/ZZZZZ' }));
  expect(statuses.get(429) ?? 0).toBeGreaterThan(0);
  expect((await fetch(`${server.base}/api/rooms/ZZZZZ`)).status).toBe(404);
});
