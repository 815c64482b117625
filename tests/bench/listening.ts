// Measures what a tab takes that listens: the processor time, wakeups and memory of all its browser's processes, and bytes. `listening [MINUTES] [PART...]`: how
// long each state is watched, and which parts: an engine or "phone" (in front, playing and paused, and hidden), "tiers" (the bytes of each), "first" (which tier a line gets
// before any sound has come over it).

import { readdirSync, readFileSync } from 'node:fs';
import { hears, launch, launchBehind, launchPhone, stats } from '../fixtures/browser';
import { spawnBound } from '../fixtures/child';
import { Client, createRoom } from '../fixtures/client';
import { ENGINES, openWindow, pageOf, phoneOf, type Window } from '../fixtures/engines';
import { nowMs, print } from '../fixtures/measure';
import { MediaServer } from '../fixtures/media_server';
import { NarrowLine } from '../fixtures/narrow_line';
import { TestServer } from '../fixtures/server';
import { SlowLine } from '../fixtures/slow_line';
import { Speakers } from '../fixtures/speakers';
import type { Tab } from '../fixtures/tab';
import { until } from '../fixtures/until';

const [minutesArg = '1', ...wanted] = process.argv.slice(2).filter((each) => each !== '--');
const MS = Number(minutesArg) * 60_000;
const SETTLED_MS = 20_000;
const TIER_MS = 40_000;
/** A narrow line takes its time for a page. */
const PATIENCE_MS = 120_000;
const TIERS = [24, 48, 96, 160];
/** Neither the display that WebKitGTK needs here nor the drivers are the browser. */
const BROWSERS = /chrom|firefox|MiniBrowser|WebKit(?!WebDriver)/;

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it has ended meanwhile
  }
};
const browserProcesses = (): number[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name) && BROWSERS.test(read(`/proc/${name}/cmdline`).split('\0')[0] ?? '')).map(Number);

interface Taken {
  cpuMs: Map<number, number>;
  wakeups: Map<string, number>;
  megabytes: number;
}

const TICKS_A_SECOND = 100;

/** Of each process the processor time, threads that have ended included; of each thread how often it has waited and been woken. */
function taken(pids: readonly number[]): Taken {
  const all: Taken = { cpuMs: new Map(), wakeups: new Map(), megabytes: 0 };
  for (const pid of pids) {
    const [utime = 0, stime = 0] = (read(`/proc/${String(pid)}/stat`).split(') ').at(-1)?.split(' ') ?? []).slice(11, 13).map(Number);
    all.cpuMs.set(pid, ((utime + stime) * 1000) / TICKS_A_SECOND);
    all.megabytes += Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${String(pid)}/smaps_rollup`))?.[1] ?? 0) / 1024;
    for (const task of tasksOf(pid)) all.wakeups.set(`${String(pid)}/${task}`, Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(read(`/proc/${String(pid)}/task/${task}/status`))?.[1] ?? 0));
  }
  return all;
}

function tasksOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${String(pid)}/task`);
  } catch {
    return []; // it has ended meanwhile
  }
}

/** What has been added, by those that were there before and by those that have come since. */
const grown = <K>(before: Map<K, number>, after: Map<K, number>): number => [...after].reduce((sum, [key, value]) => sum + value - (before.get(key) ?? 0), 0);

const server = await TestServer.start('--empty-room-grace', '3600', '--address', '::');
const media = await MediaServer.start();
media.addLong('long.mp3', 3600);
const room = await createRoom(server.base);
const remote = await Client.join(server.base, room);
const command = async (body: Parameters<Client['command']>[0]): Promise<void> => {
  const problem = await remote.command(body);
  if (problem) throw new Error(problem.detail);
};
await command({ op: 'play', link: `${media.base}/ranges/long.mp3` });

async function join(tab: Tab, base: string): Promise<void> {
  await tab.goto(`${base}/r/${room.code}`);
  await tab.getByRole('textbox', { name: 'Your name' }).fill('Nell');
  await tab.getByRole('button', { name: 'Join room' }).click();
  await tab.getByRole('list', { name: 'Listeners' }).getByText('Nell').waitFor();
  await hears(tab, PATIENCE_MS);
}

async function watch(browser: string, state: string, pids: () => number[], line: SlowLine, ms: number): Promise<void> {
  const [before, bytes, from] = [taken(pids()), line.bytesBack, nowMs()];
  await pause(ms);
  const [after, minutes] = [taken(pids()), (nowMs() - from) / 60_000];
  print({
    bench: 'listening', browser, state, cpuSecondsAMinute: grown(before.cpuMs, after.cpuMs) / 1000 / minutes, wakeupsASecond: grown(before.wakeups, after.wakeups) / 60 / minutes,
    megabytesBefore: before.megabytes, megabytesAfter: after.megabytes, megabytesAnHour: ((line.bytesBack - bytes) / 2 ** 20 / minutes) * 60,
  });
}

