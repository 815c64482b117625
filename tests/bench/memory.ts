// The server's memory while a three-hour file plays: all along it in steps, and then a minute in one place.

import { Client, createRoom } from '../fixtures/client';
import { MediaServer } from '../fixtures/media_server';
import { print } from '../fixtures/measure';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';
import { usageOf } from './load/process';

const HOURS = 3;
const STEP_MS = 300_000;
const [server, media] = await Promise.all([TestServer.start(), MediaServer.start()]);
const residentMb = (): number => usageOf(server.pid).residentKb / 1024;

media.addLong('long.mp3', HOURS * 3600);
const client = await Client.join(server.base, await createRoom(server.base));
const problem = await client.command({ op: 'play', link: `${media.base}/ranges/long.mp3` });
if (problem) throw new Error(problem.detail);
const idle = residentMb();
const along: number[] = [];
for (let at = 0; at < HOURS * 3_600_000 - 10_000; at += STEP_MS) {
  client.frames.length = 0;
  await client.command({ op: 'seek', positionMs: at });
  await until('three seconds of sound from there', () => client.frames.filter((frame) => frame.epoch === client.state?.epoch).length >= 8, 60_000);
  along.push(residentMb());
}
client.frames.length = 0;
await client.command({ op: 'seek', positionMs: 3_600_000 });
const before = residentMb();
await until('a minute', () => client.frames.filter((frame) => frame.epoch === client.state?.epoch).length >= 120, 90_000);
print({
  bench: 'memory', hours: HOURS, fileMb: media.sizeOf('long.mp3') / 2 ** 20, startMb: idle, firstTenMb: Math.max(...along.slice(0, 10)), lastTenMb: Math.max(...along.slice(-10)),
  minuteBeforeMb: before, minuteAfterMb: residentMb(),
});
client.close();
await server.stop();
media.stop();
