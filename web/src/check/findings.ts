// Grades the figures of a check and says which sentences tell them; writes them out for a bug report. Pure.

import type { OutputFacts } from '../player/output_facts';
import { median } from '../player/median';
import type { PlayerStats } from '../player/snapshot';
import { gradeOf as gradeOfError, type Grade } from '../room/sync_words';

/** A player's figures at one moment of the check. */
export type Sample = Pick<PlayerStats, 'syncErrorMs' | 'rttMs' | 'bufferMs' | 'tier' | 'underruns' | 'resyncs' | 'level' | 'decoder' | 'output'> & { atMs: number; latencyMs: number | null };

export interface Measured {
  /** From the command to play until the first sample with sound; null when there was none. */
  firstSoundMs: number | null;
  /** From the first sound on. */
  samples: readonly Sample[];
  output: OutputFacts | null;
  isSecure: boolean;
}

/** Which sentence says it, with its numbers, rounded for reading. */
export type Finding =
  | { about: 'silence'; grade: 'poor' }
  | { about: 'firstSound'; grade: Grade; seconds: string }
  | { about: 'holes'; grade: Grade; count: number }
  | { about: 'sync'; grade: Grade; ms: string; jumps: number }
  | { about: 'latencyReported' | 'latencyRough' | 'latencyAssumed'; grade: Grade; ms: string }
  | { about: 'ownDecoder' | 'wasmDecoder'; grade: Grade }
  | { about: 'audioThread' | 'pageThread' | 'pageThreadInsecure'; grade: Grade }
  | { about: 'line'; grade: Grade; ms: string; kbps: number };

const GOOD_FIRST_SOUND_MS = 3_000;
const FAIR_FIRST_SOUND_MS = 8_000;
/** Jumps at the beginning belong to finding the place. */
const SETTLING_MS = 3_000;
/** Below this tier music loses its highest tones. */
const GOOD_KBPS = 96;
const FAIR_KBPS = 48;

const gradeOf = (value: number, good: number, fair: number): Grade => (value <= good ? 'good' : value <= fair ? 'fair' : 'poor');

/** One figure of those samples that have it. */
const known = (samples: readonly Sample[], figure: 'syncErrorMs' | 'latencyMs' | 'rttMs'): number[] => samples.map((sample) => sample[figure]).filter((value) => value !== null);

const BY_CLOCK = { stamps: { about: 'latencyReported', grade: 'good' }, latency: { about: 'latencyRough', grade: 'fair' }, steps: { about: 'latencyAssumed', grade: 'fair' } } as const;

/** In the order in which they matter to a listener. */
export function findingsOf({ firstSoundMs, samples, output, isSecure }: Measured): Finding[] {
  const [first, last] = [samples[0], samples.at(-1)];
  if (firstSoundMs === null || !first || !last) return [{ about: 'silence', grade: 'poor' }];
  const settled = samples.filter(({ atMs }) => atMs - first.atMs > SETTLING_MS);
  const errors = known(settled, 'syncErrorMs').map(Math.abs);
  // Sound that has not come back is not counted by the player yet.
  const holes = last.underruns - first.underruns + (last.syncErrorMs === null ? 1 : 0);
  const jumps = settled.length > 0 ? last.resyncs - (settled[0]?.resyncs ?? 0) : 0;
  const findings: Finding[] = [
    { about: 'firstSound', grade: gradeOf(firstSoundMs, GOOD_FIRST_SOUND_MS, FAIR_FIRST_SOUND_MS), seconds: (firstSoundMs / 1000).toFixed(1) },
    { about: 'holes', grade: gradeOf(holes, 0, 1), count: holes },
  ];
  if (errors.length > 0) {
    const error = median(errors);
    const grades = [gradeOfError(error), gradeOf(jumps, 0, 1)];
    findings.push({ about: 'sync', grade: grades.includes('poor') ? 'poor' : grades.includes('fair') ? 'fair' : 'good', ms: error.toFixed(1), jumps });
  }
  const latencies = known(settled, 'latencyMs');
  if (output && latencies.length > 0) findings.push({ ...BY_CLOCK[output.clock], ms: median(latencies).toFixed(0) });
  findings.push(last.output === 'worklet' ? { about: 'audioThread', grade: 'good' } : { about: isSecure ? 'pageThread' : 'pageThreadInsecure', grade: 'fair' });
  findings.push(last.decoder === 'webcodecs' ? { about: 'ownDecoder', grade: 'good' } : { about: 'wasmDecoder', grade: 'fair' });
  const rtt = median(known(samples, 'rttMs'));
  if (last.tier !== null) findings.push({ about: 'line', grade: gradeOf(-last.tier, -GOOD_KBPS, -FAIR_KBPS), ms: rtt.toFixed(0), kbps: last.tier });
  return findings;
}

/** What goes into a bug report: the browser and figures; no person's name, room, address or link. */
export function reportText(measured: Measured, features: Record<string, boolean | string>): string {
  const { firstSoundMs, samples, output } = measured;
  const errors = known(samples, 'syncErrorMs');
  const latencies = known(samples, 'latencyMs');
  const last = samples.at(-1);
  const lines: [string, unknown][] = [
    ...Object.entries(features),
    ...Object.entries(output ?? {}),
    ['first sound (ms)', firstSoundMs === null ? 'none' : Math.round(firstSoundMs)],
    ['sync error (ms), median of all, least, most', errors.length > 0 ? [median(errors), Math.min(...errors), Math.max(...errors)].map((ms) => ms.toFixed(2)).join(', ') : 'none'],
    ['latency (ms), median', latencies.length > 0 ? median(latencies) : 'unknown'],
    ['holes, jumps, since the page was opened', last ? `${String(last.underruns)}, ${String(last.resyncs)}` : 'none'],
    ['round trip (ms)', last?.rttMs?.toFixed(1) ?? 'none'],
    ['bit rate (kbit/s)', last?.tier ?? 'none'],
    ['buffered (ms)', last ? Math.round(last.bufferMs) : 'none'],
    ['decoder, output', last ? `${last.decoder}, ${last.output}` : 'none'],
  ];
  return lines.map(([name, value]) => `${name}: ${typeof value === 'number' ? String(Math.round(value * 100) / 100) : String(value)}`).join('\n');
}
