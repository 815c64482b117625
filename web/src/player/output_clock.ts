// When a rendered sample leaves the speakers. Two things are told apart, because they move differently: how the context's time
// runs against the page's clock (steady, but it jumps when rendering was held up), and the latency behind it (which the system
// reports in readings that wander by tens of milliseconds, while the true one hardly moves). Pure: readings come in as numbers.

/** About two seconds and a quarter of a minute at 20 readings a second. */
const CLOCK_READINGS = 40;
const LATENCY_READINGS = 300;
const LATEST = 5;
const NEEDED = 5;
/** Beyond the scatter of single readings, whose step is a device buffer of 10 to 20 ms. */
const HELD_UP_US = 25_000;

/** Systems that were short of time report too much latency for many seconds, hardly ever too little. */
const LATENCY_QUANTILE = 0.25;

const quantile = (values: readonly number[], part: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * part)] ?? NaN;
};
const median = (values: readonly number[]): number => quantile(values, 0.5);

function push(values: number[], value: number, limit: number): void {
  values.push(value);
  if (values.length > limit) values.shift();
}

export class OutputClock {
  #clock: number[] = [];
  #latency: number[] = [];

  /**
   * One reading, all in microseconds: the page's clock and the context's at the same moment, and the latency as the browser tells it,
   * NaN where it tells none.
   */
  add(nowUs: number, contextUs: number, latencyUs: number): void {
    push(this.#clock, nowUs - contextUs, CLOCK_READINGS);
    if (latencyUs >= 0 && latencyUs < 1e6) push(this.#latency, latencyUs, LATENCY_READINGS);
    const latest = this.#clock.slice(-LATEST);
    if (Math.abs(median(latest) - median(this.#clock)) > HELD_UP_US) this.#clock = latest;
  }

  /** Forgets everything: another device, or the context was suspended. */
  reset(): void {
    this.#clock = [];
    this.#latency = [];
  }

  /** The page's time at which the sample of context time 0 is heard, or would have been. NaN before it is known. */
  get heardAtContextZeroUs(): number {
    if (this.#clock.length < NEEDED) return NaN;
    return median(this.#clock) + (this.#latency.length > 0 ? quantile(this.#latency, LATENCY_QUANTILE) : 0);
  }
}
