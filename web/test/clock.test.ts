import { describe, expect, test } from 'vitest';
import { nextExchangeMs, ServerClock } from '../src/player/clock';

const OFFSET = 5e9;

/** Numbers from 0 to 1 that are the same each time. */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Line {
  there: (random: () => number, atUs: number) => number;
  back: (random: () => number, atUs: number) => number;
  /** Parts per million by which the server's clock runs faster than the client's. */
  ppm: number;
}

/** An exchange at client time `at`, microseconds. */
function exchange(at: number, there: number, back: number, offset = OFFSET) {
  const received = at + there + offset;
  return { clientSentUs: at, serverReceivedUs: received, serverSentUs: received + 50, clientReceivedUs: at + there + 50 + back };
}

/** Absolute errors in ms: right after the burst, and at each exchange of ten minutes from the second on. */
function simulate(line: Line, seed: number): { burstMs: number; laterMs: number[] } {
  const random = dice(seed);
  const clock = new ServerClock();
  const laterMs: number[] = [];
  let burstMs = NaN;
  let at = 0;
  for (let count = 0; at < 600e6; count += 1) {
    at += nextExchangeMs(count, clock.deviationUs) * 1000;
    const offset = OFFSET + at * line.ppm * 1e-6;
    const made = exchange(at, line.there(random, at), line.back(random, at), offset);
    expect(clock.add(made), `no step at ${String(at)}`).toBe(false);
    const errorMs = Math.abs(clock.offsetUs(made.clientReceivedUs) - (OFFSET + made.clientReceivedUs * line.ppm * 1e-6)) / 1000;
    if (count === 20) burstMs = errorMs;
    if (at > 60e6) laterMs.push(errorMs);
  }
  return { burstMs, laterMs };
}

const quantile = (values: number[], part: number): number => [...values].sort((a, b) => a - b)[Math.floor(values.length * part)] ?? NaN;
const tail = (random: () => number, mean: number): number => -mean * Math.log(1 - random());
const within = (random: () => number, least: number, most: number): number => least + (most - least) * random();

describe('the server clock', () => {
  test('one short round trip outweighs all that had to queue', () => {
    const clock = new ServerClock();
    for (let count = 0; count < 50; count += 1) clock.add(exchange(count * 2e6, 500, 160_000 + (count % 7) * 3000));
    expect(Math.abs(clock.offsetUs(100e6) - OFFSET)).toBeGreaterThan(70e3);
    expect(clock.add(exchange(100e6, 500, 500))).toBe(false);
    expect(Math.abs(clock.offsetUs(100e6) - OFFSET)).toBeLessThan(1000);
  });

  const wired = (random: () => number): number => 200 + tail(random, 100);
  const jittery = (random: () => number): number => within(random, 20e3, 80e3);
  const steady = (random: () => number): number => 20e3 + tail(random, 100);
  const wireless = (random: () => number): number => 2000 + tail(random, 3000) + (random() < 0.05 ? tail(random, 80e3) : 0);
  const queued = (random: () => number, at: number): number => 5000 + tail(random, 500) + (at % 500e3 < 250e3 ? within(random, 0, 400e3) : 0);

  test.each([
    ['wired', { there: wired, back: wired, ppm: 0 }, { burst: 0.1, median: 0.02, p99: 0.05 }],
    ['wired, clocks apart', { there: wired, back: wired, ppm: 100 }, { burst: 0.1, median: 0.02, p99: 0.05 }],
    ['50 +- 30 ms each way', { there: jittery, back: jittery, ppm: -100 }, { burst: 5, median: 0.3, p99: 1.5 }],
    ['50 +- 30 ms on the way back', { there: steady, back: jittery, ppm: 20 }, { burst: 8, median: 0.3, p99: 1 }],
    ['wireless', { there: wireless, back: wireless, ppm: 20 }, { burst: 0.5, median: 0.1, p99: 0.25 }],
    ['a full line down', { there: wired, back: queued, ppm: 20 }, { burst: 5, median: 2.6, p99: 2.8 }], // half of the 5 ms that no exchange can see
  ])('on a line that is %s', (_name, line, limits) => {
    const runs = [1, 2, 3].map((seed) => simulate(line, seed * 7919));
    const later = runs.flatMap((run) => run.laterMs);
    expect(quantile(runs.map((run) => run.burstMs), 0.5)).toBeLessThan(limits.burst);
    expect(quantile(later, 0.5)).toBeLessThan(limits.median);
    expect(quantile(later, 0.99)).toBeLessThan(limits.p99);
  });

  test('a page that is too busy to take every answer at once is no reason to be off', () => {
    const busy = (random: () => number): number => wired(random) + (random() < 0.5 ? tail(random, 8e3) : 0);
    const { burstMs, laterMs } = simulate({ there: wired, back: busy, ppm: 30 }, 5);
    expect(burstMs).toBeLessThan(0.15);
    expect(quantile(laterMs, 0.99)).toBeLessThan(0.05);
  });

  test('is exact on a symmetric line', () => {
    const clock = new ServerClock();
    for (let i = 0; i < 5; i += 1) clock.add(exchange(i * 1e6, 10_000, 10_000));
    expect(clock.offsetUs(4e6)).toBeCloseTo(OFFSET, 3);
    expect(clock.rttUs).toBe(20_000);
  });

  test.each([3600e6, -40_000, 5000])('notices within three exchanges that a clock has stepped by %d us', (step) => {
    const random = dice(3);
    const clock = new ServerClock();
    let at = 0;
    for (let i = 0; i < 200; i += 1, at += 500e3) expect(clock.add(exchange(at, wired(random), wired(random)))).toBe(false);
    const noticed = [1, 2, 3].map(() => clock.add(exchange((at += 500e3), wired(random), wired(random), OFFSET + step)));
    expect(noticed).toEqual([false, false, true]);
    expect(Math.abs(clock.offsetUs(at) - OFFSET - step)).toBeLessThan(500);
  });

  test('one strange exchange is no step, and is not believed', () => {
    const clock = new ServerClock();
    for (let i = 0; i < 100; i += 1) {
      clock.add(exchange(i * 500e3, 300, 300, i === 50 ? OFFSET + 9e6 : OFFSET));
      expect(Math.abs(clock.offsetUs(i * 500e3) - OFFSET)).toBeLessThan(50);
    }
  });

  test('a longer way, also one that stays, changes nothing that was known', () => {
    const clock = new ServerClock();
    for (let i = 0; i < 400; i += 1) clock.add(exchange(i * 500e3, i < 200 ? 5000 : 60_000, 5000));
    expect(Math.abs(clock.offsetUs(200e6) - OFFSET)).toBeLessThan(1000);
  });

  test('is ready after three exchanges', () => {
    const clock = new ServerClock();
    expect(clock.ready).toBe(false);
    expect(clock.offsetUs(0)).toBeNaN();
    for (let i = 0; i < 3; i += 1) clock.add(exchange(i, 100, 100));
    expect(clock.ready).toBe(true);
  });

  test('drops impossible stamps', () => {
    const clock = new ServerClock();
    clock.add({ clientSentUs: 10, serverReceivedUs: 0, serverSentUs: 0, clientReceivedUs: 0 });
    clock.add({ clientSentUs: NaN, serverReceivedUs: 0, serverSentUs: 0, clientReceivedUs: 0 });
    expect(clock.rttUs).toBe(Infinity);
  });
});
