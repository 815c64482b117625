// When samples are heard, as a line over time, and how large each error of PulseAudio's smoother is: weighted least squares over the averages of what was told.
// Where a sound system has no such errors they come out as nothing. Pure; all in microseconds.

import { solve, type Equation, type Solution } from '../least_squares';
import type { Line } from '../line';
import type { Average } from '../output_reading';
import { ANSWER_WRONG, EARLY_ANSWER_WRONG, FIRST_ANSWER_WRONG, growthAt, laterAnswers, meanBetween, RATE_WRONG, type Shape } from './smoother_error';

/** A stream's start, as far as is known. `again`, if the stream has played before: the drift of its clock, and by how much the smoother's slope was off. */
export interface Start {
  atUs: number;
  again: { drift: number; rateError: number } | null;
}

/** A cause of errors: since when, the shape of the error, the size that is expected, and the standard deviation from that. */
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
  /** The errors in what is told, with their sizes. */
  faults: { fault: Fault; size: number }[];
  /** The sum of squared residuals, each divided by its variance. */
  cost: number;
}

/** How fast a sound card's clock and the page's usually run apart, in microseconds a second. */
const USUAL_DRIFT = 100;
/** By how much the drift may differ from what was found before a disturbance. */
export const KNOWN_DRIFT_ERROR = 50;
/** Old averages lose weight with this time constant. */
const MEMORY_S = 60;
/** Standard deviations: of a stream's first answer, of the slope (microseconds a second) when a stream starts again, and of a later answer. */
const USUAL_OFFSET_US = 8_000;
const USUAL_RATE_ERROR = 5_000;
const USUAL_ANSWER_US = 5_000;
/** The same of every answer of a sound system that works in blocks, such as PipeWire: of a block of 512 samples, as a whole. */
const ROUGH_ANSWER_US = 3_000;
/** The standard deviation of an average adds up from: its error when all is quiet, this part of its readings' scatter, this part of the errors that are taken out
 * of it, and, where no latency is told but the buffer's, an error that leaves it next to no weight. */
const QUIET_US = 250;
const OF_SCATTER = 0.3;
const SHAPE_ERROR = 0.03;
const LEAST_US = 20_000;
/** The stream's start is looked for in this span around the moment when it was noticed. A first start is noticed by the context's time, which moves. */
const FIRST_US = { from: -100_000, to: 300_000 };
const AGAIN_US = { from: -300_000, to: 400_000 };
const STEP_US = 20_000;
/** After this the errors of a start are nearly over, and its moment is no longer looked for. */
const SETTLED_US = 25e6;

export const firstAnswerWrong = (atUs: number): Fault => ({ atUs, shape: FIRST_ANSWER_WRONG, expected: 0, usual: USUAL_OFFSET_US });
export const rateWrong = (atUs: number, rateError: number): Fault => ({ atUs, shape: RATE_WRONG, expected: rateError, usual: USUAL_RATE_ERROR });
export const answerWrong = (atUs: number, shape: Shape): Fault => ({ atUs, shape, expected: 0, usual: USUAL_ANSWER_US });

export const middleOf = ({ fromUs, toUs }: Average): number => (fromUs + toUs) / 2;

/** The error that a fault of size 1 adds to an average. */
export const faultIn = ({ fromUs, toUs }: Average, { atUs, shape }: Fault): number => meanBetween(shape, fromUs - atUs, toUs - atUs);

/** The same for each of several averages. */
export interface FaultIn {
  fault: Fault;
  terms: number[];
}

export const faultInEach = (averages: readonly Average[], fault: Fault): FaultIn => ({ fault, terms: averages.map((average) => faultIn(average, fault)) });

/** Solves one equation for each average. The unknowns are those of the equations, whose standard deviations are `usual`, and the faults' sizes, as differences from what is expected. */
export function solveWith(faults: readonly FaultIn[], equations: readonly Equation[], usual: readonly number[]): Solution | null {
  const all = equations.map(({ terms, value, weight }, i) => {
    const added = faults.map((each) => each.terms[i] ?? 0);
    return { terms: [...terms, ...added], value: value - faults.reduce((sum, { fault }, j) => sum + fault.expected * (added[j] ?? 0), 0), weight };
  });
  return solve(all, [...usual, ...faults.map(({ fault }) => fault.usual)]);
}

