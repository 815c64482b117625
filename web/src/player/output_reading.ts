// What a browser tells of its output, and the average of some readings. Pure; all in microseconds.

import { solve } from './least_squares';
import type { Point } from './lower_hull';

export interface OutputReading {
  nowUs: number;
  /** The context's time at `nowUs`. */
  contextUs: number;
  /** A moment and the context time that was heard then, as the browser tells it (getOutputTimestamp); NaN where it tells none. */
  stampUs: number;
  stampContextUs: number;
  /** What else it tells of the latency behind the context, and how much of that is the context's own buffer; NaN where it tells none. */
  latencyUs: number;
  bufferUs: number;
}

export interface Average {
  fromUs: number;
  toUs: number;
  /** When the sample of context time 0 was heard. */
  heardUs: number;
  /** The least by which the page's clock was ahead of the context's. */
  aheadUs: number;
  /** How far the readings scatter around a straight line. */
  scatterUs: number;
  isStamped: boolean;
  /** The latency was told as nothing but the buffer: at least so much, that is. */
  isLeast: boolean;
}

const LEAST_STAMPS = 3;
const MOST_LATENCY_US = 1e6;
/** Without stamps a latency is known to the step that it is rounded to. */
const ROUNDED_US = 8_000;

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The standard deviation around a line through some points. */
function scatterOf(points: readonly Point[]): number {
  const [x0, y0] = [meanOf(points.map(({ x }) => x)), meanOf(points.map(({ y }) => y))];
  const equations = points.map(({ x, y }) => ({ terms: [1, x - x0], value: y - y0, weight: 1 }));
  return Math.sqrt((solve(equations, [Infinity, Infinity])?.cost ?? 0) / points.length);
}

/** Null without a reading. From the stamps that make sense, where there are enough of them; else from the latency that is told, if any. */
export function averageOf(readings: readonly OutputReading[]): Average | null {
  const first = readings[0];
  const last = readings.at(-1);
  if (!first || !last) return null;
  const clockUs = meanOf(readings.map(({ nowUs, contextUs }) => nowUs - contextUs));
  const stamps: Point[] = [];
  let before = NaN;
  let isLeast = false;
  for (const { stampUs, stampContextUs, nowUs, latencyUs, bufferUs } of readings) {
    const heardUs = stampUs - stampContextUs;
    const isFresh = stampContextUs > 0 && stampUs !== before && Math.abs(nowUs - stampUs) < MOST_LATENCY_US;
    before = stampUs;
    if (isFresh && heardUs > clockUs - MOST_LATENCY_US / 10 && heardUs < clockUs + MOST_LATENCY_US) stamps.push({ x: stampUs, y: heardUs });
    if (latencyUs < bufferUs + ROUNDED_US) isLeast = true;
  }
  const told = readings.map(({ latencyUs }) => latencyUs).filter((us) => us >= 0 && us < MOST_LATENCY_US);
  const isStamped = stamps.length >= LEAST_STAMPS;
  return {
    fromUs: first.nowUs,
    toUs: last.nowUs,
    heardUs: isStamped ? meanOf(stamps.map(({ y }) => y)) : clockUs + (told.length > 0 ? meanOf(told) : 0),
    aheadUs: Math.min(...readings.map(({ nowUs, contextUs }) => nowUs - contextUs)),
    scatterUs: isStamped ? scatterOf(stamps) : ROUNDED_US,
    isStamped,
    isLeast,
  };
}
