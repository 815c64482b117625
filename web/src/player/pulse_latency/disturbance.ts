// PulseAudio's readings of an output no longer follow the line: this finds out whether an answer was wrong, or the stream has started again (after an
// under-run, for example). Pure; all in microseconds.

import { valueAt } from '../line';
import type { Average } from '../output_reading';
import { answerWrong, firstAnswerWrong, faultInEach, rateWrong, KNOWN_DRIFT_ERROR, middleOf, range, solveWith, rateErrorAt, weightsOf, type Fault, type LatencyFit } from './latency_fit';
import { ANSWER_WRONG, EARLY_ANSWER_WRONG, EARLY_ANSWERS_S } from './smoother_error';

export type Disturbance = { what: 'answer'; fault: Fault } | { what: 'restart'; atUs: number; rateError: number };

/** A wrong answer and a restart are looked for so far back. The averages that are compared go back farther. */
const ANSWER_WITHIN_US = 4e6;
const RESTART_WITHIN_US = 8e6;
const COMPARED_US = 15e6;
const COARSE_US = 40_000;
const FINE_US = 10_000;
/** A stream does not start twice within this. */
const APART_US = 300_000;
/** A wrong answer that was found so shortly before a restart, or after it, may have been that restart. */
const SAME_US = 500_000;
/** By how much the latency usually changes when a stream starts again. */
const USUAL_STEP_US = 20_000;
/** A disturbance is believed only if it lowers the cost by more than this: each adds unknowns, and unknowns always fit a little better. */
const LEAST_GAIN = { answer: 30, restart: 50 };

interface Candidate {
  disturbance: Disturbance;
  /** The sum of squares that it leaves, and LEAST_GAIN. */
  cost: number;
}

/** The disturbance that explains the latest averages far better than `fit` does alone. Null where none does. `areRough`: every answer is wrong a little, and none is looked for. */
export function explain(averages: readonly Average[], fit: LatencyFit, areRough: boolean): Disturbance | null {
  const last = averages.at(-1);
  if (!last) return null;
  const latest = averages.filter((average) => last.toUs - average.toUs < COMPARED_US);
  const weights = weightsOf(latest, fit);
  const known = fit.faults.map(({ fault }) => faultInEach(latest, fault));
  /** The cost with these faults besides and, if `stepUs` is given, another latency from then on. */
  const costWith = (more: readonly Fault[], stepUs = Infinity): number => {
    const faults = [...known.filter(({ fault }) => fault.atUs < stepUs - SAME_US || fault.atUs === fit.startedUs), ...more.map((fault) => faultInEach(latest, fault))];
    const equations = latest.map((average, i) => ({
      terms: [1, (middleOf(average) - last.toUs) / 1e6, average.toUs > stepUs ? 1 : 0],
      value: average.heardUs - valueAt(fit, middleOf(average)),
      // An average across a restart mixes two latencies.
      weight: average.fromUs < stepUs && average.toUs > stepUs ? 0 : (weights[i] ?? 0),
    }));
    return solveWith(faults, equations, [Infinity, KNOWN_DRIFT_ERROR, USUAL_STEP_US])?.cost ?? Infinity;
  };
  const answer = (fault: Fault): Candidate => ({ disturbance: { what: 'answer', fault }, cost: costWith([fault]) + LEAST_GAIN.answer });
  const restart = (atUs: number): Candidate => {
    const rateError = rateErrorAt(atUs, fit);
    return { disturbance: { what: 'restart', atUs, rateError }, cost: costWith([firstAnswerWrong(atUs), rateWrong(atUs, rateError)], atUs) + LEAST_GAIN.restart };
  };
  const steadyUs = fit.startedUs + (EARLY_ANSWERS_S.at(-1) ?? 0) * 1e6 + APART_US;
  const best = bestOf([
    ...(areRough ? [] : EARLY_ANSWER_WRONG).filter((_, n) => fit.startedUs + (EARLY_ANSWERS_S[n] ?? 0) * 1e6 < last.fromUs).map((shape) => answer(answerWrong(fit.startedUs, shape))),
    areRough ? null : bestTime((atUs) => answer(answerWrong(atUs, ANSWER_WRONG)), Math.max(last.toUs - ANSWER_WITHIN_US, steadyUs), last.fromUs),
    bestTime(restart, Math.max(last.toUs - RESTART_WITHIN_US, fit.startedUs + APART_US), last.fromUs),
  ]);
  return best && best.cost < costWith([]) ? best.disturbance : null;
}

function bestOf(candidates: Iterable<Candidate | null>): Candidate | null {
  let best: Candidate | null = null;
  for (const candidate of candidates) if (candidate && candidate.cost < (best?.cost ?? Infinity)) best = candidate;
  return best;
}

/** The best moment for a candidate: a coarse search, then a fine one around its result. */
function bestTime(candidateAt: (atUs: number) => Candidate, fromUs: number, toUs: number): Candidate | null {
  let rough = { us: NaN, cost: Infinity };
  for (const us of range(fromUs, toUs, COARSE_US)) {
    const { cost } = candidateAt(us);
    if (cost < rough.cost) rough = { us, cost };
  }
  return bestOf([...range(Math.max(fromUs, rough.us - COARSE_US), Math.min(toUs, rough.us + COARSE_US), FINE_US)].map(candidateAt));
}
