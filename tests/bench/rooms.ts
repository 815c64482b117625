// Many rooms with one listener each, all transcoding: what they take of the machine, and whether frames come ahead of their time.
// `rooms [ROOMS...]`.

import { print } from '../fixtures/measure';
import { Crowd } from './load/crowd';
import { codesOf, startRooms, startServer } from './load/listening';
import { usageOf } from './load/process';

const SECONDS = 15;
const counts = process.argv.slice(2).filter((each) => each !== '--').map(Number);
for (const rooms of counts.length > 0 ? counts : [1, 100, 200, 300]) {
  const server = await startServer();
  const hosts = await startRooms(server, rooms);
  const crowd = new Crowd(server.port, codesOf(hosts));
  await crowd.join(rooms, 100);
  await crowd.watch(10);
  const before = usageOf(server.pid);
  const report = await crowd.watch(SECONDS);
  const after = usageOf(server.pid);
  const cores = (us: number): number => us / 1e6 / SECONDS;
  const background = after.idleClassUs - before.idleClassUs;
  print({
    bench: 'rooms', rooms, coresOfIo: cores(after.firstThreadUs - before.firstThreadUs), coresOfAll: cores(after.allThreadsUs - before.allThreadsUs - background), coresOfLoudness: cores(background),
    residentMb: after.residentKb / 1024, late: report.late, gaps: report.gaps, holesMs: report.holesMs, aheadLeastMs: report.aheadLeastMs ?? NaN, aheadMedianMs: report.aheadMedianMs ?? NaN,
  });
  await crowd.end();
  for (const host of hosts) host.close();
  await server.stop();
}
process.exit(0);
