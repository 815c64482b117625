import { describe, expect, test } from 'vitest';
import { interpolate } from '../src/player/worklet/interpolator';

/** The signal `of`, given by its samples, at places `rate` apart. */
function resampled(of: (sample: number) => number, rate: number, count: number): number[] {
  const samples = Float32Array.from({ length: Math.ceil(count * rate) + 200 }, (_, i) => of(i));
  const made = new Float32Array(count);
  interpolate(samples, samples, 100, rate, count, made, new Float32Array(count));
  return [...made];
}

const rms = (values: number[]): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

describe('the interpolator', () => {
  test.each([100, 1000, 10_000, 16_000])('a tone of %d Hz stays a tone while it is played 0.2 %% faster: what is added lies 60 dB below it, and more', (hertz) => {
    const tone = (sample: number): number => Math.sin((2 * Math.PI * hertz * sample) / 48_000);
    const made = resampled(tone, 1.002, 20_000);
    const error = made.map((value, i) => value - tone(100 + i * 1.002));
    expect(20 * Math.log10(rms(error) / Math.SQRT1_2)).toBeLessThan(-70);
  });

  test('lets a constant through as it is', () => {
    for (const value of resampled(() => 1, 0.9987, 1000)) expect(value).toBeCloseTo(1, 5);
  });
});
