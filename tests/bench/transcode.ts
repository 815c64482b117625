// The transcoder against the ffmpeg program doing the same work, in turns: CPU and wall time of whole processes, and CPU of our work
// alone (without loading the program's libraries); then how long a listener waits: first packet, seek, cancel. Medians.

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { partOf } from '../fixtures/byte_range';
import { median, nowMs, print } from '../fixtures/measure';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROBE = join(ROOT, 'build/release/tests/transcode_probe');
const TRIES = 7;
const SECONDS = 240;
const dir = mkdtempSync(join(tmpdir(), 'musicspace-bench-'));
const [mp3, webm] = [join(dir, 'track.mp3'), join(dir, 'track.webm')];

const ffmpeg = (...words: string[]): string[] => ['ffmpeg', '-v', 'error', '-nostdin', '-y', ...words];
const one = (input: string, kbps: number, ...filter: string[]): string[] => ['-map', '0:a', ...filter, '-ar', '48000', '-c:a', 'libopus', '-b:a', `${String(kbps)}k`, join(dir, `${input}${String(kbps)}.opus`)];
execFileSync('ffmpeg', ffmpeg('-stream_loop', '-1', '-i', join(ROOT, 'transcoder/demo/demo.opus'), '-t', String(SECONDS), '-ar', '44100', '-c:a', 'libmp3lame', '-b:a', '128k', mp3).slice(1));
execFileSync('ffmpeg', ffmpeg('-i', mp3, '-ar', '48000', '-c:a', 'libopus', '-b:a', '128k', webm).slice(1));

interface Cost { wallMs: number; cpuMs: number; workCpuMs: number; peakMb: number }

/** One process from its start to its end. */
function measure(command: readonly string[]): Cost {
  const report = execFileSync('bash', ['-c', 'TIMEFORMAT="%R %U %S"; { time "$@"; } 2>&1', 'bash', ...command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const told = (name: string): number => Number(new RegExp(`"${name}":([\\d.]+)`).exec(report)?.[1] ?? NaN);
  return { ...timesOf(report), workCpuMs: told('workCpuMs'), peakMb: told('peakMb') };
}

function timesOf(report: string): { wallMs: number; cpuMs: number } {
  const [wall = NaN, user = NaN, system = NaN] = (report.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { wallMs: wall * 1000, cpuMs: (user + system) * 1000 };
}

const medians = (costs: readonly Cost[]): Cost => {
  const of = (key: keyof Cost): number => median(costs.map((cost) => cost[key]));
  return { wallMs: of('wallMs'), cpuMs: of('cpuMs'), workCpuMs: of('workCpuMs'), peakMb: of('peakMb') };
};

const CONFIGURATIONS = [
  { what: 'one tier', ours: ['encode', mp3, '96', '100'], theirs: ffmpeg('-threads', '1', '-i', mp3, ...one('a', 96)) },
  { what: 'one tier, the same complexity', ours: ['encode', mp3, '96', '100'], theirs: ffmpeg('-threads', '1', '-i', mp3, '-map', '0:a', '-ar', '48000', '-c:a', 'libopus', '-compression_level', '7', '-b:a', '96k', join(dir, 'c.opus')) },
  { what: 'four tiers', ours: ['encode', mp3, '24,48,96,160', '100'], theirs: ffmpeg('-threads', '1', '-i', mp3, ...[24, 48, 96, 160].flatMap((kbps) => one('b', kbps))) },
  { what: 'four tiers, the same complexity', ours: ['encode', mp3, '24,48,96,160', '100'], theirs: ffmpeg('-threads', '1', '-i', mp3, ...[24, 48, 96, 160].flatMap((kbps) => ['-compression_level', '7', ...one('e', kbps)])) },
  { what: 'pass-through', ours: ['encode', webm, 'best', '100'], theirs: ffmpeg('-i', webm, '-c', 'copy', join(dir, 'copy.webm')) },
  { what: 'speed 1.25', ours: ['encode', mp3, '96', '125'], theirs: ffmpeg('-threads', '1', '-i', mp3, ...one('d', 96, '-af', 'aresample=48000,atempo=1.25')) },
];
let oneTier = NaN;
for (const { what, ours, theirs } of CONFIGURATIONS) {
  const [mine, cli]: [Cost[], Cost[]] = [[], []];
  for (let i = 0; i < TRIES; i += 1) {
    mine.push(measure([PROBE, ...ours]));
    cli.push(measure(theirs));
  }
  const [own, other] = [medians(mine), medians(cli)];
  if (Number.isNaN(oneTier)) oneTier = own.workCpuMs;
  print({
    bench: 'transcode', what, seconds: SECONDS, tries: TRIES, cpuMs: own.cpuMs, ffmpegCpuMs: other.cpuMs, cpuRatio: own.cpuMs / other.cpuMs, wallMs: own.wallMs,
    ffmpegWallMs: other.wallMs, peakMb: own.peakMb, workCpuMs: own.workCpuMs, ofOneTiersWork: own.workCpuMs / oneTier,
  });
}

// A site that notes when its first byte leaves.
let firstByteMs = 0;
const site = createServer((request, response) => {
  const file = readFileSync(join(dir, request.url ?? ''));
  const { from, to, status, headers } = partOf(request, file.length);
  response.writeHead(status, headers);
  firstByteMs ||= nowMs();
  response.end(file.subarray(from, to));
});
await new Promise<void>((done) => site.listen(0, '127.0.0.1', done));
const probe = async (mode: string, file: string): Promise<Record<string, number>> => {
  firstByteMs = 0;
  const url = `http://127.0.0.1:${String((site.address() as AddressInfo).port)}/${file}`;
  const { stdout } = await promisify(execFile)(PROBE, [mode, url]);
  return JSON.parse(stdout) as Record<string, number>;
};
for (const file of ['track.mp3', 'track.webm']) {
  const [first, seek, cancel]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < TRIES; i += 1) {
    const opened = await probe('open', file);
    first.push((opened.firstPacketAtMs ?? NaN) - firstByteMs);
    const sought = await probe('seek', file);
    seek.push(sought.seekMs ?? NaN);
    cancel.push(sought.cancelMs ?? NaN);
  }
  print({ bench: 'transcode', what: 'waiting', file, tries: TRIES, firstPacketMs: median(first), seekMs: median(seek), cancelMs: median(cancel), worstCancelMs: Math.max(...cancel) });
}
site.close();
rmSync(dir, { recursive: true });
