// When a rendered sample is heard, from the stamps and latencies that a browser tells: a line over time, whose slope is how fast the sound card's clock and the
// page's run apart. Pure: readings come in as numbers, all in microseconds.
//
// Half a minute after a stream's start the readings are exact to a fraction of a millisecond. Before that, and after an under-run, they are off by up to 50 ms,
// in a way that is known of PulseAudio (pulse_latency/). So a line is fitted to averages of a quarter of a second together with those errors; when it no longer
// explains what comes, `explain` looks for a disturbance. docs/adr/0011 has the figures.

import { FIRST_READINGS, MOST_BINS, type HeardClock } from './heard_clock';
import { HoldUp } from './hold_up';
import { valueAt, type Line } from './line';
import { averageOf, type Average, type OutputReading } from './output_reading';
import { explain } from './pulse_latency/disturbance';
import { faultIn, fitLatency, rateErrorAt, type Fault, type LatencyFit, type Start } from './pulse_latency/latency_fit';
import { ReadingBins } from './reading_bins';
import { asSpecified } from './stamps';

/** A browser that has stamps may give its first ones late: so many averages without are left out. */
const PATIENT_BINS = 8;
/** When the cost of the fit has grown by so much, a disturbance is looked for. */
const SUSPICIOUS_COST = 20;
/** What an edge has carried over a hold-up goes on as an average that scatters by this. */
const CARRIED_SCATTER_US = 10_000;
/** An unknown for each answer costs time: with so many averages it is worked out once in some. */
const MANY_BINS = 60;
const SELDOM = 16;
/** So long after a wrong answer its size is known for good. */
const ANSWER_OVER_US = 15e6;

export class StampedClock implements HeardClock {
  readonly #readings = new ReadingBins();
  #bins: Average[] = [];
  #fit: LatencyFit | null = null;
  /** The least cost of a fit since a disturbance was last looked for. */
  #calmCost = Infinity;
  steps = 0;
  /** Averages without stamps that were left out. */
  #unstamped = 0;
  #start: Start | null = null;
  /** Wrong answers of late. */
  #answers: Fault[] = [];
  /** One wrong answer after the other: the machine is busy, or the sound system works in blocks. Then every answer may be wrong, and none is looked for by itself. */
  #areRough = false;
  #closed = 0;
  #stoodStillUntilUs: number | null = null;
  #holdUp: HoldUp | null = null;

