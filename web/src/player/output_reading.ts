// What a browser tells of its output, and the average of some readings. Pure; all in microseconds.

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

export interface Average {
  atUs: number;
  /** By how much the page's time is ahead of the context's. */
  clockUs: number;
  /** When the sample of context time 0 was heard. */
  heardUs: number;
  isStamped: boolean;
}

const LEAST_STAMPS = 3;
const MOST_LATENCY_US = 1e6;

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Null without a reading. From the stamps that make sense, where there are enough of them; else from the latency that is told, if any. */
export function averageOf(readings: readonly OutputReading[]): Average | null {
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
