// How far apart two browsers' sound is, heard at the speakers: two real Chromiums in one null sink, one to each side, recorded and
// correlated a quarter of a second at a time, under each condition in turn. The second browser is the one that has it hard.
//   sync [SECONDS] [CONDITION...]     of each condition, and which; without them a minute of every one
// The player of Sendspin for browsers is put through the same, where a condition needs nothing of ours ("sendspin-clean" and so on).
// `lagMs` is the median by which the second browser is later. Offsets count from two seconds after the second browser's joining on, but for three seconds
// after each disturbance; how long it takes to come within 1 and 5 ms for good is told apart, in ms.

import { hears, launch, launchBehind, launchPhone, stats } from '../fixtures/browser';
import { holesIn, lags, type Recording } from '../fixtures/recording';
import { Speakers } from '../fixtures/speakers';
import { createRoom, Client } from '../fixtures/client';
import { SendspinServer } from '../fixtures/sendspin';
import type { Condition, Disturbance, Stage } from '../fixtures/condition';
import { openWindow, pageOf, phoneOf, type Window } from '../fixtures/engines';
import { CONDITIONS } from '../fixtures/sync_conditions';
import { MediaServer } from '../fixtures/media_server';
import { median, nowMs, print, quantile } from '../fixtures/measure';
import { NarrowLine } from '../fixtures/narrow_line';
import { TestServer } from '../fixtures/server';
import { SlowLine } from '../fixtures/slow_line';
import type { Tab } from '../fixtures/tab';
import { until } from '../fixtures/until';

const SECONDS = Number(process.argv[2] ?? 60);
const WANTED = process.argv.slice(3);
const SETTLED_MS = 2_000;
const RECOVERED_MS = 3_000;
/** Two devices are one machine here: what one of them is busy with must not be taken for what the other one does. */
const IDLE_MS = 4_000;
const ALONE_MS = 15_000;
/** A narrow line takes its time for a page or a decoder. */
const PATIENCE_MS = 60_000;
/** Beyond what speakers without an adjustment are apart. */
const FAR_MS = 400;
/** For each letter of a name. */
const TYPING_MS = 250;

const server = await TestServer.start('--empty-room-grace', '3600', '--unused-room-grace', '3600', '--address', '::');
const media = await MediaServer.start();
media.addLong('long.mp3', 3600);
media.addLong('other.mp3', 3600);
const links = ['long.mp3', 'other.mp3'].map((name) => `${media.base}/ranges/${name}`);