  add(told: OutputReading): void {
    const complete = this.#readings.add(asSpecified(told));
    if (this.#readings.startedUs === null) return;
    this.#start ??= { atUs: this.#readings.startedUs, again: null };
    const { stoodStillUntilUs } = this.#readings;
    if (stoodStillUntilUs !== null && stoodStillUntilUs !== this.#stoodStillUntilUs) this.#hold(stoodStillUntilUs);
    this.#stoodStillUntilUs = stoodStillUntilUs;
    if (complete) this.#close(complete, this.#start);
  }

  reset(): void {
    this.steps += 1;
    this.#readings.reset();
    this.#bins = [];
    this.#fit = null;
    this.#calmCost = Infinity;
    this.#unstamped = 0;
    this.#start = null;
    this.#answers = [];
    this.#areRough = false;
    this.#stoodStillUntilUs = null;
    this.#holdUp = null;
  }

  get kind(): 'stamps' | 'latency' {
    return this.#bins.at(-1)?.isStamped === false ? 'latency' : 'stamps';
  }

  heardAtContextZeroUs(nowUs: number): number {
    if (this.#holdUp) return valueAt(this.#holdUp.lineBy(this.#readings.open), nowUs);
    if (this.#fit) return valueAt(this.#fit, nowUs);
    const { open } = this.#readings;
    const average = open.length < FIRST_READINGS ? null : averageOf(open);
    return average && !this.#waitsForStamps(average, open) ? average.heardUs : NaN;
  }

  #waitsForStamps(average: Average, readings: readonly OutputReading[]): boolean {
    const isGiven = readings.some(({ stampUs }) => !Number.isNaN(stampUs));
    return isGiven && !average.isStamped && (this.#bins.some(({ isStamped }) => isStamped) || this.#unstamped < PATIENT_BINS);
  }

  #close(readings: readonly OutputReading[], start: Start): void {
    const average = averageOf(readings);
    if (!average) return;
    if (this.#waitsForStamps(average, readings)) {
      this.#unstamped += 1;
      return;
    }
    this.#bins.push(average);
    if (this.#bins.length > MOST_BINS) this.#bins.shift();
    if (this.#holdUp && !this.#hasPassed(this.#holdUp, average)) return;
    this.#settleAnswers(average.toUs);
    this.#closed += 1;
    if (this.#areRough && this.#bins.length > MANY_BINS && this.#closed % SELDOM !== 0) return;
    const before = this.#fit;
    this.#fit = this.#fitted(start, before);
    const fit = this.#fit;
    if (!before || !fit || fit.cost - this.#calmCost < SUSPICIOUS_COST) {
      this.#calmCost = Math.min(this.#calmCost, fit?.cost ?? Infinity);
      return;
    }
    this.#calmCost = fit.cost;
    const disturbance = explain(this.#bins, fit, this.#areRough);
    if (!disturbance) return;
    this.#calmCost = Infinity;
    if (disturbance.what === 'answer') {
      this.#areRough = this.#answers.length > 0;
      this.#answers = this.#areRough ? [] : [disturbance.fault];
      this.#fit = this.#fitted(start, fit);
    } else {
      this.steps += 1;
      this.#bins = this.#bins.filter(({ fromUs }) => fromUs >= disturbance.atUs);
      this.#answers = [];
      this.#start = { atUs: disturbance.atUs, again: { drift: before.drift, rateError: disturbance.rateError } };
      this.#fit = this.#fitted(this.#start, null);
    }
  }

  /** The device stood still until then. */
  #hold(atUs: number): void {
    const known: Line | null = this.#holdUp?.lineBy([]) ?? this.#fit;
    if (!known || this.#bins.length === 0) {
      this.reset();
      return;
    }
    this.steps += 1;
    this.#holdUp = new HoldUp(known, this.#bins);
    this.#start = { atUs, again: { drift: known.drift, rateError: this.#fit ? rateErrorAt(atUs, this.#fit) : 0 } };
    this.#bins = [];
    this.#fit = null;
    this.#answers = [];
    this.#calmCost = Infinity;
  }

  /** Whether what is told counts again after a hold-up. */
  #hasPassed(holdUp: HoldUp, average: Average): boolean {
    holdUp.add(average);
    switch (holdUp.verdict) {
      case 'open':
        return false;
      case 'astray':
        // The last ones are kept for another hold-up.
        this.#bins = this.#bins.slice(-HoldUp.AVERAGES);
        return false;
      case 'over': {
        const carried = holdUp.lineBy([]);
        this.#start = { atUs: average.toUs, again: { drift: carried.drift, rateError: 0 } };
        this.#bins = [{ ...average, heardUs: valueAt(carried, average.toUs), scatterUs: CARRIED_SCATTER_US }];
        break;
      }
      case 'sane':
        break;
    }
    this.#holdUp = null;
    return true;
  }

  #fitted(start: Start, before: LatencyFit | null): LatencyFit | null {
    return fitLatency(this.#bins, start, this.#answers, before, { areRough: this.#areRough });
  }

  /** Takes the errors of old wrong answers out of the averages for good. */
  #settleAnswers(nowUs: number): void {
    const over = (this.#fit?.faults ?? []).filter(({ fault }) => this.#answers.includes(fault) && nowUs - fault.atUs > ANSWER_OVER_US);
    for (const { fault, size } of over) {
      this.#bins = this.#bins.map((bin) => ({ ...bin, heardUs: bin.heardUs - size * faultIn(bin, fault) }));
      this.#answers = this.#answers.filter((answer) => answer !== fault);
    }
  }
}
