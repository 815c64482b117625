// When a rendered sample leaves the speakers: the page's time at which the sample of context time 0 is heard, and how that runs away as
// the sound card's clock and the page's differ. Pure: readings come in as numbers, all in microseconds.
//
// Browsers' readings scatter by a device buffer, wander for ten seconds after a start or while the machine is short of time, and some are
// nonsense. So they are averaged over half a second; a weighted regression runs through the averages, and what moved in the seconds before
// it weighs little. docs/adr/0011 has the figures.

import { fitLine, valueAt, type Line } from './line_fit';

export interface OutputReading {
  nowUs: number;
  /** The context's time at `nowUs`. */
  contextUs: number;
  /** A moment and the context time that was heard then, as the browser tells it (getOutputTimestamp); NaN where it tells none. */
  stampUs: number;
  stampContextUs: number;
  /** What else it tells of the latency behind the context; NaN where it tells none. */
  latencyUs: number;
}

interface Average {
  atUs: number;
  /** By how much the page's time is ahead of the context's. */
  clockUs: number;
  heardUs: number;
  isStamped: boolean;
}

interface Bin extends Average {
  weight: number;
}

const BIN_US = 500_000;
/** A page in the background reads rarely: its averages take longer. */
const LEAST_READINGS = 8;
/** A first answer, before the first bin is full. */
const FIRST_READINGS = 5;
const MOST_BINS = 360;
const LEAST_STAMPS = 3;
/** So many bins are waited for the first stamps of a browser that is to give them. */
const PATIENT_BINS = 4;
/** A context whose time stands still for longer has not been started by its device yet. */
const STANDSTILL_US = 100_000;
const MOST_LATENCY_US = 1e6;
/** What an average scatters by when all is quiet. */
const FLOOR_US = 300;
/** The very first one is off by more. */
const FIRST_SCATTER_US = 5_000;
/** So many bins back an average's steadiness is judged. */
const STEADY_BINS = 16;
/** How fast a sound card's clock and the page's run apart, usually: 100 microseconds a second. */
const USUAL_DRIFT = 100;
/** What has been learned fades with this time constant; sooner at first, since readings get better. */
const MEMORY_S = 60;
const FIRST_MEMORY_S = 2;
/** Two averages in a row that are off by more, in both measures: rendering was held up. */
const HELD_UP_US = 8_000;
/** Steady averages that are off by more: the latency has changed, another device perhaps. */
const CHANGED_US = 15_000;

export class OutputClock {
  #bins: Bin[] = [];
  #open: OutputReading[] = [];
  #fit: Line | null = null;
  /** How often all that was known has been dropped. */
  steps = 0;
  /** Bins without stamps that were left out. */
  #unstamped = 0;
  #movedAt = { nowUs: -Infinity, contextUs: NaN };

  add(reading: OutputReading): void {
    const { nowUs, contextUs } = reading;
    if (contextUs !== this.#movedAt.contextUs) this.#movedAt = { nowUs: Number.isNaN(this.#movedAt.contextUs) ? -Infinity : nowUs, contextUs };
    if (nowUs - this.#movedAt.nowUs > STANDSTILL_US) return;
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
    this.#unstamped = 0;
    this.#movedAt = { nowUs: -Infinity, contextUs: NaN };
  }

  /** The page's time at which the sample of context time 0 is heard, or would have been, by what is known at `nowUs`. NaN before it is known. */
  heardAtContextZeroUs(nowUs: number): number {
    const fit = this.#fit;
    if (fit) return valueAt(fit, nowUs);
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
    this.#bins.push({ ...average, weight: this.#weightOf(average) });
    if (this.#bins.length > MOST_BINS) this.#bins.shift();
    this.#noticeSteps();
    this.#fit = fitTo(this.#bins, heardOf);
  }

  #weightOf(average: Average): number {
    const latest = this.#bins.slice(1 - STEADY_BINS).map(({ heardUs }) => heardUs);
    const range = latest.length === 0 ? FIRST_SCATTER_US : Math.max(average.heardUs, ...latest) - Math.min(average.heardUs, ...latest);
    return 1 / (FLOOR_US ** 2 + range ** 2);
  }

  #noticeSteps(): void {
    const before = this.#bins.slice(0, -2);
    const [a, b] = this.#bins.slice(-2);
    if (!a || !b || before.length < 2) return;
    const heard = fitTo(before, heardOf);
    const clock = fitTo(before, ({ clockUs }) => clockUs);
    if (!heard || !clock) return;
    const heldUp = [a, b].map((bin) => Math.min(bin.heardUs - valueAt(heard, bin.atUs), bin.clockUs - valueAt(clock, bin.atUs)));
    if (heldUp.every((us) => us > HELD_UP_US)) {
      this.#keep([a, b]);
      return;
    }
    const steady = this.#bins.slice(-STEADY_BINS);
    const usual = 1 / (2 * FLOOR_US) ** 2;
    if (steady.length === STEADY_BINS && b.weight > usual / 10 && Math.abs(b.heardUs - valueAt(heard, b.atUs)) > CHANGED_US) this.#keep(steady);
  }

  #keep(bins: Bin[]): void {
    this.#bins = bins;
    this.steps += 1;
  }
}

const heardOf = ({ heardUs }: Bin): number => heardUs;
const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function averageOf(readings: readonly OutputReading[]): Average | null {
  const first = readings[0];
  const last = readings.at(-1);
  if (!first || !last) return null;
  const clockUs = meanOf(readings.map(({ nowUs, contextUs }) => nowUs - contextUs));
  const stamped: number[] = [];
  let before = NaN;
  for (const { stampUs, stampContextUs, nowUs } of readings) {
    const heardUs = stampUs - stampContextUs;
    const isFresh = stampContextUs > 0 && stampUs !== before && Math.abs(nowUs - stampUs) < MOST_LATENCY_US;
    before = stampUs;
    if (isFresh && heardUs > clockUs - MOST_LATENCY_US / 10 && heardUs < clockUs + MOST_LATENCY_US) stamped.push(heardUs);
  }
  const told = readings.map(({ latencyUs }) => latencyUs).filter((us) => us >= 0 && us < MOST_LATENCY_US);
  const isStamped = stamped.length >= LEAST_STAMPS;
  const heardUs = isStamped ? meanOf(stamped) : clockUs + (told.length > 0 ? meanOf(told) : 0);
  return { atUs: (first.nowUs + last.nowUs) / 2, clockUs, heardUs, isStamped };
}

/** A line through one of the bins' values; newer ones weigh more. */
function fitTo(bins: readonly Bin[], valueOf: (bin: Bin) => number): Line | null {
  const spanS = ((bins.at(-1)?.atUs ?? 0) - (bins[0]?.atUs ?? 0)) / 1e6;
  const memoryS = Math.min(MEMORY_S, FIRST_MEMORY_S + spanS / 2);
  return fitLine(bins, valueOf, ({ weight }, ageS) => weight * Math.exp(ageS / memoryS), USUAL_DRIFT);
}
