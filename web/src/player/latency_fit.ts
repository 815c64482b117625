// Lines through averages of what is told of an output: through its latency, beneath the transient that a start leaves in that, and through
// its clock. Pure; all in microseconds.

import { leastSquares } from './least_squares';
import { valueAt, type Line } from './line';
import type { Average } from './output_reading';
import { startTransient } from './start_transient';

/** When the sample of context time 0 is heard, or would be. */
export interface LatencyFit extends Line {
  /** The transient began at `startedUs`, and is so large. */
  transientUs: number;
  startedUs: number;
}

/** How fast a sound card's clock and the page's run apart, usually: 100 microseconds a second. */
const USUAL_DRIFT = 100;
/** And by how much that may be off what was found before something happened to the output. */
const KNOWN_DRIFT_ERROR = 50;
/** What has been learned fades with this time constant. */
const MEMORY_S = 60;
const USUAL_TRANSIENT_US = 20_000;
/** What an average scatters by when all is quiet, and how far apart some are then. */
const QUIET_US = 400;
const QUIET_RANGE_US = 1_500;
/** How far the transient is off its shape. */
const SHAPE_ERROR = 0.05;
/** So many averages back their steadiness is judged. */
export const STEADY_AVERAGES = 16;
const PASSES = 2;

/** What is left of an average's weight; `ageS`: how many seconds it lies behind the last one, 0 or less. */
const fade = (ageS: number): number => Math.exp(ageS / MEMORY_S);

export const rangeOf = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

/** What is told at a time, the transient included. */
export const toldAt = (fit: LatencyFit, us: number): number => valueAt(fit, us) + fit.transientUs * startTransient(us - fit.startedUs);

/** By how much the page's time is ahead of the context's. Null without an average. */
export function fitClock(averages: readonly Average[]): Line | null {
  const [first, last] = [averages[0], averages.at(-1)];
  if (!first || !last) return null;
  const equations = averages.map(({ atUs, clockUs }) => {
    const ageS = (atUs - last.atUs) / 1e6;
    return { terms: [1, ageS], value: clockUs - first.clockUs, weight: fade(ageS) };
  });
  const [value = NaN, drift = NaN] = leastSquares(equations, [Infinity, USUAL_DRIFT]) ?? [];
  return { valueUs: first.clockUs + value, drift, atUs: last.atUs };
}

/** Null without an average. `knownDrift`: as it was found before, null where nothing was. What an average weighs depends on how large the transient is, and that on the weights: `before` is what was found last. */
export function fitLatency(averages: readonly Average[], startedUs: number, before: LatencyFit | null, knownDrift: number | null): LatencyFit | null {
  const [first, last] = [averages[0], averages.at(-1)];
  if (!first || !last) return null;
  const shape = averages.map(({ atUs }) => startTransient(atUs - startedUs));
  const [expectedDrift, driftError] = knownDrift === null ? [0, USUAL_DRIFT] : [knownDrift, KNOWN_DRIFT_ERROR];
  let fit = before;
  for (let pass = 0; pass < PASSES; pass += 1) {
    const doubts = doubtsOf(averages, shape, fit?.transientUs ?? 0);
    const equations = averages.map(({ atUs, heardUs }, i) => {
      const ageS = (atUs - last.atUs) / 1e6;
      return { terms: [1, ageS, shape[i] ?? 0], value: heardUs - first.heardUs - expectedDrift * ageS, weight: fade(ageS) / (doubts[i] ?? Infinity) ** 2 };
    });
    const [value = NaN, drift = NaN, transientUs = NaN] = leastSquares(equations, [Infinity, driftError, USUAL_TRANSIENT_US]) ?? [];
    fit = { valueUs: first.heardUs + value, drift: expectedDrift + drift, atUs: last.atUs, transientUs, startedUs };
  }
  return fit;
}

/** How far off each average may be: more where the transient is large, and where what is left without it has moved in the seconds before. */
function doubtsOf(averages: readonly Average[], shape: readonly number[], transientUs: number): number[] {
  const settled = averages.map(({ heardUs }, i) => heardUs - transientUs * (shape[i] ?? 0));
  return settled.map((_, i) => {
    const latest = settled.slice(Math.max(0, i + 1 - STEADY_AVERAGES), i + 1);
    const movedUs = Math.max(0, rangeOf(latest) - QUIET_RANGE_US);
    return Math.hypot(QUIET_US, SHAPE_ERROR * transientUs * (shape[i] ?? 0), movedUs);
  });
}
