// The server's clock, estimated from time exchanges. Pure: time comes in as stamps. Each exchange gives four (client sent, server
// received, server sent, client received, all in microseconds), and so a bound on the offset each way; the bounds of the last five minutes
// tell it, and how it drifts. docs/adr/0010 compares this with other filters.

import { valueAt } from './line';
import { fitOneWay, type OffsetFit, type OneWayDelays } from './one_way_fit';

export interface Exchange {
  clientSentUs: number;
  serverReceivedUs: number;
  serverSentUs: number;
  clientReceivedUs: number;
}

/** Delays by two clocks; their sum is the round trip, half of their difference the offset that it shows. */
const rttOf = ({ thereUs, backUs }: OneWayDelays): number => thereUs + backUs;
const offsetOf = ({ thereUs, backUs }: OneWayDelays): number => (thereUs - backUs) / 2;

const WINDOW_US = 300e6;
const MOST_SAMPLES = 1500;
/** Exchanges in a row that no delay can explain: the clocks have stepped. */
const PROOF = 3;
const STEP_US = 1000;

export class ServerClock {
  #samples: OneWayDelays[] = [];
  #contradictions: OneWayDelays[] = [];
  /** Of the samples, but for those that are newer where it is stale. */
  #fit: OffsetFit | null = null;
  #isStale = false;

  /** True when it shows that one of the clocks has stepped (a machine slept): all that was known before is forgotten. */
  add(exchange: Exchange): boolean {
    const { clientSentUs, serverReceivedUs, serverSentUs, clientReceivedUs } = exchange;
    const sample = { atUs: clientReceivedUs, thereUs: serverReceivedUs - clientSentUs, backUs: clientReceivedUs - serverSentUs };
    if (!(rttOf(sample) >= 0)) return false;
    const stepped = this.#contradicts(sample);
    if (stepped) {
      this.#samples = this.#contradictions;
      this.#contradictions = [];
      this.#fit = null;
    } else if (this.#contradictions.length === 0) {
      this.#samples.push(sample);
    }
    const oldest = sample.atUs - WINDOW_US;
    if (this.#samples.length > MOST_SAMPLES || (this.#samples[0]?.atUs ?? Infinity) < oldest) {
      this.#samples = this.#samples.filter((each) => each.atUs >= oldest).slice(-MOST_SAMPLES);
    }
    this.#isStale = true;
    return stepped;
  }

  get ready(): boolean {
    return this.#samples.length >= 3;
  }

  get rttUs(): number {
    return this.#samples.reduce((least, sample) => Math.min(least, rttOf(sample)), Infinity);
  }

  /** Server time minus client time at `clientUs`. NaN before the first exchange. */
  offsetUs(clientUs: number): number {
    const fit = this.#fitted();
    return fit ? valueAt(fit, clientUs) : NaN;
  }

  /** One standard deviation of offsetUs() now; what an asymmetric line adds cannot be known. Infinity before the first exchange. */
  get deviationUs(): number {
    return this.#fitted()?.deviationUs ?? Infinity;
  }

  /** The true offset lies within half a round trip of the measured one, and of the shortest one's. */
  #contradicts(sample: OneWayDelays): boolean {
    const fit = this.ready ? this.#fitted() : null;
    if (!fit) return false;
    const apart = Math.abs(offsetOf(sample) - this.offsetUs(sample.atUs));
    if (apart <= (rttOf(sample) + this.rttUs) / 2 + 3 * fit.deviationUs + STEP_US) {
      this.#contradictions = [];
      return false;
    }
    this.#contradictions.push(sample);
    return this.#contradictions.length >= PROOF;
  }

  #fitted(): OffsetFit | null {
    if (this.#isStale) this.#fit = fitOneWay(this.#samples, this.#fit?.drift ?? 0);
    this.#isStale = false;
    return this.#fit;
  }
}

/** A quick burst after connecting, then as often as the line's jitter makes it worth, on a weak line (`sparing`) rarely: milliseconds until the next exchange. */
export function nextExchangeMs(exchanges: number, deviationUs: number, sparing = false): number {
  if (exchanges < 20) return 15;
  if (sparing) return 2000;
  if (exchanges < 60 && deviationUs > 500) return 30;
  if (exchanges < 500 && deviationUs > 300) return 100;
  // The page is still being built, and what the burst has shown of the drift is little.
  if (exchanges < 40) return 150;
  if (deviationUs > 300) return 200;
  return deviationUs > 60 ? 500 : 2000;
}
