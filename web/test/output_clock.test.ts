import { describe, expect, test } from 'vitest';
import { OutputClock } from '../src/player/output_clock';

/** A repeatable scatter between -1 and 1. */
function scatter(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 1_073_741_824 - 1;
  };
}

const read = (clock: OutputClock, from: number, count: number, contextZeroUs: number, latencyUs: () => number): void => {
  const dice = scatter(from + 1);
  for (let i = from; i < from + count; i += 1) {
    const nowUs = contextZeroUs + i * 50_000;
    clock.add(nowUs, nowUs - contextZeroUs + dice() * 10_000, latencyUs());
  }
};

describe('the output clock', () => {
  test('knows nothing before some readings', () => {
    const clock = new OutputClock();
    read(clock, 0, 4, 1e6, () => 30_000);
    expect(clock.heardAtContextZeroUs).toBeNaN();
    read(clock, 4, 1, 1e6, () => 30_000);
    expect(clock.heardAtContextZeroUs).not.toBeNaN();
  });

  test('sees through readings that scatter', () => {
    const clock = new OutputClock();
    const dice = scatter(7);
    read(clock, 0, 200, 1e6, () => 30_000 + dice() * 6_000);
    expect(Math.abs(clock.heardAtContextZeroUs - 1_030_000)).toBeLessThan(4_000);
  });

  test('follows within half a second when rendering was held up', () => {
    const clock = new OutputClock();
    read(clock, 0, 100, 1e6, () => 30_000);
    read(clock, 100, 10, 1.4e6, () => 30_000);
    expect(Math.abs(clock.heardAtContextZeroUs - 1_430_000)).toBeLessThan(8_000);
  });

  test('is not led away by a latency that is reported too high for seconds', () => {
    const clock = new OutputClock();
    read(clock, 0, 60, 1e6, () => 45_000);
    let reported = 45_000;
    read(clock, 60, 150, 1e6, () => (reported += 600));
    expect(Math.abs(clock.heardAtContextZeroUs - 1_045_000)).toBeLessThan(5_000);
  });

  test('does without a latency where the browser tells none', () => {
    const clock = new OutputClock();
    read(clock, 0, 40, 1e6, () => NaN);
    read(clock, 40, 10, 1e6, () => -1_226_000);
    expect(Math.abs(clock.heardAtContextZeroUs - 1e6)).toBeLessThan(4_000);
  });
});