/** A player in a browser, ours or a peer's. */
interface Contender {
  /** Where its pages are, for the address `base` of a line or a name. */
  base: string;
  open: (tab: Tab, base: string) => Promise<void>;
  /** Returns when (nowMs) it was told to play; resolves when it does. `onDevice` is called once its device runs. */
  join: (tab: Tab, name: string, onDevice?: () => Promise<unknown>) => Promise<number>;
  stats: (tab: Tab) => Promise<{ underruns: number; resyncs: number; output: string; decoder: string } | null>;
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

function ours(code: string): Contender {
  return {
    base: server.base,
    open: async (tab, base) => {
      await tab.goto(`${base}/r/${code}`);
      await tab.getByRole('textbox', { name: 'Your name' }).waitFor();
    },
    join: async (tab, name, onDevice) => {
      await tab.getByRole('textbox', { name: 'Your name' }).pressSequentially(name, { delay: TYPING_MS });
      await onDevice?.();
      const joinedAt = nowMs();
      await tab.getByRole('button', { name: 'Join room' }).click();
      await tab.getByRole('list', { name: 'Listeners' }).getByText(name).waitFor();
      await hears(tab);
      return joinedAt;
    },
    stats,
  };
}

function sendspin(peer: SendspinServer): Contender {
  return {
    base: peer.base,
    open: async (tab, base) => {
      await tab.goto(base);
    },
    join: async (tab, _, onDevice) => {
      const joinedAt = nowMs();
      await tab.getByRole('button', { name: 'Play' }).click();
      await onDevice?.();
      return joinedAt;
    },
    stats: () => Promise.resolve(null),
  };
}

/** The second browser's way to `base`: its address there, what it is started with, and by what. */
function wayTo(base: string, speakers: Speakers, { args = [], address, engines, phone }: Condition, line: SlowLine | null, narrow: NarrowLine | null): { base: string; start: () => Promise<Window> } {
  if (engines) return { base, start: () => openWindow(engines[1], speakers) };
  if (phone) return { base: line?.base ?? base, start: async () => phoneOf(await launchPhone(speakers, ...args), phone.slower) };
  if (!narrow) return { base: line?.base ?? (address ? base.replace('localhost', address) : base), start: async () => pageOf(await launch(speakers, ...args)) };
  const there = base.replace('localhost', narrow.host);
  return { base: there, start: async () => pageOf(await launchBehind(narrow, there, speakers, ...args)) };
}

interface Heard {
  sound: Recording;
  /** nowMs, when the second browser was told to play; the sound begins there. */
  joinedAt: number;
  disturbances: Disturbance[];
  /** When the second browser was there, and at the end. */
  before: Awaited<ReturnType<Contender['stats']>>[];
  after: Awaited<ReturnType<Contender['stats']>>[];
}

async function hear(contender: Contender, condition: Condition, command: Stage['command']): Promise<Heard> {
  const ends: (() => unknown)[] = [];
  const kept = <T>(thing: T, end: (thing: T) => unknown): T => {
    ends.unshift(() => end(thing));
    return thing;
  };
  try {
    const speakers = kept(await Speakers.start(condition.system), (each) => { each.stop(); });
    await condition.prepare?.(speakers);
    // From before the first browser on: a recording that begins changes how the sink works, and nobody else's joining does that.
    const recording = await speakers.startRecording();
    const line = condition.line ? kept(await SlowLine.to(contender.base, condition.line), (each) => { each.stop(); }) : null;
    const narrow = condition.kbps ? kept(new NarrowLine(condition.kbps), (each) => { each.remove(); }) : null;
    const hardWay = wayTo(contender.base, speakers, condition, line, narrow);
    const first = () => openWindow(condition.engines?.[0] ?? 'chromium', speakers);
    const windows = [kept(await first(), (each) => each.close()), kept(await hardWay.start(), (each) => each.close())] as const;
    const tabs = windows.map(({ tab }) => tab) as [Tab, Tab];
    await contender.open(tabs[0], contender.base);
    await contender.open(tabs[1], hardWay.base);
    await pause(IDLE_MS);
    await contender.join(tabs[0], 'Left');
    await pause(ALONE_MS);
    const joinedAt = await contender.join(tabs[1], 'Right', () => until('both at the speakers', () => speakers.pan() === 2, PATIENCE_MS));
    const before = await Promise.all(tabs.map(contender.stats));
    const lagMs = async (): Promise<number> => median(lags(await speakers.record(2), FAR_MS).map(({ ms }) => ms));
    const disturbances = (await condition.disturb?.({ windows, speakers, line, command, links, pause, lagMs }, SECONDS)) ?? [];
    const sound = await recording.take(joinedAt, Math.max(SECONDS, (nowMs() - joinedAt) / 1000));
    return { sound, joinedAt, disturbances, before, after: await Promise.all(tabs.map(contender.stats)) };
  } finally {
    for (const end of ends) await end();
  }
}

async function measure(player: string, contender: Contender, condition: Condition, command: Stage['command']): Promise<void> {
  const { name } = condition;
  const heard = await hear(contender, condition, command).catch((error: unknown) => {
    print({ bench: 'sync', player, condition: name, failed: String(error) });
    process.exitCode = 1;
    return null;
  });
  if (!heard) return;
  const { sound, joinedAt, disturbances, before, after } = heard;
  const offsets = lags(sound).map(({ atMs, ms, likeness }) => ({ at: joinedAt + atMs, lag: ms, off: likeness > 0.5 ? Math.abs(ms) : Infinity }));
  const settledMs = (from: number, to: number, limit: number): number => {
    const last = offsets.filter(({ at, off }) => at >= from && at < to && off > limit).at(-1);
    return last ? last.at + 250 - from : 0;
  };
  const calm = offsets.filter(({ at }) => at > joinedAt + SETTLED_MS && !disturbances.some((each) => at > each.from - 500 && at < each.to + RECOVERED_MS));
  const steady = calm.map(({ off }) => off).filter(Number.isFinite);
  const lagMs = quantile(calm.filter(({ off }) => Number.isFinite(off)).map(({ lag }) => lag), 0.5);
  const starts = [...disturbances.map(({ from }) => from), Infinity];
  const firstPart = Math.min(joinedAt + 20_000, starts[0] ?? Infinity);
  const grown = (of: 'underruns' | 'resyncs'): number => after.reduce((sum, each, i) => sum + (each?.[of] ?? NaN) - (before[i]?.[of] ?? 0), 0);
  print({
    bench: 'sync', player, condition: name, seconds: Math.round(sound.left.length / 48_000), windows: calm.length, unlike: calm.length - steady.length,
    medianMs: quantile(steady, 0.5), p95Ms: quantile(steady, 0.95), p99Ms: quantile(steady, 0.99), mostMs: Math.max(...steady), lagMs,
    joinedWithin1Ms: settledMs(joinedAt, firstPart, 1), joinedWithin5Ms: settledMs(joinedAt, firstPart, 5),
    ...Object.fromEntries(disturbances.map(({ name: what, to }, i) => [`${what}Within5Ms`, settledMs(to, Math.min(to + 20_000, starts[i + 1] ?? Infinity), 5)])),
    holes: holes(sound, joinedAt, disturbances), underruns: grown('underruns'), jumps: grown('resyncs'),
    output: after[1]?.output ?? '', decoder: after[1]?.decoder ?? '',
  });
  if (process.env.MUSICSPACE_TRACE) process.stderr.write(`${offsets.map(({ at, off, lag }) => `${String(Math.round(at - joinedAt))}:${(Number.isFinite(off) ? lag : NaN).toFixed(2)}`).join(' ')}\n`);
}

/** Where nothing is meant to fall silent, a silent millisecond of either side is a hole. */
function holes(sound: Recording, startedAt: number, disturbances: Disturbance[]): number {
  let [count, from] = [0, SETTLED_MS];
  const quiet = disturbances.map((each) => [each.from - startedAt - 500, each.to - startedAt + RECOVERED_MS] as const);
  for (const [silentFrom, silentTo] of [...quiet, [Infinity, Infinity] as const]) {
    for (const side of [sound.left, sound.right]) count += holesIn(side, Math.round(from), Math.round(Math.min(silentFrom, side.length / 48)));
    from = silentTo;
  }
  return count;
}

/** A room of its own with somebody who controls it; correlating takes so long that a connection that is older would have been given up. */
async function withRoom(use: (code: string, remote: Client, command: Stage['command']) => Promise<void>): Promise<void> {
  const room = await createRoom(server.base);
  const remote = await Client.join(server.base, room);
  const command: Stage['command'] = async (body) => {
    const problem = await remote.command(body);
    if (problem) throw new Error(problem.detail);
  };
  await command({ op: 'play', link: links[0] });
  await use(room.code, remote, command);
  remote.close();
}

for (const condition of CONDITIONS) {
  if (WANTED.length > 0 && !WANTED.includes(condition.name)) continue;
  await withRoom((code, _, command) => measure('music-space', ours(code), condition, command));
}
for (const condition of CONDITIONS.filter(({ isForPeers }) => isForPeers)) {
  if (WANTED.length > 0 && !WANTED.includes(`sendspin-${condition.name}`)) continue;
  await withRoom(async (_, remote, command) => {
    const peer = await SendspinServer.start();
    remote.onFrame = (frame) => {
      peer.push(frame);
    };
    await measure('sendspin', sendspin(peer), condition, command);
    peer.stop();
  });
}
await server.stop();
media.stop();
