import { describe, expect, test } from 'vitest';
import { findingsOf, reportText, type Measured, type Sample } from '../src/check/findings';
import type { OutputFacts } from '../src/player/output_facts';

const output: OutputFacts = { sampleRate: 48_000, baseLatencyMs: 23, outputLatencyMs: 40, clock: 'stamps' };
const sample: Sample = { atMs: 0, latencyMs: 41.6, syncErrorMs: 0.2, rttMs: 30, bufferMs: 4_000, tier: 160, underruns: 0, resyncs: 1, level: 0.1, decoder: 'webcodecs', output: 'worklet' };
const during = (change: (sample: Sample, i: number) => Partial<Sample> = () => ({})): Sample[] => Array.from({ length: 120 }, (_, i) => ({ ...sample, atMs: i * 100, ...change(sample, i) }));
const measured = (change: Partial<Measured> = {}): Measured => ({ firstSoundMs: 900, samples: during(), output, isSecure: true, ...change });
const gradesOf = (of: Measured): Record<string, string> => Object.fromEntries(findingsOf(of).map(({ about, grade }) => [about, grade]));

describe('what a check has found', () => {
  test('all is well', () => {
    expect(gradesOf(measured())).toEqual({ firstSound: 'good', holes: 'good', sync: 'good', latencyReported: 'good', audioThread: 'good', ownDecoder: 'good', line: 'good' });
  });

  test('silence is all that is to be said of silence', () => {
    expect(findingsOf(measured({ firstSoundMs: null, samples: [] }))).toEqual([{ about: 'silence', grade: 'poor' }]);
  });

  test('jumps while the place is being found do not count, later ones do', () => {
    expect(gradesOf(measured({ samples: during((_, i) => ({ resyncs: i < 20 ? 1 : 3 })) })).sync).toBe('good');
    expect(gradesOf(measured({ samples: during((_, i) => ({ resyncs: i < 60 ? 1 : 2 })) })).sync).toBe('fair');
    expect(gradesOf(measured({ samples: during((_, i) => ({ resyncs: i < 60 ? 1 : 4 })) })).sync).toBe('poor');
  });

  test('holes from before the first sound do not count', () => {
    expect(gradesOf(measured({ samples: during(() => ({ underruns: 2 })) })).holes).toBe('good');
    expect(gradesOf(measured({ samples: during((_, i) => ({ underruns: i < 50 ? 2 : 4 })) })).holes).toBe('poor');
  });

  test.each([
    ['an error that is heard as two speakers', { samples: during(() => ({ syncErrorMs: -9 })) }, { sync: 'fair' }],
    ['an echo', { samples: during(() => ({ syncErrorMs: 40 })) }, { sync: 'poor' }],
    ['no latency reported', { output: { ...output, clock: 'steps' as const } }, { latencyAssumed: 'fair' }],
    ['a latency without stamps', { output: { ...output, clock: 'latency' as const } }, { latencyRough: 'fair' }],
    ['sound that ends and does not come back', { samples: during((_, i) => ({ syncErrorMs: i < 60 ? 0.2 : null })) }, { holes: 'fair' }],
    ['no audio thread', { samples: during(() => ({ output: 'scheduled' as const })) }, { pageThread: 'fair' }],
    ['no https', { samples: during(() => ({ output: 'scheduled' as const })), isSecure: false }, { pageThreadInsecure: 'fair' }],
    ['the page\u2019s decoder', { samples: during(() => ({ decoder: 'wasm' as const })) }, { wasmDecoder: 'fair' }],
    ['a narrow line', { samples: during(() => ({ tier: 24 })) }, { line: 'poor' }],
    ['a slow start', { firstSoundMs: 12_000 }, { firstSound: 'poor' }],
  ])('%s', (_, change, expected) => {
    expect(gradesOf(measured(change))).toMatchObject(expected);
  });

  test('the report has the figures', () => {
    const text = reportText(measured(), { 'audio thread': true });
    expect(text.split('\n')).toEqual([
      'audio thread: true', 'sampleRate: 48000', 'baseLatencyMs: 23', 'outputLatencyMs: 40', 'clock: stamps', 'first sound (ms): 900', 'sync error (ms), median of all, least, most: 0.20, 0.20, 0.20',
      'latency (ms), median: 41.6', 'holes, jumps, since the page was opened: 0, 1', 'round trip (ms): 30.0', 'bit rate (kbit/s): 160', 'buffered (ms): 4000', 'decoder, output: webcodecs, worklet',
    ]);
  });
});
