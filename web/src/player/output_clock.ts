// When a rendered sample leaves the speakers: the page's time at which the sample of context time 0 is heard, and how that runs away as
// the sound card's clock and the page's differ. Pure: readings come in as numbers, all in microseconds.
//
// Browsers' readings are exact to a fraction of a millisecond once a stream has played for half a minute; after a start, and after an under-run,
// they are off by up to 50 in a way that is known. So a line is drawn through averages of a quarter of a second, beneath that; and when it does not
// explain what comes, it is asked whether the output has started again. docs/adr/0011 has the figures.

import type { HeardClock } from './heard_clock';
import { faultIn, fitLatency, type Fault, type LatencyFit, type Start } from './latency_fit';
import { explain } from './latency_surprise';
import { valueAt } from './line';
import { averageOf, type Average, type OutputReading } from './output_reading';
import { asSpecified } from './stamps';

const BIN_US = 250_000;
/** A page in the background reads rarely: its averages take longer. */
const LEAST_READINGS = 4;
/** A first answer, before the first bin is full. */
const FIRST_READINGS = 5;
/** The first readings after a start are anything. */
const NONSENSE_US = 150_000;
const MOST_BINS = 240;
/** So many bins are waited for the first stamps of a browser that is to give them. */
const PATIENT_BINS = 8;
/** A context whose time stands still for longer has not been started by its device yet. */
const STANDSTILL_US = 100_000;
/** What is left unexplained has grown by so much: something has happened. */
const SURPRISE = 20;
/** What an answer that was off has left is known then. */
const ANSWER_OVER_US = 15e6;

export class OutputClock implements HeardClock {
  #bins: Average[] = [];
  #open: OutputReading[] = [];
  #fit: LatencyFit | null = null;
  /** The least that was left unexplained since it was last looked into. */
  #calmCost = Infinity;
  steps = 0;
  /** Bins without stamps that were left out. */
  #unstamped = 0;
  #start: Start | null = null;
  /** Answers that the sound system got wrong of late. */
  #answers: Fault[] = [];
  #movedAt = { nowUs: -Infinity, contextUs: NaN };

  add(told: OutputReading): void {
    const reading = asSpecified(told);
    const { nowUs, contextUs } = reading;
    if (contextUs !== this.#movedAt.contextUs) this.#movedAt = { nowUs: Number.isNaN(this.#movedAt.contextUs) ? -Infinity : nowUs, contextUs };
    if (nowUs - this.#movedAt.nowUs > STANDSTILL_US) return;
    this.#start ??= { atUs: nowUs, again: null };
    if (nowUs - this.#start.atUs < NONSENSE_US) return;
    const first = this.#open[0];
    if (first && nowUs - first.nowUs >= BIN_US && this.#open.length >= LEAST_READINGS) {
      this.#close(this.#open, this.#start);
      this.#open = [];
    }
    this.#open.push(reading);
  }

  reset(): void {
    this.steps += 1;
    this.#bins = [];
    this.#open = [];
    this.#fit = null;
    this.#calmCost = Infinity;
    this.#unstamped = 0;
    this.#start = null;
    this.#answers = [];
    this.#movedAt = { nowUs: -Infinity, contextUs: NaN };
  }

  heardAtContextZeroUs(nowUs: number): number {
    if (this.#fit) return valueAt(this.#fit, nowUs);
    const average = this.#open.length < FIRST_READINGS ? null : averageOf(this.#open);
    return average && !this.#waitsForStamps(average) ? average.heardUs : NaN;
  }

  #waitsForStamps(average: Average): boolean {
    const isGiven = this.#open.some(({ stampUs }) => !Number.isNaN(stampUs));
    return isGiven && !average.isStamped && (this.#bins.some(({ isStamped }) => isStamped) || this.#unstamped < PATIENT_BINS);
  }

  #close(readings: readonly OutputReading[], start: Start): void {
    const average = averageOf(readings);
    if (!average) return;
    if (this.#waitsForStamps(average)) {
      this.#unstamped += 1;
      return;
    }
    this.#bins.push(average);
    if (this.#bins.length > MOST_BINS) this.#bins.shift();
    this.#settleAnswers(average.toUs);
    const before = this.#fit;
    this.#fit = fitLatency(this.#bins, start, this.#answers, before);
    const fit = this.#fit;
    if (!before || !fit || fit.cost - this.#calmCost < SURPRISE) {
      this.#calmCost = Math.min(this.#calmCost, fit?.cost ?? Infinity);
      return;
    }
    this.#calmCost = fit.cost;
    const surprise = explain(this.#bins, fit);
    if (!surprise) return;
    this.#calmCost = Infinity;
    if (surprise.what === 'answer') {
      this.#answers.push(surprise.fault);
      this.#fit = fitLatency(this.#bins, start, this.#answers, fit);
    } else {
      this.steps += 1;
      this.#bins = this.#bins.filter(({ fromUs }) => fromUs >= surprise.atUs);
      this.#answers = [];
      this.#start = { atUs: surprise.atUs, again: { drift: before.drift, tilt: surprise.tilt } };
      this.#fit = fitLatency(this.#bins, this.#start, this.#answers, null);
    }
  }

  /** What old faults have left is taken out of the averages for good. */
  #settleAnswers(nowUs: number): void {
    const over = (this.#fit?.faults ?? []).filter(({ fault }) => this.#answers.includes(fault) && nowUs - fault.atUs > ANSWER_OVER_US);
    for (const { fault, size } of over) {
      this.#bins = this.#bins.map((bin) => ({ ...bin, heardUs: bin.heardUs - size * faultIn(bin, fault) }));
      this.#answers = this.#answers.filter((answer) => answer !== fault);
    }
  }
}
