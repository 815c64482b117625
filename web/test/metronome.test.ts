import { describe, expect, test } from 'vitest';
import { clickAt, tapsBehindMs } from '../src/player/worklet/metronome';

describe('the metronome', () => {
  test('clicks at full seconds, and is silent between', () => {
    expect(Math.max(...Array.from({ length: 48 }, (_, i) => clickAt(7e6 + i * 20)))).toBeGreaterThan(0.2);
    for (let us = 40_000; us < 1e6; us += 777) expect(clickAt(7e6 + us)).toBe(0);
    expect(clickAt(7e6)).toBe(0); // starts from silence, without a step
  });

  test.each([
    ['late', [120, 131, 118, 125, 122], 122],
    ['early', [-80, -92, -85, -78, -84], -84],
    ['with one slip', [120, 131, 118, 400, 122, 125, 119], 122],
  ])('tells how far taps are off: %s', (_, offsMs, expected) => {
    expect(tapsBehindMs(offsMs.map((ms, i) => (5 + i) * 1e6 + ms * 1000))).toBeCloseTo(expected, 3);
  });

  test('does not tell from few taps, nor from wild ones', () => {
    expect(tapsBehindMs([1e6, 2e6, 3e6, 4e6])).toBeNull();
    expect(tapsBehindMs([1e6, 2.2e6, 3.4e6, 4.6e6, 5.8e6])).toBeNull();
  });
});