/** The sum of all errors in an average. */
export const errorIn = (average: Average, fit: LatencyFit): number => fit.faults.reduce((sum, { fault, size }) => sum + size * faultIn(average, fault), 0);

/** By how much the errors together grow at that time, in microseconds a second. */
export const rateErrorAt = (us: number, fit: LatencyFit): number => fit.faults.reduce((sum, { fault, size }) => sum + size * growthAt(fault.shape, us - fault.atUs), 0);

/** The averages' weights: inverse variances. */
export function weightsOf(averages: readonly Average[], fit: LatencyFit | null): number[] {
  const someTellMore = averages.some(({ isLeast }) => !isLeast);
  return averages.map((average) => {
    const shape = fit ? SHAPE_ERROR * errorIn(average, fit) : 0;
    return Math.hypot(QUIET_US, OF_SCATTER * average.scatterUs, shape, average.isLeast && someTellMore ? LEAST_US : 0) ** -2;
  });
}

export function* range(from: number, to: number, step: number): Generator<number> {
  for (let at = from; at <= to; at += step) yield at;
}

/** Where each of a stream's answers may be wrong: every one that still counts in averages from `fromUs` to `toUs`. */
function everyAnswerWrong(startedUs: number, fromUs: number, toUs: number): Fault[] {
  const faultAt = (atUs: number, shape: Shape): Fault => ({ atUs, shape, expected: 0, usual: ROUGH_ANSWER_US });
  const early = fromUs - startedUs < SETTLED_US ? EARLY_ANSWER_WRONG : [];
  const laterS = laterAnswers((fromUs - SETTLED_US - startedUs) / 1e6, (toUs - startedUs) / 1e6);
  return [...early.map((shape) => faultAt(startedUs, shape)), ...laterS.map((s) => faultAt(startedUs + s * 1e6, ANSWER_WRONG))];
}

/** How a sound system answers, and how fast its clock is known to run. */
export interface Answers {
  /** Each is off by some milliseconds: a sound system that works in blocks knows where it is to a block. */
  areRough: boolean;
  /** In microseconds a second, and the standard deviation from that. Not given where nothing is known of it. */
  drift?: { expected: number; usual: number };
}

const EXACT: Answers = { areRough: false };

/** Null without an average. `answers`: the answers that are known to be wrong. `before`: the last fit; averages out of which it took large errors weigh less. */
export function fitLatency(averages: readonly Average[], start: Start, answers: readonly Fault[], before: LatencyFit | null, { areRough, drift: known } = EXACT): LatencyFit | null {
  const [first, last] = [averages[0], averages.at(-1)];
  if (!first || !last) return null;
  const atUs = middleOf(last);
  const { again } = start;
  const { expected: expectedDrift, usual: usualDrift } = known ?? { expected: again?.drift ?? 0, usual: again ? KNOWN_DRIFT_ERROR : USUAL_DRIFT };
  const { from, to } = again ? AGAIN_US : FIRST_US;
  const starts = before && atUs - start.atUs > SETTLED_US ? [before.startedUs] : range(start.atUs + from, start.atUs + to, STEP_US);
  const weights = weightsOf(averages, before);
  const equations = averages.map((average, i) => {
    const ageS = (middleOf(average) - atUs) / 1e6;
    return { terms: [1, ageS], value: average.heardUs - first.heardUs - expectedDrift * ageS, weight: (weights[i] ?? 0) * Math.exp(ageS / MEMORY_S) };
  });
  const wrong = answers.map((answer) => faultInEach(averages, answer));
  let best: LatencyFit | null = null;
  for (const startedUs of starts) {
    const causes = [firstAnswerWrong(startedUs), ...(again ? [rateWrong(startedUs, again.rateError)] : []), ...(areRough ? everyAnswerWrong(startedUs, first.fromUs, last.toUs) : [])];
    const all = [...wrong, ...causes.map((cause) => faultInEach(averages, cause))];
    const solved = solveWith(all, equations, [Infinity, usualDrift]);
    if (!solved || solved.cost >= (best?.cost ?? Infinity)) continue;
    const [value = NaN, drift = NaN, ...sizes] = solved.found;
    const faults = all.map(({ fault }, i) => ({ fault, size: fault.expected + (sizes[i] ?? 0) }));
    best = { valueUs: first.heardUs + value, drift: expectedDrift + drift, atUs, startedUs, faults, cost: solved.cost };
  }
  return best ?? before;
}
