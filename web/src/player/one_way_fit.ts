// How two clocks differ, from the bounds that delays put on it. Pure; all in microseconds.
//
// A message's stamps, subtracted, are its delay plus how the clocks differ; back again its delay minus that. No delay is shorter than the
// way itself, so a line touches the shortest ones from below, in each direction its own, and half of what the two lines are apart is the
// difference: it takes a message that was not held up there, and one that was not held up back, never both in one round trip. The slope
// that leaves most room between the lines is the drift. It is known only so well: every slope counts by how likely it makes what was seen
// (excesses of delays are taken for exponential) and by how fast clocks run apart, and the answer is the mean. docs/adr/0010 has figures.

import type { Line } from './line';
import { likelySlopes, meanOf, spacingOf, USUAL_DRIFT } from './likely_slopes';
import { lowerHull, touches } from './lower_hull';

export interface OneWayDelays {
  atUs: number;
  /** Received by the one clock less sent by the other. */
  thereUs: number;
  backUs: number;
}

export interface OffsetFit extends Line {
  /** One standard deviation of `valueUs`, as far as delays are alike both ways. */
  deviationUs: number;
}

/** By how much the drift of two clocks may change over minutes, with the temperature: an old bound counts for so much less, microseconds for each second of its age. */
const WANDER = 0.5;

/** What is to be added to the clock that sends there for the one that receives. Null without a sample. `drift`: as it is known so far. */
export function fitOneWay(samples: readonly OneWayDelays[], drift: number): OffsetFit | null {
  const last = samples.at(-1);
  if (!last) return null;
  const pointsOf = (delayUs: (sample: OneWayDelays) => number) => samples.map((sample) => ({ x: (sample.atUs - last.atUs) / 1e6, y: delayUs(sample) }));
  const [there, back] = [pointsOf(({ thereUs }) => thereUs), pointsOf(({ backUs }) => backUs)];
  const [hullThere, hullBack] = [lowerHull(there), lowerHull(back)];
  const spacings = [spacingOf(there.map(({ x, y }) => y - (WANDER + drift) * x)), spacingOf(back.map(({ x, y }) => y - (WANDER - drift) * x))];
  const clearestUs = Math.min(...spacings);
  const boundsAt = (slope: number) => ({ thereUs: touches(hullThere, WANDER + slope), backUs: touches(hullBack, WANDER - slope) });
  const costOf = (slope: number): number => {
    const { thereUs, backUs } = boundsAt(slope);
    return (slope / USUAL_DRIFT) ** 2 / 2 - (thereUs + backUs) / clearestUs;
  };
  const likely = likelySlopes(costOf);
  const offsets = likely.map(({ slope, chance }) => {
    const { thereUs, backUs } = boundsAt(slope);
    return { chance, slope, offsetUs: (thereUs - backUs) / 2 };
  });
  const valueUs = meanOf(offsets, ({ offsetUs }) => offsetUs);
  const spreadUs = Math.sqrt(meanOf(offsets, ({ offsetUs }) => (offsetUs - valueUs) ** 2));
  return { valueUs, drift: meanOf(offsets, ({ slope }) => slope), atUs: last.atUs, deviationUs: Math.hypot(spreadUs, ...spacings.map((us) => us / 2)) };
}
