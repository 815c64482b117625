// How two clocks differ, from the bounds that delays put on it. Pure; all in microseconds.
//
// A message's stamps, subtracted, are its delay plus how the clocks differ; back again its delay minus that. No delay is shorter than the
// way itself, so a line touches the shortest ones from below, in each direction its own, and half of what the two lines are apart is the
// difference: it takes a message that was not held up there, and one that was not held up back, never both in one round trip. The slope
// that leaves most room between the lines is the drift. It is known only so well: every slope counts by how likely it makes what was seen
// (excesses of delays are taken for exponential) and by how fast clocks run apart, and the answer is the mean. docs/adr/0010 has figures.

import type { Line } from './line';
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

/** How far two quartz clocks run apart, usually and at most: microseconds a second. */
const USUAL_DRIFT = 50;
const MOST_DRIFT = 500;
/** By how much that may change over minutes, with the temperature: an old bound counts for so much less, microseconds for each second of its age. */
const WANDER = 0.5;
/** Stamps are no better than this. */
const LEAST_SPACING_US = 20;
/** So many of the shortest delays tell how dense they lie there, and so how far the shortest may be above the way itself. */
const SHORTEST = 8;
const SLOPES = 24;
/** Slopes that are less likely by e to the power of this do not count. */
const UNLIKELY = 8;

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
  const meanOf = (value: (each: (typeof offsets)[number]) => number): number => offsets.reduce((sum, each) => sum + each.chance * value(each), 0);
  const valueUs = meanOf(({ offsetUs }) => offsetUs);
  const spreadUs = Math.sqrt(meanOf(({ offsetUs }) => (offsetUs - valueUs) ** 2));
  return { valueUs, drift: meanOf(({ slope }) => slope), atUs: last.atUs, deviationUs: Math.hypot(spreadUs, ...spacings.map((us) => us / 2)) };
}

/** How far the few shortest lie apart, on average: about what the shortest one is too long by. Infinity for a single one. */
function spacingOf(delays: readonly number[]): number {
  const shortest: number[] = [];
  for (const delay of delays) {
    if (shortest.length === SHORTEST && delay >= (shortest[SHORTEST - 1] ?? Infinity)) continue;
    shortest.push(delay);
    shortest.sort((a, b) => a - b);
    if (shortest.length > SHORTEST) shortest.pop();
  }
  const [least = NaN, most = NaN] = [shortest[0], shortest.at(-1)];
  return shortest.length < 2 ? Infinity : Math.hypot(LEAST_SPACING_US, (most - least) / (shortest.length - 1));
}

/** Slopes across all that are likely, and how likely each is; `costOf` is convex, and less by one where a slope is e times as likely. */
function likelySlopes(costOf: (slope: number) => number): { slope: number; chance: number }[] {
  let [from, to] = [-MOST_DRIFT, MOST_DRIFT];
  for (;;) {
    const step = (to - from) / SLOPES;
    const slopes = Array.from({ length: SLOPES + 1 }, (_, i) => from + i * step);
    const costs = slopes.map(costOf);
    const least = Math.min(...costs);
    const counting = costs.flatMap((cost, i) => (cost < least + UNLIKELY ? [i] : []));
    const [first = 0, last = SLOPES] = [counting[0], counting.at(-1)];
    if (last - first > SLOPES / 2) {
      const chances = costs.map((cost) => Math.exp(least - cost));
      const all = chances.reduce((sum, each) => sum + each, 0);
      return slopes.map((slope, i) => ({ slope, chance: (chances[i] ?? 0) / all }));
    }
    [from, to] = [Math.max(from, from + (first - 1) * step), Math.min(to, from + (last + 1) * step)];
  }
}
