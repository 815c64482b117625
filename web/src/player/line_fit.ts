// A line through values over time, by weighted least squares, with a slope that is known to be small. Pure; all in microseconds.

import { leastSquares } from './least_squares';

export interface Line {
  valueUs: number;
  /** Microseconds per second. */
  drift: number;
  /** The last value's time: `valueUs` is the line's value then. */
  atUs: number;
}

/** Null without a sample. `usualDrift`: one standard deviation of the slope as it is known beforehand, microseconds per second. */
export function fitLine<Sample extends { atUs: number }>(
  samples: readonly Sample[],
  valueOf: (sample: Sample) => number,
  /** `ageS`: how many seconds it lies behind the last one, 0 or less. */
  weightOf: (sample: Sample, ageS: number) => number,
  usualDrift: number,
): Line | null {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last) return null;
  const firstUs = valueOf(first);
  const equations = samples.map((sample) => {
    const ageS = (sample.atUs - last.atUs) / 1e6;
    return { terms: [1, ageS], value: valueOf(sample) - firstUs, weight: weightOf(sample, ageS) };
  });
  const [value, drift] = leastSquares(equations, [Infinity, usualDrift]) ?? [];
  return value === undefined || drift === undefined ? null : { valueUs: firstUs + value, drift, atUs: last.atUs };
}

/** The line's value at a time. */
export const valueAt = (line: Line, us: number): number => line.valueUs + (line.drift * (us - line.atUs)) / 1e6;
