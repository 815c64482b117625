// A thousand people join one room within a second, while others listen in it: how long each waits for sound, and what the others notice.
// `joins [LISTENING] [JOINING]`.

import { print } from '../fixtures/measure';
import { Crowd } from './load/crowd';
import { codesOf, startRooms, startServer } from './load/listening';

const [listening = 1000, joining = 1000] = process.argv.slice(2).filter((each) => each !== '--').map(Number);
const server = await startServer();
const hosts = await startRooms(server, 1);
const there = new Crowd(server.port, codesOf(hosts));
const coming = new Crowd(server.port, codesOf(hosts));
await there.join(listening, 500);
await there.watch(6);
const calm = await there.watch(6);
const [noticed, joined] = await Promise.all([there.watch(6), coming.join(joining, joining)]);
print({
  bench: 'joins', listening, joining, heard: joined.listening, seconds: joined.seconds, closed: joined.closed, joinMedianMs: joined.joinMedianMs ?? NaN, joinP99Ms: joined.joinP99Ms ?? NaN,
  joinMostMs: joined.joinMostMs ?? NaN, firstFrameMedianMs: joined.firstFrameMedianMs ?? NaN, firstFrameP99Ms: joined.firstFrameP99Ms ?? NaN, gaps: joined.gaps + noticed.gaps, lateForOthers: noticed.late,
  calmAheadLeastMs: calm.aheadLeastMs ?? NaN, aheadLeastMs: noticed.aheadLeastMs ?? NaN, textsForEachOther: noticed.texts / listening,
});
await coming.end();
await there.end();
for (const host of hosts) host.close();
await server.stop();
process.exit(0);
