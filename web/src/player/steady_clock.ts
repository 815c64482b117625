// When a rendered sample is heard, where the context's time advances evenly, as on PipeWire. Pure; all in microseconds.
//
// A sample is then heard a fixed latency after the context's edge, and the edge alone shows whether it was held up. What is told of the latency may be rough:
// PipeWire's answers are off by up to half a block of 512 samples, each by another amount, and PulseAudio's client library draws its lines through those. So
// every answer is taken for wrong by some milliseconds, and the latency comes out of all of them together. docs/adr/0029 has what was measured.

import { ContextEdges, type EdgeNews } from './context_edges';
import { valueAt } from './line';
import { averageOf, type Average, type OutputReading } from './output_reading';
import { errorIn, fitLatency, middleOf, type LatencyFit, type Start } from './pulse_latency/latency_fit';
import { ReadingBins } from './reading_bins';
import { asSpecified } from './stamps';

/** A model is believed while its fit leaves no more than this unexplained: per average, in squares of an average's usual error. */
const MOST_COST = { exact: 4, rough: 1.5 };
/** A few rough answers may look exact: only after so many averages are they taken for it. */
const LEAST_AVERAGES = 24;
/** Readings that follow no model count for as much as if they scattered by this. */
const UNEXPLAINED_US = 10_000;
/** What is known of the latency holds through a hold-up: it goes on as an average that scatters by this. */
const KEPT_SCATTER_US = 3_000;
/** Older averages do not count. */
const KEPT_US = 60e6;
/** With so many averages another one tells little that is new: the latency is worked out at every second edge. */
const MANY_AVERAGES = 120;
/** So many averages wait for an edge to bear them out, at most: in the background an edge takes a minute. */
const MOST_WAITING = 8;
/** Before the latency is known, an edge that moves by more was held up. */
const FOUND_US = 10_000;
/** So many averages on end that are off by more, to one side, tell of another latency: another device. */
const MOVED = 4;
const MOVED_US = 25_000;

export class SteadyClock {
  readonly #readings = new ReadingBins();
  #edges = new ContextEdges();
  /** Averages from a time when nothing was held up, for certain; then those of the last edge, which may hide that something was; then those since. */
  #averages: Average[] = [];
  #doubtful: Average[] = [];
  #latest: Average[] = [];
  #start: Start | null = null;
  #fit: LatencyFit | null = null;
  #edgesSeen = 0;
  /** How often what was known no longer held. */
  steps = 0;

  add(told: OutputReading): void {
    const complete = this.#readings.add(asSpecified(told));
    if (this.#readings.startedUs === null || !complete) return;
    this.#start ??= { atUs: this.#readings.startedUs, again: null };
    const average = averageOf(complete);
    if (average?.isStamped) this.#latest = [...this.#latest, average].slice(-MOST_WAITING);
    const news = this.#edges.add(complete);
    if (!news) return;
    if (news.heldUpUs !== 0) this.#startAgain(news);
    else if (this.#hasMoved()) this.reset();
    else this.#takeEdge(this.#start);
  }

  reset(): void {
    this.steps += 1;
    this.#readings.reset();
    this.#edges = new ContextEdges();
    this.#averages = [];
    this.#doubtful = [];
    this.#latest = [];
    this.#start = null;
    this.#fit = null;
  }

  /** False while the context's time does not advance evenly, or has not for long enough. */
  get isKnown(): boolean {
    return this.#fit !== null && this.#edges.areEven;
  }

  /** The page's time at which the sample of context time 0 is heard; NaN while it is not known. */
  heardAtContextZeroUs(nowUs: number): number {
    return this.#fit && this.isKnown ? valueAt(this.#fit, nowUs) : NaN;
  }

  #takeEdge(start: Start): void {
    const lastUs = this.#doubtful.at(-1)?.toUs ?? -Infinity;
    this.#averages = [...this.#averages, ...this.#doubtful].filter(({ toUs }) => lastUs - toUs < KEPT_US);
    this.#doubtful = this.#latest;
    this.#latest = [];
    this.#edgesSeen += 1;
    if (this.#edges.areEven && (this.#averages.length < MANY_AVERAGES || this.#edgesSeen % 2 === 0)) this.#fit = this.#fitted(start);
  }

  /** By the model that explains what is told: exact answers, rough ones, or none. */
  #fitted(start: Start): LatencyFit | null {
    const averages = this.#averages;
    const { drift } = this.#edges;
    const costOf = (fit: LatencyFit | null): number => (fit?.cost ?? Infinity) / averages.length;
    const exact = fitLatency(averages, start, [], this.#fit, { areRough: false, drift });
    if (averages.length >= LEAST_AVERAGES && costOf(exact) < MOST_COST.exact) return exact;
    const rough = fitLatency(averages, start, [], this.#fit, { areRough: true, drift });
    if (costOf(rough) < MOST_COST.rough) return rough;
    const scattered = averages.map((average) => ({ ...average, scatterUs: Math.hypot(average.scatterUs, UNEXPLAINED_US) }));
    return fitLatency(scattered, start, [], this.#fit, { areRough: false, drift });
  }

  #startAgain({ heldUpUs, sinceUs }: EdgeNews): void {
    const fit = this.#fit;
    if (!fit) {
      // In a stream's first moments its beat is still finding its place.
      if (Math.abs(heldUpUs) > FOUND_US) this.reset();
      return;
    }
    this.steps += 1;
    this.#averages = [{ fromUs: sinceUs, toUs: sinceUs, heardUs: valueAt(fit, sinceUs) + heldUpUs, aheadUs: NaN, scatterUs: KEPT_SCATTER_US, isStamped: true, isLeast: false }];
    this.#doubtful = [];
    this.#latest = this.#latest.filter(({ fromUs }) => fromUs >= sinceUs);
    this.#start = { atUs: sinceUs, again: { drift: fit.drift, rateError: 0 } };
    this.#fit = this.#fitted(this.#start);
  }

  #hasMoved(): boolean {
    const fit = this.#fit;
    if (!fit) return false;
    const off = [...this.#doubtful, ...this.#latest].slice(-MOVED).map((average) => average.heardUs - valueAt(fit, middleOf(average)) - errorIn(average, fit));
    return off.length === MOVED && (off.every((us) => us > MOVED_US) || off.every((us) => us < -MOVED_US));
  }
}
