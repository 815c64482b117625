import { describe, expect, test } from 'vitest';
import { leastSquares } from '../src/player/least_squares';

describe('least squares', () => {
  test('finds what the values were made of', () => {
    const equations = Array.from({ length: 50 }, (_, i) => ({ terms: [1, i, Math.sin(i)], value: 7 - 2 * i + 3 * Math.sin(i), weight: 4 }));
    expect(leastSquares(equations, [Infinity, Infinity, Infinity])?.map((each) => Number(each.toFixed(9)))).toEqual([7, -2, 3]);
    const mean = leastSquares(Array.from({ length: 25 }, () => ({ terms: [1], value: 5, weight: 1 / 4 })), [Infinity]);
    expect(mean?.[0]).toBeCloseTo(5, 9);
  });

  test('keeps to what is known beforehand where the equations tell nothing, and has no answer where neither does', () => {
    const equations = [{ terms: [1, 0], value: 3, weight: 1 }];
    expect(leastSquares(equations, [Infinity, 10])).toEqual([3, 0]);
    expect(leastSquares(equations, [Infinity, Infinity])).toBeNull();
    expect(leastSquares([], [Infinity])).toBeNull();
  });

  test('believes the heavier of two', () => {
    const mean = leastSquares([{ terms: [1], value: 0, weight: 3 }, { terms: [1], value: 4, weight: 1 }], [Infinity]);
    expect(mean?.[0]).toBeCloseTo(1, 9);
  });
});
