// The server's clock, estimated from time exchanges. Pure: time comes in as stamps. Each exchange gives four (client sent, server
// received, server sent, client received, all in microseconds). A weighted regression over the last five minutes gives the offset and how
// it drifts: an exchange whose round trip took e longer than the shortest may be off by up to e / 2, so its weight falls with e squared.
// docs/adr/0010 compares it with a Kalman filter.

import { fitLine, valueAt, type Line } from './line_fit';

export interface Exchange {
  clientSentUs: number;
  serverReceivedUs: number;
  serverSentUs: number;
  clientReceivedUs: number;
}

interface Sample {
  offsetUs: number;
  rttUs: number;
  atUs: number;
}

const WINDOW_US = 300e6;
const MOST_SAMPLES = 1500;
/** What stamps scatter by on the best of lines. */
const FLOOR_US = 100;
const SHORTEST = 4;
/** How far two quartz clocks run apart, usually: 50 microseconds a second. */
const USUAL_DRIFT = 50;
/** By how much that changes with the temperature over a window. */
const WANDER = 0.5;
/** Exchanges in a row that no delay can explain: the clocks have stepped. */
const PROOF = 3;
const STEP_US = 1000;

export class ServerClock {
  #samples: Sample[] = [];
  #contradictions: Sample[] = [];
  #fit: Line | null = null;

  /** True when it shows that one of the clocks has stepped (a machine slept): all that was known before is forgotten. */
  add(exchange: Exchange): boolean {
    const rttUs = exchange.clientReceivedUs - exchange.clientSentUs - (exchange.serverSentUs - exchange.serverReceivedUs);
    if (!(rttUs >= 0)) return false;
    const offsetUs = (exchange.serverReceivedUs - exchange.clientSentUs + exchange.serverSentUs - exchange.clientReceivedUs) / 2;
    const sample = { offsetUs, rttUs, atUs: exchange.clientReceivedUs };
    const stepped = this.#contradicts(sample);
    if (stepped) {
      this.#samples = this.#contradictions;
      this.#contradictions = [];
    } else if (this.#contradictions.length === 0) {
      this.#samples.push(sample);
    }
    const oldest = sample.atUs - WINDOW_US;
    if (this.#samples.length > MOST_SAMPLES || (this.#samples[0]?.atUs ?? Infinity) < oldest) {
      this.#samples = this.#samples.filter((each) => each.atUs >= oldest).slice(-MOST_SAMPLES);
    }
    this.#fit = null;
    return stepped;
  }

  /** Forgets everything: a new connection may be another server. */
  reset(): void {
    this.#samples = [];
    this.#contradictions = [];
    this.#fit = null;
  }

  get ready(): boolean {
    return this.#samples.length >= 3;
  }

  get rttUs(): number {
    return this.#samples.reduce((least, sample) => Math.min(least, sample.rttUs), Infinity);
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
  #contradicts(sample: Sample): boolean {
    const fit = this.ready ? this.#fitted() : null;
    if (!fit) return false;
    const apart = Math.abs(sample.offsetUs - this.offsetUs(sample.atUs));
    if (apart <= (sample.rttUs + this.rttUs) / 2 + 3 * fit.deviationUs + STEP_US) {
      this.#contradictions = [];
      return false;
    }
    this.#contradictions.push(sample);
    return this.#contradictions.length >= PROOF;
  }

  #fitted(): Line | null {
    this.#fit ??= fitTo(this.#samples);
    return this.#fit;
  }
}

function fitTo(samples: readonly Sample[]): Line | null {
  // The shortest round trip was delayed too: about as much as the few next ones are longer than it.
  const shortest = shortestOf(samples);
  const leastRttUs = Math.max(0, 2 * (shortest[0] ?? 0) - (shortest.at(-1) ?? 0));
  const weightOf = ({ rttUs }: Sample, ageS: number): number => 1 / (FLOOR_US ** 2 + (rttUs - leastRttUs) ** 2 / 12 + (WANDER * ageS) ** 2);
  return fitLine(samples, ({ offsetUs }) => offsetUs, weightOf, USUAL_DRIFT);
}

/** The few shortest round trips, the shortest first. */
function shortestOf(samples: readonly Sample[]): number[] {
  const shortest: number[] = [];
  for (const { rttUs } of samples) {
    if (shortest.length === SHORTEST && rttUs >= (shortest[SHORTEST - 1] ?? Infinity)) continue;
    shortest.push(rttUs);
    shortest.sort((a, b) => a - b);
    if (shortest.length > SHORTEST) shortest.pop();
  }
  return shortest;
}

/** A quick burst after connecting, then as often as the line's jitter makes it worth, on a weak line (`sparing`) rarely: milliseconds until the next exchange. */
export function nextExchangeMs(exchanges: number, deviationUs: number, sparing = false): number {
  if (exchanges < 20) return 15;
  if (sparing) return 2000;
  if (deviationUs > 300) return exchanges < 500 ? 100 : 200;
  return deviationUs > 60 ? 500 : 2000;
}
