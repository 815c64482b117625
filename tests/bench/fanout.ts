// What a listener costs, and what it cost elsewhere: the server, a bare epoll loop with the same bytes on the same schedule (the floor), and
// peers at the same rate of bytes. Processor time is of the process that sends. `fanout [SECONDS] [LISTENERS...]`, for each configuration.

import { print } from '../fixtures/measure';
import type { TestServer } from '../fixtures/server';
import { Crowd, type CrowdReport } from './load/crowd';
import { codesOf, startRooms, startServer } from './load/listening';
import { bun, floor, icecast, ws, type PeerServer } from './load/peers';
import { usageOf } from './load/process';

const JOINS_PER_SECOND = 1000;
const SETTLE_SECONDS = 6;
const ROOMS = 100;
const STUCK = 100;
/** Seconds of sound that a good line takes at a time: the floor too. */
const STRIDE = 2;

const [secondsArg, ...countArgs] = process.argv.slice(2).filter((each) => each !== '--').map(Number);
const seconds = secondsArg ?? 10;
const counts = countArgs.length > 0 ? countArgs : [100, 1000, 5000, 10_000];

interface Watched {
  report: CrowdReport;
  perListener: Record<string, number>;
}

async function watch(pid: number, crowd: Crowd, listeners: number, idleKb: number): Promise<Watched> {
  const before = usageOf(pid);
  const startedAt = performance.now();
  const report = await crowd.watch(seconds);
  const after = usageOf(pid);
  const listenerSeconds = (listeners * (performance.now() - startedAt)) / 1000;
  return {
    report,
    perListener: {
      usPerListenerSecond: (after.firstThreadUs - before.firstThreadUs) / listenerSeconds,
      usOfAllThreads: (after.allThreadsUs - before.allThreadsUs) / listenerSeconds,
      bytesPerListenerSecond: report.bytes / listeners / report.seconds,
      messagesPerListenerSecond: report.messages / listeners / report.seconds,
      kbPerListener: (after.residentKb - idleKb) / listeners,
    },
  };
}

const ahead = (report: CrowdReport): Record<string, number> => ({
  late: report.late,
  gaps: report.gaps,
  aheadLeastMs: report.aheadLeastMs ?? NaN,
  aheadP001Ms: report.aheadP001Ms ?? NaN,
  aheadMedianMs: report.aheadMedianMs ?? NaN,
});

async function ours(listeners: number, rooms: number, calls: 'io_uring' | 'send', more?: (crowd: Crowd, server: TestServer, idleKb: number) => Promise<void>): Promise<Watched> {
  const server = await startServer(...(calls === 'send' ? ['--no-io-uring'] : []));
  const hosts = await startRooms(server, rooms);
  const crowd = new Crowd(server.port, codesOf(hosts));
  // Its buffers have their size then.
  await crowd.watch(8);
  const alone = usageOf(server.pid);
  await crowd.watch(5);
  const idle = usageOf(server.pid);
  const joined = await crowd.join(listeners, JOINS_PER_SECOND);
  await crowd.watch(SETTLE_SECONDS);
  const watched = await watch(server.pid, crowd, listeners, idle.residentKb);
  print({
    bench: 'fanout', peer: `music-space, ${calls}`, listeners, rooms, ...watched.perListener, ...ahead(watched.report), aloneUsPerSecond: (idle.firstThreadUs - alone.firstThreadUs) / 5,
    joinP99Ms: joined.joinP99Ms ?? NaN, firstFrameP99Ms: joined.firstFrameP99Ms ?? NaN,
  });
  await more?.(crowd, server, idle.residentKb);
  await crowd.end();
  for (const host of hosts) host.close();
  await server.stop();
  return watched;
}

async function theirs(name: string, listeners: number, start: () => Promise<PeerServer>, options: { peer: 'websocket' | 'http'; path: string }): Promise<number> {
  const server = await start();
  const idleKb = usageOf(server.pid).residentKb;
  const crowd = new Crowd(server.port, [], options);
  await crowd.join(listeners, JOINS_PER_SECOND);
  await crowd.watch(SETTLE_SECONDS / 2);
  const { perListener } = await watch(server.pid, crowd, listeners, idleKb);
  // Others share the work among threads: all of them count.
  const all = name.startsWith('floor') ? perListener.usPerListenerSecond : perListener.usOfAllThreads;
  print({ bench: 'fanout', peer: name, listeners, rooms: 1, ...perListener });
  await crowd.end();
  await server.stop();
  return all ?? NaN;
}

const plain = { peer: 'websocket', path: '/' } as const;
for (const listeners of counts) {
  const first = await ours(listeners, 1, 'io_uring');
  const bytes = Math.round(first.perListener.bytesPerListenerSecond ?? 0);
  const floors = [await theirs('floor, send', listeners, () => floor(bytes * STRIDE, STRIDE * 1000, 'send'), plain)];
  const second = await ours(listeners, 1, 'io_uring');
  floors.push(await theirs('floor, send', listeners, () => floor(bytes * STRIDE, STRIDE * 1000, 'send'), plain));
  const uring = await theirs('floor, io_uring', listeners, () => floor(bytes * STRIDE, STRIDE * 1000, 'io_uring'), plain);
  const withSend = await ours(listeners, 1, 'send');
  const tenth = Math.round(bytes / 10);
  const bunUs = await theirs('bun, 10 messages/s', listeners, () => bun(tenth, 10), plain);
  await theirs('bun, 1 message/s', listeners, () => bun(bytes, 1), plain);
  await theirs('ws, 10 messages/s', listeners, () => ws(tenth, 10), plain);
  await theirs('icecast', listeners, () => icecast(bytes, listeners + 100), { peer: 'http', path: '/live' });
  const us = ((first.perListener.usPerListenerSecond ?? 0) + (second.perListener.usPerListenerSecond ?? 0)) / 2;
  const floorUs = floors.reduce((sum, each) => sum + each, 0) / floors.length;
  print({ bench: 'fanout', peer: 'ratios', listeners, ofFloor: us / floorUs, withSendOfFloor: (withSend.perListener.usPerListenerSecond ?? 0) / floorUs, uringFloorOfFloor: uring / floorUs, ofBun: us / bunUs });
}
const most = Math.min(5000, Math.max(...counts));
await ours(most, ROOMS, 'io_uring', async (crowd, server, idleKb) => {
  const { report, perListener } = await watch(server.pid, crowd, most, idleKb);
  print({ bench: 'fanout', peer: 'music-space, again', listeners: most, rooms: ROOMS, ...perListener, ...ahead(report) });
});
await ours(most, 1, 'io_uring', async (crowd, server, idleKb) => {
  const joins = await crowd.join(200, 20);
  print({ bench: 'fanout', peer: 'music-space, 200 more join', listeners: most, firstFrameMedianMs: joins.firstFrameMedianMs ?? NaN, firstFrameP99Ms: joins.firstFrameP99Ms ?? NaN, joinP99Ms: joins.joinP99Ms ?? NaN });
  await crowd.stick(STUCK);
  await crowd.watch(8);
  const { report, perListener } = await watch(server.pid, crowd, most, idleKb);
  print({ bench: 'fanout', peer: `music-space, ${String(STUCK)} stuck`, listeners: most, ...perListener, ...ahead(report) });
});
process.exit(0);
