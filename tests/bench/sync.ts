// How far apart two browsers' sound is, heard at the speakers: two real Chromiums in one null sink, one to each side, recorded and
// correlated a quarter of a second at a time, under each condition in turn. The second browser is the one that has it hard.

import { spawn } from 'node:child_process';
import type { Browser, Page } from 'playwright-core';
import { lags, launch, Speakers, stats } from '../fixtures/browser';
import { createRoom, Client } from '../fixtures/client';
import { MediaServer } from '../fixtures/media_server';
import { nowMs, print, quantile } from '../fixtures/measure';
import { TestServer } from '../fixtures/server';
import { SlowLine, type LineRule } from '../fixtures/slow_line';
import { until } from '../fixtures/until';

const SECONDS = Number(process.argv[2] ?? 60);
const PIECE = 5;

interface Condition {
  name: string;
  line?: LineRule;
  /** Begun before the measuring; returns what ends it. */
  disturb?: () => () => void;
}

const uniform = (least: number, most: number) => (): number => least + (most - least) * Math.random();
const CONDITIONS: Condition[] = [
  { name: 'clean' },
  { name: 'jitter 50 +- 30 ms', line: { there: uniform(20, 80), back: uniform(20, 80) } },
  { name: '128 kbit/s', line: { there: () => 5, back: () => 5, bytesPerSecond: 16_000 } },
  { name: '80 ms more one way', line: { there: () => 80, back: () => 0 } },
  {
    name: 'one core busy',
    disturb: () => {
      const load = spawn('bash', ['-c', 'while :; do :; done']);
      return () => load.kill('SIGKILL');
    },
  },
];

const server = await TestServer.start('--empty-room-grace', '3600');
const media = await MediaServer.start();
media.addLong('long.mp3', 3600);
const joined = await createRoom(server.base);
const remote = await Client.join(server.base, joined);
const problem = await remote.command({ op: 'play', link: `${media.base}/ranges/long.mp3` });
if (problem) throw new Error(problem.detail);

async function join(browser: Browser, base: string, name: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${base}/r/${joined.code}`);
  await page.getByRole('textbox', { name: 'Your name' }).fill(name);
  await page.getByRole('button', { name: 'Join room' }).click();
  await page.getByRole('list', { name: 'Listeners' }).getByText(name).waitFor();
  await until('sound', async () => (await stats(page)).level > 0.001);
  return page;
}

for (const { name, line: rule, disturb } of CONDITIONS) {
  const speakers = await Speakers.start();
  const line = rule && (await SlowLine.to(server.base, rule));
  const browsers = [await launch(speakers), await launch(speakers)] as const;
  const pages = [await join(browsers[0], server.base, 'Left'), await join(browsers[1], line?.base ?? server.base, 'Right')] as const;
  const joinedAt = nowMs();
  await until('both at the speakers', () => speakers.pan() === 2);
  const end = disturb?.();
  const offsets: { atMs: number; ms: number }[] = [];
  const resyncs = async (): Promise<number> => (await stats(pages[0])).resyncs + (await stats(pages[1])).resyncs;
  let before = NaN;
  while (nowMs() - joinedAt < (SECONDS + 20) * 1000) {
    if (Number.isNaN(before) && nowMs() - joinedAt > 20_000) before = await resyncs();
    const startMs = nowMs() - joinedAt;
    const { left, right } = await speakers.record(PIECE);
    lags(left, right).forEach(({ ms, likeness }, i) => {
      if (likeness > 0.5) offsets.push({ atMs: startMs + i * 250, ms });
    });
  }
  end?.();
  // Only what comes after the first 20 s counts; before that, when it came within 5 ms for good.
  const steady = offsets.filter(({ atMs }) => atMs > 20_000).map(({ ms }) => Math.abs(ms));
  const lastFar = offsets.filter(({ atMs, ms }) => atMs < 20_000 && Math.abs(ms) > 5).at(-1)?.atMs ?? 0;
  const holes = (await stats(pages[0])).underruns + (await stats(pages[1])).underruns;
  print({
    bench: 'sync', condition: name, seconds: SECONDS, windows: steady.length, medianMs: quantile(steady, 0.5), p95Ms: quantile(steady, 0.95), p99Ms: quantile(steady, 0.99), mostMs: Math.max(...steady),
    settledMs: lastFar, holes, jumps: (await resyncs()) - before,
  });
  for (const browser of browsers) await browser.close();
  line?.stop();
  speakers.stop();
}
remote.close();
await server.stop();
media.stop();
