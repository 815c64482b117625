import { describe, expect, test } from 'vitest';
import { valueAt } from '../src/player/line';
import { lowerHull, touches } from '../src/player/lower_hull';
import { fitOneWay, type OneWayDelays } from '../src/player/one_way_fit';

/** As a clock does that has seen some exchanges. */
const settledFit = (samples: OneWayDelays[]) => fitOneWay(samples, fitOneWay(samples, 0)?.drift ?? 0);

const at = (second: number, thereUs: number, backUs: number): OneWayDelays => ({ atUs: second * 1e6, thereUs, backUs });

describe('the lower hull', () => {
  const points = [[0, 3], [1, 1], [2, 2], [3, 0.5], [4, 4], [5, 3]].map(([x = 0, y = 0]) => ({ x, y }));

  test('keeps the points that are the lowest for some slope', () => {
    expect(lowerHull(points).map(({ x }) => x)).toEqual([0, 1, 3, 5]);
    for (const slope of [-5, -1, 0, 0.3, 2, 9]) expect(touches(lowerHull(points), slope)).toBe(touches(points, slope));
  });

  test('of a line are its ends, of points above one another the lowest', () => {
    expect(lowerHull([0, 1, 2, 3].map((x) => ({ x, y: 2 * x }))).map(({ x }) => x)).toEqual([0, 3]);
    expect(touches(lowerHull([{ x: 1, y: 5 }, { x: 1, y: 2 }]), 0)).toBe(2);
    expect(lowerHull([])).toEqual([]);
  });
});

describe('the fit of delays', () => {
  test('takes one short way there and another one back, whatever the rest took', () => {
    const fit = fitOneWay([at(0, 90_000, 900 - 5_000), at(0.1, 1_000 + 5_000, 70_000), at(0.2, 66_000, 80_000), at(0.3, 50_000, 44_000)], 0);
    expect(fit?.valueUs).toBeCloseTo(5_050, 0);
  });

  test.each([-300, -50, 0, 20, 100])('finds a drift of %d ppm, and says what it does not know yet', (drift) => {
    const samples = Array.from({ length: 61 }, (_, i) => at(i, 500 + (i % 7) * 40 + drift * i, 500 + (i % 5) * 60 - drift * i));
    const fit = settledFit(samples);
    expect(Math.abs(fit ? valueAt(fit, 0) : NaN)).toBeLessThan(50);
    expect(Math.abs((fit?.drift ?? NaN) - drift)).toBeLessThan(1.5);
    const first = settledFit(samples.slice(0, 8));
    expect(first?.deviationUs).toBeGreaterThan(2 * (fit?.deviationUs ?? 0));
  });

  test('a bound of long ago gives way to what has wandered since', () => {
    // As fast as can be at first; from then on nothing comes that fast, and the clocks have gone apart by 50 us.
    const samples = Array.from({ length: 200 }, (_, i) => at(i, i < 5 ? 1000 : 1050, i < 5 ? 1000 : 950));
    expect(Math.abs((fitOneWay(samples, 0)?.valueUs ?? NaN) - 50)).toBeLessThan(10);
  });

  test('knows nothing from nothing, and next to nothing from a single exchange', () => {
    expect(fitOneWay([], 0)).toBeNull();
    expect(fitOneWay([at(1, 7_000, 3_000)], 0)).toMatchObject({ valueUs: 2_000, deviationUs: Infinity });
  });
});
