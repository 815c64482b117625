// What has happened to an output when averages of what is told of it do not go on as they did. Pure; all in microseconds.

import { answerOff, beginsOff, faultInEach, isTilted, KNOWN_DRIFT_ERROR, middleOf, range, solveWith, tiltAt, weightsOf, type Fault, type LatencyFit } from './latency_fit';
import { valueAt } from './line';
import type { Average } from './output_reading';
import { ANSWER_OFF, EARLY_ANSWER_OFF, EARLY_ANSWERS_S } from './told_latency';

export type Surprise = { what: 'answer'; fault: Fault } | { what: 'restart'; atUs: number; tilt: number };

/** So far back it may have been; what is compared goes back farther. */
const ANSWER_WITHIN_US = 4e6;
const RESTART_WITHIN_US = 8e6;
const COMPARED_US = 15e6;
const COARSE_US = 40_000;
const FINE_US = 10_000;
/** An output does not start twice within this. */
const APART_US = 300_000;
/** What was taken for an answer that was off may have been this restart, when it is that near or later. */
const SAME_US = 500_000;
/** By how much the latency of an output that starts again changes. */
const USUAL_STEP_US = 20_000;
/** By how much each must explain more, for what it adds. */
const LEAST_GAIN = { answer: 30, restart: 50 };

interface Candidate {
  surprise: Surprise;
  /** What it leaves unexplained, and what it must make up for. */
  cost: number;
}

/** What explains the latest averages far better than `fit` alone: an answer that was off, or another start. Null where nothing does. */
export function explain(averages: readonly Average[], fit: LatencyFit): Surprise | null {
  const last = averages.at(-1);
  if (!last) return null;
  const latest = averages.filter((average) => last.toUs - average.toUs < COMPARED_US);
  const weights = weightsOf(latest, fit);
  const known = fit.faults.map(({ fault }) => faultInEach(latest, fault));
  /** With these faults more and, where it is given, another latency from `stepUs` on. */
  const costWith = (more: readonly Fault[], stepUs = Infinity): number => {
    const faults = [...known.filter(({ fault }) => fault.atUs < stepUs - SAME_US || fault.atUs === fit.startedUs), ...more.map((fault) => faultInEach(latest, fault))];
    const equations = latest.map((average, i) => ({
      terms: [1, (middleOf(average) - last.toUs) / 1e6, average.toUs > stepUs ? 1 : 0],
      value: average.heardUs - valueAt(fit, middleOf(average)),
      // An average across a restart is of two things.
      weight: average.fromUs < stepUs && average.toUs > stepUs ? 0 : (weights[i] ?? 0),
    }));
    return solveWith(faults, equations, [Infinity, KNOWN_DRIFT_ERROR, USUAL_STEP_US])?.cost ?? Infinity;
  };
  const answer = (fault: Fault): Candidate => ({ surprise: { what: 'answer', fault }, cost: costWith([fault]) + LEAST_GAIN.answer });
  const restart = (atUs: number): Candidate => {
    const tilt = tiltAt(atUs, fit);
    return { surprise: { what: 'restart', atUs, tilt }, cost: costWith([beginsOff(atUs), isTilted(atUs, tilt)], atUs) + LEAST_GAIN.restart };
  };
  const steadyUs = fit.startedUs + (EARLY_ANSWERS_S.at(-1) ?? 0) * 1e6 + APART_US;
  const best = bestOf([
    ...EARLY_ANSWER_OFF.filter((_, n) => fit.startedUs + (EARLY_ANSWERS_S[n] ?? 0) * 1e6 < last.fromUs).map((shape) => answer(answerOff(fit.startedUs, shape))),
    bestTime((atUs) => answer(answerOff(atUs, ANSWER_OFF)), Math.max(last.toUs - ANSWER_WITHIN_US, steadyUs), last.fromUs),
    bestTime(restart, Math.max(last.toUs - RESTART_WITHIN_US, fit.startedUs + APART_US), last.fromUs),
  ]);
  return best && best.cost < costWith([]) ? best.surprise : null;
}

function bestOf(candidates: Iterable<Candidate | null>): Candidate | null {
  let best: Candidate | null = null;
  for (const candidate of candidates) if (candidate && candidate.cost < (best?.cost ?? Infinity)) best = candidate;
  return best;
}

/** The best moment for it: roughly first, then around that. */
function bestTime(candidateAt: (atUs: number) => Candidate, fromUs: number, toUs: number): Candidate | null {
  let rough = { us: NaN, cost: Infinity };
  for (const us of range(fromUs, toUs, COARSE_US)) {
    const { cost } = candidateAt(us);
    if (cost < rough.cost) rough = { us, cost };
  }
  return bestOf([...range(Math.max(fromUs, rough.us - COARSE_US), Math.min(toUs, rough.us + COARSE_US), FINE_US)].map(candidateAt));
}
