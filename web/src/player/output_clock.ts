// When a rendered sample leaves the speakers: the page's time at which the sample of context time 0 is heard, and how that runs away as
// the sound card's clock and the page's differ. Pure: readings come in as numbers, all in microseconds.
//
// Browsers' readings scatter by a device buffer, are off for ten seconds after a start, wander while the machine is short of time, and some
// are nonsense. So they are averaged over half a second; a regression runs through the averages that knows the shape of what a start does,
// and what moved in the seconds before it weighs little. docs/adr/0011 has the figures.

import { fitClock, fitLatency, rangeOf, STEADY_AVERAGES, toldAt, type LatencyFit } from './latency_fit';
import { valueAt } from './line';
import { averageOf, type Average, type OutputReading } from './output_reading';

const BIN_US = 500_000;
/** A page in the background reads rarely: its averages take longer. */
const LEAST_READINGS = 8;
/** A first answer, before the first bin is full. */
const FIRST_READINGS = 5;
/** The first readings after a start are anything. */
const NONSENSE_US = 150_000;
const MOST_BINS = 360;
/** So many bins are waited for the first stamps of a browser that is to give them. */
const PATIENT_BINS = 4;
/** A context whose time stands still for longer has not been started by its device yet. */
const STANDSTILL_US = 100_000;
/** Two averages in a row that are off by more, in both measures: rendering was held up. */
const HELD_UP_US = 8_000;
/** Steady averages that are off by more: the latency has changed, another device perhaps. */
const CHANGED_US = 15_000;
const STEADY_RANGE_US = 2_000;

export class OutputClock {
  #bins: Average[] = [];
  #open: OutputReading[] = [];
  #fit: LatencyFit | null = null;
  /** What was known before the last bin. */
  #earlier: LatencyFit | null = null;
  #knownDrift: number | null = null;
  /** How often all that was known has been dropped. */
  steps = 0;
  /** Bins without stamps that were left out. */
  #unstamped = 0;
  #startedUs = NaN;
  #movedAt = { nowUs: -Infinity, contextUs: NaN };

  add(reading: OutputReading): void {
    const { nowUs, contextUs } = reading;
    if (contextUs !== this.#movedAt.contextUs) this.#movedAt = { nowUs: Number.isNaN(this.#movedAt.contextUs) ? -Infinity : nowUs, contextUs };
    if (nowUs - this.#movedAt.nowUs > STANDSTILL_US) return;
    if (Number.isNaN(this.#startedUs)) this.#startedUs = nowUs;
    if (nowUs - this.#startedUs < NONSENSE_US) return;
    const first = this.#open[0];
    if (first && nowUs - first.nowUs >= BIN_US && this.#open.length >= LEAST_READINGS) {
      this.#close(this.#open);
      this.#open = [];
    }
    this.#open.push(reading);
  }

  /** Forgets everything: another device, or the context was suspended. */
  reset(): void {
    this.steps += 1;
    this.#bins = [];
    this.#open = [];
    this.#fit = null;
    this.#earlier = null;
    this.#knownDrift = null;
    this.#unstamped = 0;
    this.#startedUs = NaN;
    this.#movedAt = { nowUs: -Infinity, contextUs: NaN };
  }

  /** The page's time at which the sample of context time 0 is heard, or would have been, by what is known at `nowUs`. NaN before it is known. */
  heardAtContextZeroUs(nowUs: number): number {
    if (this.#fit) return valueAt(this.#fit, nowUs);
    const average = this.#open.length < FIRST_READINGS ? null : averageOf(this.#open);
    return average && !this.#waitsForStamps(average) ? average.heardUs : NaN;
  }

  #waitsForStamps(average: Average): boolean {
    const isGiven = this.#open.some(({ stampUs }) => !Number.isNaN(stampUs));
    return isGiven && !average.isStamped && (this.#bins.some(({ isStamped }) => isStamped) || this.#unstamped < PATIENT_BINS);
  }

  #close(readings: readonly OutputReading[]): void {
    const average = averageOf(readings);
    if (!average) return;
    if (this.#waitsForStamps(average)) {
      this.#unstamped += 1;
      return;
    }
    this.#bins.push(average);
    if (this.#bins.length > MOST_BINS) this.#bins.shift();
    this.#noticeSteps(this.#earlier);
    this.#earlier = this.#fit;
    this.#fit = fitLatency(this.#bins, this.#startedUs, this.#fit, this.#knownDrift);
  }

  /** `fit`: what was known before the last two bins. */
  #noticeSteps(fit: LatencyFit | null): void {
    const [a, b] = this.#bins.slice(-2);
    if (!fit || !a || !b) return;
    if ([a, b].every((bin) => bin.heardUs - toldAt(fit, bin.atUs) > HELD_UP_US)) {
      const clock = fitClock(this.#bins.slice(0, -2));
      const [lateA = 0, lateB = 0] = clock ? [a, b].map((bin) => bin.clockUs - valueAt(clock, bin.atUs)) : [];
      if (lateA > HELD_UP_US && lateB > HELD_UP_US) {
        // The first of the two is of before and after; by how much it is late tells when it was.
        this.#keep([b], a.atUs + BIN_US / 2 - Math.min(1, lateA / lateB) * BIN_US, fit.drift);
        return;
      }
    }
    const steady = this.#bins.slice(-STEADY_AVERAGES);
    const isSteady = steady.length === STEADY_AVERAGES && rangeOf(steady.map(({ heardUs }) => heardUs)) < STEADY_RANGE_US;
    if (isSteady && Math.abs(b.heardUs - toldAt(fit, b.atUs)) > CHANGED_US) this.#keep(steady, (steady[0]?.atUs ?? NaN) - BIN_US / 2, null);
  }

  #keep(bins: Average[], startedUs: number, knownDrift: number | null): void {
    this.#bins = bins;
    this.#knownDrift = knownDrift;
    this.#fit = null;
    this.#earlier = null;
    this.#startedUs = startedUs;
    this.steps += 1;
  }
}
