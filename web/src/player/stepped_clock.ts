// When a rendered sample is heard, where a browser tells nothing of that: from the moments alone at which the context's time steps. Pure; all in microseconds.
//
// A sound system asks for sound when there is room for more, so the context's time steps late now and then, but never early: the least that the page's
// clock was ahead of the context's, at the same edge of each burst of steps, lies on a line. A sample is heard a latency after that, which is known of the
// sound system (known_outputs.ts).

import { BIN_US, FIRST_READINGS, MOST_BINS, NONSENSE_US, type HeardClock } from './heard_clock';
import { valueAt, type Line } from './line';
import { likelySlopes, meanOf, USUAL_DRIFT } from './likely_slopes';
import type { KnownOutput } from './known_outputs';
import { lowerHull, touches, type Point } from './lower_hull';
import type { OutputReading } from './output_reading';

/** For so many bins on end nothing lies near the line: rendering has been held up, or goes on elsewhere. */
const AWAY_BINS = 3;
const AWAY_US = 4_000;
/** Readings are no better than this. */
const LEAST_EXCESS_US = 50;
/** A burst begins where the context's time has stood still for at least so long: within one it does so for less. */
const STILL_US = 8_000;
/** Readings that are farther apart, in a page in the background for example, do not show when a burst began. */
const MOST_APART_US = 40_000;

export class SteppedClock implements HeardClock {
  readonly #output: KnownOutput;
  readonly kind = 'steps';
  steps = 0;
  /** The last reading, and since when the context's time had stood still then. */
  #last: { nowUs: number; contextUs: number; stillSinceUs: number } | null = null;
  /** The least by which the page's clock was ahead at the edge, for each bin, and when that was. */
  #bins: { atUs: number; aheadUs: number }[] = [];
  #open: { fromUs: number; count: number; atUs: number; aheadUs: number } | null = null;
  /** The least by which the page's clock was ahead at any reading: all that there is to go by until a line is known. */
  #roughAheadUs = Infinity;
  #startedUs = NaN;
  #line: Line | null = null;
  #away = 0;

  constructor(output: KnownOutput) {
    this.#output = output;
  }

  add({ nowUs, contextUs }: OutputReading): void {
    if (!(contextUs > 0)) return;
    if (Number.isNaN(this.#startedUs)) this.#startedUs = nowUs;
    const before = this.#last;
    const moved = contextUs !== before?.contextUs;
    this.#last = { nowUs, contextUs, stillSinceUs: moved ? nowUs : before.stillSinceUs };
    if (nowUs - this.#startedUs < NONSENSE_US) return;
    if (this.#open && nowUs - this.#open.fromUs >= BIN_US && this.#open.aheadUs < Infinity) this.#close(this.#open);
    const open = (this.#open ??= { fromUs: nowUs, count: 0, atUs: nowUs, aheadUs: Infinity });
    open.count += 1;
    this.#roughAheadUs = Math.min(this.#roughAheadUs, nowUs - contextUs);
    const isBeginning = before !== null && moved && before.nowUs - before.stillSinceUs >= STILL_US && nowUs - before.nowUs <= MOST_APART_US;
    const aheadUs = this.#output.edge === 'end' ? nowUs - contextUs : isBeginning ? nowUs - before.contextUs : Infinity;
    if (aheadUs < open.aheadUs) Object.assign(open, { atUs: nowUs, aheadUs });
  }

  reset(): void {
    this.steps += 1;
    this.#bins = [];
    this.#open = null;
    this.#line = null;
    this.#away = 0;
    this.#startedUs = NaN;
    this.#last = null;
    this.#roughAheadUs = Infinity;
  }

  heardAtContextZeroUs(nowUs: number): number {
    if (this.#line) return valueAt(this.#line, nowUs) + this.#output.latencyUs;
    const { count = 0, aheadUs = Infinity } = this.#open ?? {};
    if (count < FIRST_READINGS) return NaN;
    if (aheadUs < Infinity) return aheadUs + this.#output.latencyUs;
    return this.#output.roughUs === undefined ? NaN : this.#roughAheadUs + this.#output.roughUs;
  }

  #close(bin: { atUs: number; aheadUs: number }): void {
    this.#open = null;
    const isAway = this.#line !== null && Math.abs(bin.aheadUs - valueAt(this.#line, bin.atUs)) > AWAY_US;
    this.#away = isAway ? this.#away + 1 : 0;
    if (this.#away >= AWAY_BINS) {
      this.steps += 1;
      this.#bins = this.#bins.slice(1 - AWAY_BINS);
      this.#away = 0;
    }
    this.#bins.push(bin);
    if (this.#bins.length > MOST_BINS) this.#bins.shift();
    // The least may come back to the line: it is drawn anew only once it has, or has stayed away.
    if (this.#away === 0) this.#line = fitBeneath(this.#bins);
  }
}

/** The line beneath: the mean of those that touch the points from below, by how likely each is. What lies above one is taken for exponential. */
function fitBeneath(bins: readonly { atUs: number; aheadUs: number }[]): Line | null {
  const last = bins.at(-1);
  if (!last) return null;
  const points: Point[] = bins.map(({ atUs, aheadUs }) => ({ x: (atUs - last.atUs) / 1e6, y: aheadUs }));
  const hull = lowerHull(points);
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / points.length;
  const excessUs = (slope: number): number => meanY - slope * meanX - touches(hull, slope);
  const likely = likelySlopes((slope) => (slope / USUAL_DRIFT) ** 2 / 2 + points.length * Math.log(LEAST_EXCESS_US + excessUs(slope)));
  return { valueUs: meanOf(likely, ({ slope }) => touches(hull, slope)), drift: meanOf(likely, ({ slope }) => slope), atUs: last.atUs };
}
