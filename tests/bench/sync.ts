// How far apart two browsers' sound is, heard at the speakers: two real Chromiums in one null sink, one to each side, recorded and
// correlated a quarter of a second at a time, under each condition in turn. The second browser is the one that has it hard.
//   sync [SECONDS] [CONDITION...]     of each condition, and which; without them a minute of every one
// Offsets count from two seconds after the second browser's joining on, but for three seconds after each disturbance; how long it takes
// to come within 1 and 5 ms for good is told apart, in ms.

import type { Browser, Page } from 'playwright-core';
import { holesIn, lags, launch, Speakers, stats } from '../fixtures/browser';
import { createRoom, Client } from '../fixtures/client';
import { CONDITIONS, type Condition, type Stage } from '../fixtures/sync_conditions';
import { MediaServer } from '../fixtures/media_server';
import { nowMs, print, quantile } from '../fixtures/measure';
import { TestServer } from '../fixtures/server';
import { SlowLine } from '../fixtures/slow_line';
import { until } from '../fixtures/until';

const SECONDS = Number(process.argv[2] ?? 60);
const WANTED = process.argv.slice(3);
const SETTLED_MS = 2_000;
const RECOVERED_MS = 3_000;
/** A machine that has just started two browsers is busy; a person types a name meanwhile. */
const IDLE_MS = 4_000;

const server = await TestServer.start('--empty-room-grace', '3600');
const media = await MediaServer.start();
media.addLong('long.mp3', 3600);
media.addLong('other.mp3', 3600);
const links = ['long.mp3', 'other.mp3'].map((name) => `${media.base}/ranges/${name}`);

async function open(browser: Browser, base: string, code: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${base}/r/${code}`);
  await page.getByRole('textbox', { name: 'Your name' }).waitFor();
  return page;
}

async function join(page: Page, name: string): Promise<number> {
  await page.getByRole('textbox', { name: 'Your name' }).pressSequentially(name, { delay: 100 });
  const joinedAt = nowMs();
  await page.getByRole('button', { name: 'Join room' }).click();
  await page.getByRole('list', { name: 'Listeners' }).getByText(name).waitFor();
  await until('sound', async () => (await stats(page)).level > 0.001);
  return joinedAt;
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

async function measure({ name, line: rule, args = [], address, disturb }: Condition): Promise<void> {
  const room = await createRoom(server.base);
  const remote = await Client.join(server.base, room);
  const command = async (body: Record<string, unknown> & { op: string }): Promise<void> => {
    const problem = await remote.command(body);
    if (problem) throw new Error(problem.detail);
  };
  await command({ op: 'play', link: links[0] });
  const speakers = await Speakers.start();
  const line = rule && (await SlowLine.to(server.base, rule));
  const browsers = [await launch(speakers), await launch(speakers, ...args)] as const;
  const hardBase = line?.base ?? (address ? server.base.replace('localhost', address) : server.base);
  const pages = [await open(browsers[0], server.base, room.code), await open(browsers[1], hardBase, room.code)] as const;
  await pause(IDLE_MS);
  await join(pages[0], 'Left');
  const joinedAt = await join(pages[1], 'Right');
  await until('both at the speakers', () => speakers.pan() === 2);
  const recording = await speakers.startRecording();
  const stage: Stage = { pages, browsers, line: line ?? null, command, links, pause };
  const before = await Promise.all(pages.map(stats));
  const disturbances = disturb ? await disturb(stage, SECONDS) : [];
  const sound = await recording.take(Math.max(SECONDS, (nowMs() - recording.startedAt) / 1000));
  const after = await Promise.all(pages.map(stats));

  const offsets = lags(sound).map(({ atMs, ms, likeness }) => ({ at: recording.startedAt + atMs, off: likeness > 0.5 ? Math.abs(ms) : Infinity }));
  const settledMs = (from: number, to: number, limit: number): number => {
    const last = offsets.filter(({ at, off }) => at >= from && at < to && off > limit).at(-1);
    return last ? last.at + 250 - from : 0;
  };
  const calm = offsets.filter(({ at }) => at > joinedAt + SETTLED_MS && !disturbances.some((each) => at > each.from - 500 && at < each.to + RECOVERED_MS));
  const steady = calm.map(({ off }) => off).filter(Number.isFinite);
  const ends = [...disturbances.map(({ from }) => from), Infinity];
  // Where nothing is meant to fall silent, a silent millisecond is a hole.
  const quiet = disturbances.map(({ from, to }) => [from - recording.startedAt - 500, to - recording.startedAt + RECOVERED_MS] as const);
  let holes = 0;
  let from = 1000;
  for (const [silentFrom, silentTo] of [...quiet, [Infinity, Infinity] as const]) {
    for (const side of [sound.left, sound.right]) holes += holesIn(side, Math.round(from), Math.round(Math.min(silentFrom, side.length / 48)));
    from = silentTo;
  }
  print({
    bench: 'sync', condition: name, seconds: Math.round(sound.left.length / 48_000), windows: calm.length, unlike: calm.length - steady.length,
    medianMs: quantile(steady, 0.5), p95Ms: quantile(steady, 0.95), p99Ms: quantile(steady, 0.99), mostMs: Math.max(...steady),
    joinedWithin1Ms: settledMs(joinedAt, Math.min(joinedAt + 20_000, ends[0] ?? Infinity), 1), joinedWithin5Ms: settledMs(joinedAt, Math.min(joinedAt + 20_000, ends[0] ?? Infinity), 5),
    ...Object.fromEntries(disturbances.map(({ name: what, to }, i) => [`${what}Within5Ms`, settledMs(to, Math.min(to + 20_000, ends[i + 1] ?? Infinity), 5)])),
    holes, underruns: after.reduce((sum, each, i) => sum + each.underruns - (before[i]?.underruns ?? 0), 0), jumps: after.reduce((sum, each, i) => sum + each.resyncs - (before[i]?.resyncs ?? 0), 0),
    output: after[1]?.output ?? '', decoder: after[1]?.decoder ?? '',
  });
  if (process.env.MUSICSPACE_TRACE) process.stderr.write(`${offsets.map(({ at, off }) => `${String(Math.round(at - joinedAt))}:${off.toFixed(2)}`).join(' ')}\n`);
  for (const browser of browsers) await browser.close();
  line?.stop();
  speakers.stop();
  remote.close();
}

for (const condition of CONDITIONS) {
  if (WANTED.length === 0 || WANTED.includes(condition.name)) await measure(condition);
}
await server.stop();
media.stop();
