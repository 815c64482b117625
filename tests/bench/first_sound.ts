// From a pasted link to the moment its first sample is due, against yt-dlp's own time for the same link, on this machine: idle, and with
// a program that wants all it can get for every core.

import { execFile, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { Client, createRoom } from '../fixtures/client';
import { MediaServer } from '../fixtures/media_server';
import { median, nowMs, print } from '../fixtures/measure';
import { TestServer } from '../fixtures/server';

const TRIES = 7;
const [server, media] = await Promise.all([TestServer.start(), MediaServer.start()]);
const client = await Client.join(server.base, await createRoom(server.base));

async function measure(file: string, machine: 'idle' | 'busy'): Promise<void> {
  const link = `${media.base}/ranges/${file}`;
  const resolving: number[] = [];
  const sounding: number[] = [];
  for (let i = 0; i < TRIES; i += 1) {
    const alone = nowMs();
    await promisify(execFile)('yt-dlp', ['--ignore-config', '--no-playlist', '--no-warnings', '--dump-single-json', '--', link]);
    resolving.push(nowMs() - alone);
    const pasted = nowMs();
    const problem = await client.command({ op: 'play', link });
    if (problem) throw new Error(problem.detail);
    const state = await client.status('playing');
    sounding.push(state.timeline.atUs / 1000 - pasted);
    await client.command({ op: 'stop' });
    await client.status('idle');
  }
  const [ytdlp, sound] = [median(resolving), median(sounding)];
  print({ bench: 'first_sound', file, machine, tries: TRIES, ytDlpMs: ytdlp, soundMs: sound, beyondYtDlpMs: sound - ytdlp, ofYtDlp: sound / ytdlp });
}

for (const file of ['noise.mp3', 'noise.webm', 'noise.m4a']) await measure(file, 'idle');
const hogs = Array.from({ length: availableParallelism() }, () => spawn(process.execPath, ['-e', 'for (;;);']));
try {
  await measure('noise.mp3', 'busy');
} finally {
  for (const hog of hogs) hog.kill();
}
client.close();
await server.stop();
media.stop();
