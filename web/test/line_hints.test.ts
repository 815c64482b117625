import { expect, test } from 'vitest';
import { measuredKbps, type Transfer } from '../src/player/line_hints';

const transfer = (kB: number, fromMs: number, toMs: number, transferred = kB * 1000 + 300, roundTripMs = 0): Transfer => ({
  encodedBodySize: kB * 1000, transferSize: transferred, requestStart: fromMs - roundTripMs, responseStart: fromMs, responseEnd: toMs,
});

test('files that come one after the other tell the rate', () => {
  expect(measuredKbps([transfer(80, 1000, 21_000), transfer(40, 50_000, 60_000)])).toBeCloseTo(32);
});

test('files that come at a time share the line', () => {
  expect(measuredKbps([transfer(40, 0.5, 20_000.5), transfer(20, 5000, 15_000), transfer(20, 10_000.5, 20_000.5)])).toBeCloseTo(32);
});

test('what the cache had, and what is too little, tells nothing', () => {
  expect(measuredKbps([])).toBeUndefined();
  expect(measuredKbps([transfer(5, 100, 2000)])).toBeUndefined();
  expect(measuredKbps([transfer(100, 100, 110, 0), transfer(100, 100, 110, 300)])).toBeUndefined();
  expect(measuredKbps([transfer(100, 100, 110, 0), transfer(30, 200, 1200)])).toBeCloseTo(240);
});

test('files that a busy machine or a server at its start has slowed do not count against the line', () => {
  expect(measuredKbps([transfer(15, 100, 9100), transfer(100, 9200, 9600), transfer(15, 9700, 15_000)])).toBeCloseTo(2000);
});

test('a far server’s round trips and the slow start of a connection do not count against the line', () => {
  // 100 kB take two round trips of 600 ms beyond the first, whatever the line.
  expect(measuredKbps([transfer(100, 1000, 2150, 100_300, 600)])).toBeUndefined();
  expect(measuredKbps([transfer(100, 1000, 3700, 100_300, 600)])).toBeCloseTo(533, 0);
  expect(measuredKbps([transfer(100, 1000, 26_400, 100_300, 200)])).toBeCloseTo(32);
  // A small file that came too fast to tell, and a large one that tells.
  expect(measuredKbps([transfer(21, 1000, 1560, 21_300, 600), transfer(100, 2000, 6000, 100_300, 600)])).toBeCloseTo(351, 0);
});
