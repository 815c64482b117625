import { describe, expect, test } from 'vitest';
import { MAX_RATE, Servo } from '../src/player/worklet/servo';

const BLOCK_US = (128 * 1e6) / 48_000;

/** Errors in microseconds, a block apart, on a sound card whose clock runs `ppm` too fast, with readings that scatter by `noiseUs`. */
function follow(seconds: number, startUs: number, ppm: number, noiseUs = 0): { errors: number[]; rates: number[] } {
  const servo = new Servo();
  const errors: number[] = [];
  const rates: number[] = [];
  let error = startUs;
  for (let block = 0; block * BLOCK_US < seconds * 1e6; block += 1) {
    const rate = servo.rate(error + noiseUs * Math.sin(block * 12.9898), BLOCK_US);
    error += (rate * (1 + ppm * 1e-6) - 1) * BLOCK_US;
    errors.push(error);
    rates.push(rate);
  }
  return { errors, rates };
}

const at = (values: number[], seconds: number): number => values[Math.floor((seconds * 1e6) / BLOCK_US)] ?? NaN;

describe('the servo', () => {
  test('corrects within the limit, and settles', () => {
    const { errors, rates } = follow(30, 20_000, 0);
    expect(Math.max(...rates.map((rate) => Math.abs(rate - 1)))).toBeLessThanOrEqual(MAX_RATE + 1e-12);
    expect(Math.abs(at(errors, 20))).toBeLessThan(500);
    expect(Math.min(...errors)).toBeGreaterThan(-2000); // hardly overshoots
  });

  test.each([100, -300])('leaves no error on a clock that is off by %d ppm', (ppm) => {
    const { errors } = follow(60, 0, ppm);
    expect(Math.max(...errors.slice(-1000).map(Math.abs))).toBeLessThan(1);
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(300);
  });

  test('for hours', () => {
    const { errors } = follow(2 * 3600, 5000, 80, 300);
    const worst = errors.slice(Math.floor(errors.length / 2)).reduce((most, error) => Math.max(most, Math.abs(error)), 0);
    expect(worst).toBeLessThan(30);
  });
});
