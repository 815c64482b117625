// Small files and playlists that would take gigabytes of memory, or keep a room waiting for ever: each is refused with a sentence, in
// its time, while the server's memory stays small and a room beside plays on.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client, createRoom } from '../fixtures/client';
import { SANITIZED } from '../fixtures/sanitized';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

let server: TestServer;
let site: Server;
let base = '';
let beside: Client;
const asked = new Map<string, number>();

/** The most memory that the server has had so far, in MB. */
const peakMegabytes = (): number => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(server.pid)}/status`, 'utf8'))?.[1]) / 1024;

function wav(rate: number, channels: number, bytes: number): Buffer {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + bytes, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * channels * 2, 28);
  head.writeUInt16LE(channels * 2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(bytes, 40);
  return Buffer.concat([head, Buffer.alloc(bytes, 17)]);
}

const box = (name: string, ...content: Buffer[]): Buffer => {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8, 0);
  head.write(name, 4, 'latin1');
  return Buffer.concat([head, body]);
};

const words = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, at) => bytes.writeUInt32BE(value, 4 * at));
  return bytes;
};

/** Tracks that announce two million samples each, in less than a kilobyte of file. */
function claimingMp4(): Buffer {
  const track = box('trak', box('mdia', box('minf', box('stbl', box('stsz', words(0, 1, 2_000_000))))));
  return Buffer.concat([box('ftyp', Buffer.from('M4A \0\0\0\0')), box('moov', ...Array.from({ length: 40 }, () => track)), box('mdat', Buffer.alloc(64))]);
}

/** A CAF file whose packets claim to be of so many bytes and samples, with so many bytes of sound in all. */
function largePackets(packet: number, samples: number, sound: number): Buffer {
  const description = Buffer.alloc(32);
  description.writeDoubleBE(48_000, 0);
  description.write('lpcm', 8, 'latin1');
  description.writeUInt32BE(0, 12);
  description.writeUInt32BE(packet, 16);
  description.writeUInt32BE(samples, 20);
  description.writeUInt32BE(2, 24);
  description.writeUInt32BE(16, 28);
  const chunk = (name: string, body: Buffer, size = body.length): Buffer => {
    const head = Buffer.alloc(12);
    head.write(name, 0, 'latin1');
    head.writeBigInt64BE(BigInt(size), 4);
    return Buffer.concat([head, body]);
  };
  return Buffer.concat([Buffer.from('caff\0\x01\0\0', 'latin1'), chunk('desc', description), chunk('data', Buffer.alloc(sound, 3), 2_000_000_000)]);
}

const scratch = mkdtempSync(join(tmpdir(), 'musicspace-hostile-'));
/** A file that FFmpeg makes of noise. */
function made(name: string, ...words: string[]): Buffer {
  const path = join(scratch, name);
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'anoisesrc=color=pink:seed=9:amplitude=0.5:duration=3', ...words, path]);
  return readFileSync(path);
}

const manyStreams = (count: number): Buffer => made('streams.mka', ...Array.from({ length: count }, () => ['-map', '0:a']).flat(), '-t', '1', '-ac', '1', '-ar', '8000', '-c:a', 'pcm_s16le');

/** Sound with a film beside it, whose frames have 58 MB each as soon as one is decoded, and must be, to learn their colours. */
const film = (): Buffer => made('film.mkv', '-f', 'lavfi', '-i', 'color=black:size=4400x4400:rate=1:duration=2', '-c:v', 'png', '-pix_fmt', 'rgb24', '-c:a', 'libopus', '-b:a', '64k');

/** AAC that is sound for a second, then damaged for so many packets, then sound for two seconds. */
function damaged(packets: number): Buffer {
  const whole = made('sound.aac', '-ac', '1', '-ar', '48000', '-c:a', 'aac', '-b:a', '64k');
  const frames: Buffer[] = [];
  for (let at = 0; at + 7 <= whole.length; at += frames.at(-1)?.length ?? Infinity) frames.push(whole.subarray(at, at + ((whole.readUInt32BE(at + 2) >> 5) & 0x1fff)));
  const [good = Buffer.alloc(0)] = frames.slice(10);
  const bad = Buffer.concat([good.subarray(0, 7), Buffer.alloc(good.length - 7)]);
  return Buffer.concat([...frames.slice(0, 47), ...Array.from({ length: packets }, () => bad), ...frames.slice(47)]);
}

const FILES: Record<string, () => Buffer> = {
  '/rate8.wav': () => wav(8, 2, 200_000),
  '/rate1.wav': () => wav(1, 2, 200_000),
  '/channels64.wav': () => wav(48_000, 64, 3_000_000),
  '/claims.m4a': claimingMp4,
  '/packets.caf': () => largePackets(500_000_000, 1, 200_000),
  '/large-frames.caf': () => largePackets(5_000_000, 1_250_000, 5_000_000),
  '/small-frames.caf': () => largePackets(200_000, 50_000, 600_100),
  '/streams65.mka': () => manyStreams(65),
  '/streams64.mka': () => manyStreams(64),
  '/film.mkv': film,
  '/damaged400.aac': () => damaged(400),
  '/damaged600.aac': () => damaged(600),
};

/** Sends `head`, then `piece` over and over, for as long as it is read. */
function endless(response: ServerResponse, head: Buffer, piece: Buffer): void {
  response.writeHead(200, { 'Content-Type': 'audio/mpeg' });
  response.write(head);
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
    response.once('drain', more);
  };
  more();
}

const silentStates = (): number => beside.states.filter((state) => state.status !== 'playing').length;
let silentBefore = 0;

beforeAll(async () => {
  site = createServer((request, response) => {
    const path = request.url ?? '/';
    asked.set(path, (asked.get(path) ?? 0) + 1);
    const file = FILES[path];
    if (request.method === 'HEAD') response.writeHead(200, { 'Content-Type': 'audio/mpeg' }).end();
    else if (file) response.writeHead(200, { 'Content-Type': 'audio/mpeg' }).end(file());
    else if (path === '/self.m3u8') response.writeHead(200, { 'Content-Type': 'application/x-mpegurl' }).end('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\n/self.m3u8\n');
    else if (path === '/endless.m3u8') endless(response, Buffer.from('#EXTM3U\n#EXT-X-TARGETDURATION:4\n'), Buffer.from('#EXTINF:4,\n/a.ts\n'.repeat(2000)));
    else if (path === '/tag.mp3') endless(response, Buffer.from('ID3\x03\0\0\x7f\x7f\x7f\x7f', 'latin1'), Buffer.alloc(65_536));
    else if (path === '/trickle.mp3') {
      response.writeHead(200, { 'Content-Type': 'audio/mpeg' });
      // A site this slow, 1 KB a second, is what is tested.
      const timer = setInterval(() => response.write(Buffer.alloc(100)), 100);
      response.once('close', () => {
        clearInterval(timer);
      });
    } else response.writeHead(404).end();
  });
  await new Promise<void>((done) => site.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${String((site.address() as AddressInfo).port)}`;
  server = await TestServer.start();
  beside = await Client.join(server.base, await createRoom(server.base, 'Eve'));
  expect(await beside.command({ op: 'play', link: 'musicspace:demo' })).toBeNull();
  expect(await beside.command({ op: 'repeat', mode: 'one' })).toBeNull();
  await beside.status('playing');
  silentBefore = silentStates();
});

