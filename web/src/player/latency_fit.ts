// A line through averages of what is told of an output's latency, beneath what the sound system tells wrong. Pure; all in microseconds.

import { solve, type Equation, type Solution } from './least_squares';
import type { Line } from './line';
import type { Average } from './output_reading';
import { BEGINS_OFF, meanOf, slopeOf, TILTED, type Shape } from './told_latency';

/** When the output started, as far as is known; `again`: what was known of its clock, and by how much its told slope was off, when it did so not for the first time. */
export interface Start {
  atUs: number;
  again: { drift: number; tilt: number } | null;
}

/** Something that went wrong in what the sound system was told: since when, the shape of what it leaves, how large it should be, and how far off that usually is. */
export interface Fault {
  atUs: number;
  shape: Shape;
  expected: number;
  usual: number;
}

/** When the sample of context time 0 is heard, or would be. */
export interface LatencyFit extends Line {
  /** When the stream started. */
  startedUs: number;
  /** What is told wrong, and how large that is. */
  faults: { fault: Fault; size: number }[];
  /** The sum of squares of what is left unexplained, each in parts of how far off it may be. */
  cost: number;
}

/** How fast a sound card's clock and the page's run apart, usually: 100 microseconds a second. */
const USUAL_DRIFT = 100;
/** And by how much that may be off what was found before something happened to the output. */
export const KNOWN_DRIFT_ERROR = 50;
/** What has been learned fades with this time constant. */
const MEMORY_S = 60;
/** Of a stream's first answer, of its slope in microseconds a second where it starts again before it has settled, and of a later answer. */
const USUAL_OFFSET_US = 8_000;
const USUAL_TILT = 5_000;
const USUAL_ANSWER_US = 5_000;
/** How far an average may be off: when all is quiet, by how its readings scatter, by how well the shapes are known, and where no latency is told but the buffer's. */
const QUIET_US = 250;
const OF_SCATTER = 0.3;
const SHAPE_ERROR = 0.03;
const LEAST_US = 20_000;
/** When the stream may have started, by when that was noticed: the first time when the context's time moved. */
const FIRST_US = { from: -100_000, to: 300_000 };
const AGAIN_US = { from: -300_000, to: 400_000 };
const STEP_US = 20_000;
/** What a start leaves is nearly over then, and when it was no longer looked for. */
const SETTLED_US = 25e6;

export const beginsOff = (atUs: number): Fault => ({ atUs, shape: BEGINS_OFF, expected: 0, usual: USUAL_OFFSET_US });
export const isTilted = (atUs: number, tilt: number): Fault => ({ atUs, shape: TILTED, expected: tilt, usual: USUAL_TILT });
export const answerOff = (atUs: number, shape: Shape): Fault => ({ atUs, shape, expected: 0, usual: USUAL_ANSWER_US });

export const middleOf = ({ fromUs, toUs }: Average): number => (fromUs + toUs) / 2;

/** What a fault of size 1 adds to an average. */
export const faultIn = ({ fromUs, toUs }: Average, { atUs, shape }: Fault): number => meanOf(shape, fromUs - atUs, toUs - atUs);

/** And what it adds to each of some. */
export interface FaultIn {
  fault: Fault;
  terms: number[];
}

export const faultInEach = (averages: readonly Average[], fault: Fault): FaultIn => ({ fault, terms: averages.map((average) => faultIn(average, fault)) });

/** Solves an equation for each average with the faults' sizes as unknowns more, which are found by how far they are off what is expected; `usual`: what is known of the others. */
export function solveWith(faults: readonly FaultIn[], equations: readonly Equation[], usual: readonly number[]): Solution | null {
  const all = equations.map(({ terms, value, weight }, i) => {
    const added = faults.map((each) => each.terms[i] ?? 0);
    return { terms: [...terms, ...added], value: value - faults.reduce((sum, { fault }, j) => sum + fault.expected * (added[j] ?? 0), 0), weight };
  });
  return solve(all, [...usual, ...faults.map(({ fault }) => fault.usual)]);
}

/** What all that is told wrong adds to it. */
export const wrongIn = (average: Average, fit: LatencyFit): number => fit.faults.reduce((sum, { fault, size }) => sum + size * faultIn(average, fault), 0);

/** By how much what is told runs away then, in microseconds a second. */
export const tiltAt = (us: number, fit: LatencyFit): number => fit.faults.reduce((sum, { fault, size }) => sum + size * slopeOf(fault.shape, us - fault.atUs), 0);

/** What averages weigh: inverse variances. */
export function weightsOf(averages: readonly Average[], fit: LatencyFit | null): number[] {
  const someTellMore = averages.some(({ isLeast }) => !isLeast);
  return averages.map((average) => {
    const shape = fit ? SHAPE_ERROR * wrongIn(average, fit) : 0;
    return Math.hypot(QUIET_US, OF_SCATTER * average.scatterUs, shape, average.isLeast && someTellMore ? LEAST_US : 0) ** -2;
  });
}

export function* range(from: number, to: number, step: number): Generator<number> {
  for (let at = from; at <= to; at += step) yield at;
}

/** Null without an average. `answers`: those known to have been off; `before`: what was found last, by which large errors' shapes are trusted less. */
export function fitLatency(averages: readonly Average[], start: Start, answers: readonly Fault[], before: LatencyFit | null): LatencyFit | null {
  const [first, last] = [averages[0], averages.at(-1)];
  if (!first || !last) return null;
  const atUs = middleOf(last);
  const { again } = start;
  const expectedDrift = again?.drift ?? 0;
  const { from, to } = again ? AGAIN_US : FIRST_US;
  const starts = before && atUs - start.atUs > SETTLED_US ? [before.startedUs] : range(start.atUs + from, start.atUs + to, STEP_US);
  const weights = weightsOf(averages, before);
  const equations = averages.map((average, i) => {
    const ageS = (middleOf(average) - atUs) / 1e6;
    return { terms: [1, ageS], value: average.heardUs - first.heardUs - expectedDrift * ageS, weight: (weights[i] ?? 0) * Math.exp(ageS / MEMORY_S) };
  });
  const known = answers.map((answer) => faultInEach(averages, answer));
  let best: LatencyFit | null = null;
  for (const startedUs of starts) {
    const causes = [beginsOff(startedUs), ...(again ? [isTilted(startedUs, again.tilt)] : [])];
    const all = [...known, ...causes.map((cause) => faultInEach(averages, cause))];
    const solved = solveWith(all, equations, [Infinity, again ? KNOWN_DRIFT_ERROR : USUAL_DRIFT]);
    if (!solved || solved.cost >= (best?.cost ?? Infinity)) continue;
    const [value = NaN, drift = NaN, ...sizes] = solved.found;
    const faults = all.map(({ fault }, i) => ({ fault, size: fault.expected + (sizes[i] ?? 0) }));
    best = { valueUs: first.heardUs + value, drift: expectedDrift + drift, atUs, startedUs, faults, cost: solved.cost };
  }
  return best ?? before;
}
