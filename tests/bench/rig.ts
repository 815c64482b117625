// Plays one sound as two plain streams to the speakers of each sound system, and measures how steadily one lags behind the other, and holes. No browser takes
// part, so this is what the rig itself adds to the figures of `sync`. `rig [SECONDS]`; a line for each system.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { holesIn, lags } from '../fixtures/recording';
import { Speakers, type SoundSystem } from '../fixtures/speakers';
import { spawnBound } from '../fixtures/child';
import { nowMs, print, quantile } from '../fixtures/measure';
import { until } from '../fixtures/until';

const SECONDS = Number(process.argv[2] ?? 30);
const SETTLED_MS = 2_000;
const SYSTEMS: SoundSystem[] = ['pulseaudio', 'pipewire'];

for (const system of SYSTEMS) {
  const speakers = await Speakers.start(system);
  const path = join(speakers.environment.HOME, 'noise.wav');
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', `anoisesrc=color=pink:seed=5:amplitude=0.5:sample_rate=48000:duration=${String(SECONDS + 10)}`, '-ac', '2', path]);
  const recording = await speakers.startRecording();
  const players = [1, 2].map(() => spawnBound('paplay', ['--latency-msec=50', path], { env: speakers.environment, stdio: 'ignore' }));
  await until('both at the speakers', () => speakers.pan() === 2);
  const sound = await recording.take(nowMs() + SETTLED_MS, SECONDS);
  for (const player of players) player.kill();
  const found = lags(sound).filter(({ likeness }) => likeness > 0.5);
  const middle = quantile(found.map(({ ms }) => ms), 0.5);
  const off = found.map(({ ms }) => Math.abs(ms - middle));
  print({
    bench: 'rig', system, seconds: SECONDS, windows: found.length, lagMs: middle, aroundThatMedianMs: quantile(off, 0.5), aroundThatP99Ms: quantile(off, 0.99),
    holes: holesIn(sound.left, 0, SECONDS * 1000) + holesIn(sound.right, 0, SECONDS * 1000),
  });
  speakers.stop();
}