afterAll(async () => {
  beside.close();
  site.closeAllConnections();
  site.close();
  await server.stop();
  rmSync(scratch, { recursive: true });
});

test.each([
  ['rate8.wav', ['unreadable', 'too-long'], 15],
  ['rate1.wav', ['unreadable', 'too-long'], 15],
  ['channels64.wav', ['unreadable', null], 15],
  ['claims.m4a', ['unreadable', 'unsupported'], 15],
  ['packets.caf', ['unreadable', 'no-audio'], 15],
  ['self.m3u8', ['unreadable', 'unsupported'], 15],
  ['endless.m3u8', ['unreadable', 'unsupported', 'no-network', 'timed-out'], 32],
  ['tag.mp3', ['unreadable', 'timed-out'], 32],
  ['trickle.mp3', ['timed-out', 'no-network', 'unreadable'], 60],
])(
  '%s ends in its time and in little memory',
  async (name, codes, seconds) => {
    const ada = await Client.join(server.base, await createRoom(server.base));
    const before = peakMegabytes();
    const begun = Date.now();
    const problem = await ada.command({ op: 'play', link: `${base}/${name}` });
    const took = (Date.now() - begun) / 1000;
    if (process.env.MUSICSPACE_TELL) console.log(name, problem?.code, problem?.detail, `${took.toFixed(1)} s, peak ${before.toFixed(0)} -> ${peakMegabytes().toFixed(0)} MB, asked ${String(asked.get(`/${name}`))}`);
    expect(codes).toContain(problem?.code ?? null);
    if (problem) expect(problem.detail).toMatch(/^[A-Z].*\.$/s);
    expect(took).toBeLessThan(seconds);
    expect(asked.get(`/${name}`)).toBeLessThan(20);
    await until('nothing is pending', () => ada.state?.pending === null);
    ada.close();
    if (!SANITIZED) expect(peakMegabytes()).toBeLessThan(200);
  },
  90_000,
);

/** Plays `name` in a room of its own to its end; the seconds of sound that were sent, or the problem's code. */
async function heard(name: string): Promise<number | string> {
  const ada = await Client.join(server.base, await createRoom(server.base));
  const problem = await ada.command({ op: 'play', link: `${base}/${name}` });
  if (problem) return problem.code;
  const { epoch } = await ada.status('playing');
  await until('its end', () => ada.state?.status === 'idle' || ada.state?.status === 'paused', 30_000);
  const packets = ada.frames.filter((frame) => frame.epoch === epoch).reduce((sum, frame) => sum + frame.packets.length - frame.preRoll, 0);
  ada.close();
  return packets / 50;
}

test('a film is heard, and its pictures are never decoded', async () => {
  writeFileSync(`/proc/${String(server.pid)}/clear_refs`, '5'); // the peak begins anew
  const before = peakMegabytes();
  expect(await heard('film.mkv')).toBeGreaterThan(2.5);
  if (!SANITIZED) expect(peakMegabytes() - before).toBeLessThan(40);
}, 60_000);

test('frames of more than a million samples are lost', async () => {
  expect(await heard('large-frames.caf')).toBe('no-audio');
  expect(await heard('small-frames.caf')).toBeGreaterThan(2.5);
}, 60_000);

test('a file of 65 streams is refused, one of 64 plays', async () => {
  expect(await heard('streams65.mka')).toBe('unreadable');
  expect(await heard('streams64.mka')).toBeGreaterThan(0.5);
}, 60_000);

test('four hundred damaged packets are passed over, six hundred end the track', async () => {
  const [some, many] = [await heard('damaged400.aac'), await heard('damaged600.aac')];
  expect(some).toBeGreaterThan(2.5);
  expect(many).toBeGreaterThan(0.5);
  expect(many).toBeLessThan(1.5);
}, 90_000);

test('the room beside has played on', async () => {
  const heard = beside.frames.length;
  await until('more frames', () => beside.frames.length > heard);
  expect(silentStates()).toBe(silentBefore);
});