async function listen(browser: string, open: (speakers: Speakers) => Promise<Window>): Promise<void> {
  const others = new Set(browserProcesses());
  const speakers = await Speakers.start();
  const line = await SlowLine.to(server.base, { there: () => 0, back: () => 0 });
  const window = await open(speakers);
  const own = (): number[] => browserProcesses().filter((pid) => !others.has(pid));
  try {
    await join(window.tab, line.base);
    await pause(SETTLED_MS);
    await watch(browser, 'in front, playing', own, line, MS);
    await command({ op: 'pause' });
    await pause(SETTLED_MS);
    await watch(browser, 'in front, paused', own, line, MS);
    await window.hide();
    await command({ op: 'resume' });
    await pause(SETTLED_MS);
    await watch(browser, 'hidden, playing', own, line, MS);
  } finally {
    await window.close();
    line.stop();
    speakers.stop();
  }
}

async function bytesByTier(): Promise<void> {
  const speakers = await Speakers.start();
  const line = await SlowLine.to(server.base, { there: () => 0, back: () => 0 });
  const window = await openWindow('chromium', speakers);
  try {
    await join(window.tab, line.base);
    await window.page?.locator('summary', { hasText: 'Sync' }).click();
    for (const tier of TIERS) {
      await window.page?.getByRole('combobox', { name: 'Quality' }).selectOption(String(tier));
      await until(`${String(tier)} kbit/s`, async () => (await stats(window.tab)).tier === tier);
      await pause(SETTLED_MS);
      const [bytes, from] = [line.bytesBack, nowMs()];
      await pause(TIER_MS);
      const kbps = ((line.bytesBack - bytes) * 8) / (nowMs() - from);
      print({ bench: 'listening', browser: 'chromium', state: `tier ${String(tier)}`, kbps, ofTier: kbps / tier, megabytesAnHour: (kbps * 3600 * 1000) / 8 / 2 ** 20 });
    }
  } finally {
    await window.close();
    line.stop();
    speakers.stop();
  }
}

/** Prints the tier of the first sound, which the server chooses by what the page tells of its line. `base`: where the page is called. */
async function firstTier(state: string, base: string, open: (speakers: Speakers) => Promise<Window>): Promise<void> {
  const speakers = await Speakers.start();
  try {
    const window = await open(speakers);
    window.page?.setDefaultTimeout(PATIENCE_MS);
    try {
      await join(window.tab, base);
      print({ bench: 'listening', browser: 'chromium', state: `first, ${state}`, firstTier: (await stats(window.tab)).tier ?? NaN });
    } finally {
      await window.close();
    }
  } finally {
    speakers.stop();
  }
}

async function firstTiers(): Promise<void> {
  const chromium = async (speakers: Speakers): Promise<Window> => pageOf(await launch(speakers));
  for (const ms of [0, 150, 300]) {
    const line = await SlowLine.to(server.base, { there: () => ms, back: () => ms });
    await firstTier(`round trips of ${String(2 * ms)} ms`, line.base, chromium).finally(() => { line.stop(); });
  }
  const loads = [1, 2, 3, 4].map(() => spawnBound('bash', ['-c', 'while :; do :; done'], { stdio: 'ignore' }));
  await firstTier('a busy machine', server.base, chromium).finally(() => { for (const load of loads) load.kill('SIGKILL'); });
  await firstTier('data saver', server.base, async (speakers) => {
    const window = await chromium(speakers);
    const devtools = await window.page?.context().newCDPSession(window.page);
    await devtools?.send('Emulation.setDataSaverOverride', { dataSaverEnabled: true });
    return window;
  });
  for (const kbps of [64, 128, 512]) {
    const narrow = new NarrowLine(kbps);
    const base = server.base.replace('localhost', narrow.host);
    await firstTier(`${String(kbps)} kbit/s`, base, async (speakers) => pageOf(await launchBehind(narrow, base, speakers))).finally(() => { narrow.remove(); });
  }
}

const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
try {
  for (const engine of ENGINES) if (isWanted(engine)) await listen(engine, (speakers) => openWindow(engine, speakers));
  // At this machine's own speed: what slows a page down here is a loop that takes the rest.
  if (isWanted('phone')) await listen('phone', async (speakers) => phoneOf(await launchPhone(speakers), 1));
  if (isWanted('tiers')) await bytesByTier();
  if (isWanted('first')) await firstTiers();
} finally {
  remote.close();
  await server.stop();
  media.stop();
}
process.exit(0);
