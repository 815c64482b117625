import { describe, expect, test } from 'vitest';
import { ServerClock } from '../src/player/clock';

const OFFSET = 5_000_000;

/** An exchange at client time `at` with the given delays, all in microseconds. */
function exchange(at: number, there: number, back: number) {
  const received = at + there + OFFSET;
  return { clientSentUs: at, serverReceivedUs: received, serverSentUs: received + 50, clientReceivedUs: at + there + 50 + back };
}

describe('the server clock', () => {
  test('is exact on a symmetric line', () => {
    const clock = new ServerClock();
    for (let i = 0; i < 5; i += 1) clock.add(exchange(i * 1e6, 10_000, 10_000));
    expect(clock.offsetUs).toBeCloseTo(OFFSET, 6);
    expect(clock.rttUs).toBe(20_000);
  });

  test('believes the exchanges that were delayed least', () => {
    const clock = new ServerClock();
    for (let i = 0; i < 20; i += 1) clock.add(exchange(i * 1e5, 10_000 + (i % 5) * 8_000, 10_000));
    expect(Math.abs(clock.offsetUs - OFFSET)).toBeLessThan(100);
  });

  test('is ready after three exchanges, and forgets on reset', () => {
    const clock = new ServerClock();
    expect(clock.ready).toBe(false);
    expect(clock.offsetUs).toBeNaN();
    for (let i = 0; i < 3; i += 1) clock.add(exchange(i, 100, 100));
    expect(clock.ready).toBe(true);
    clock.reset();
    expect(clock.ready).toBe(false);
  });

  test('drops impossible stamps', () => {
    const clock = new ServerClock();
    clock.add({ clientSentUs: 10, serverReceivedUs: 0, serverSentUs: 0, clientReceivedUs: 0 });
    clock.add({ clientSentUs: NaN, serverReceivedUs: 0, serverSentUs: 0, clientReceivedUs: 0 });
    expect(clock.rttUs).toBe(Infinity);
  });
});
