// A server with a library of one long track, and rooms that play it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, createRoom } from '../../fixtures/client';
import { MediaServer } from '../../fixtures/media_server';
import { TestServer } from '../../fixtures/server';

const library = mkdtempSync(join(tmpdir(), 'musicspace-library-'));
const media = await MediaServer.start();
media.addLong('long.mp3', 600);
writeFileSync(join(library, 'long.mp3'), Buffer.from(await (await fetch(`${media.base}/ranges/long.mp3`)).arrayBuffer()));
media.stop();
process.once('exit', () => {
  rmSync(library, { recursive: true, force: true });
});

export const startServer = (...flags: string[]): Promise<TestServer> => TestServer.start('--library', library, '--room-size', '0', '--max-pipelines', '500', ...flags);

/** Rooms that play from the track's start, each with one who stays. */
export async function startRooms(server: TestServer, count: number): Promise<Client[]> {
  const hosts: Client[] = [];
  for (let i = 0; i < count; i += 1) {
    const host = await Client.join(server.base, await createRoom(server.base));
    const problem = await host.command({ op: 'play', link: 'library:long.mp3' });
    if (problem) throw new Error(problem.detail);
    hosts.push(host);
  }
  return hosts;
}

export const codesOf = (hosts: readonly Client[]): string[] => hosts.map((host) => host.state?.code ?? '');
