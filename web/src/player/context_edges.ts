// How evenly a context's time advances. Pure; all in microseconds.
//
// The context's time steps whenever the sound system asks for sound. Just after a step the page's clock is least ahead of it: where the sound system works at a
// beat of its own, this least distance lies on a line, for minutes. Then what is heard keeps a fixed distance to that line.

import { leastSquares } from './least_squares';
import { valueAt, type Line } from './line';
import { median } from './median';
import type { OutputReading } from './output_reading';

interface Edge {
  /** When the readings began in which it was looked for, and when it was found. */
  fromUs: number;
  atUs: number;
  /** The least by which the page's clock was ahead. */
  aheadUs: number;
}

export interface EdgeNews {
  /** By how much what is heard has been held up; 0 while all is as it was. */
  heldUpUs: number;
  /** From when on that is so, at the latest. */
  sinceUs: number;
}

/** An edge is looked for in so many readings: with ten milliseconds between readings and steps of up to fifty, fewer may have missed each step's end. */
const EDGE_READINGS = 45;
/** Readings that are farther apart make no edge together. A page in the background reads once a second. */
const MOST_APART_US = 2e6;
/** A minute, for a page in the foreground. */
const MOST_EDGES = 120;
/** The time advances evenly once ENTER of the last JUDGED edges lie within EVEN_US of the line, and for as long as STAY of them do. */
const JUDGED = 10;
const ENTER = 7;
const STAY = 4;
const EVEN_US = 300;
/** How fast a sound card's clock and the page's usually run apart, in microseconds a second, and how well their drift can be known at best: it follows the temperature. */
const USUAL_DRIFT = 100;
const LEAST_DRIFT_ERROR = 1;
/** Edges farther from the middle do not count for the slope. */
const OUTLYING_US = 1_000;
/** An edge is known no better than this. */
const LEAST_SCATTER_US = 50;
/** So many edges on end lie farther from the line than this: what is heard was held up. */
const AWAY = 2;
const AWAY_US = 4_000;

export class ContextEdges {
  #edges: Edge[] = [];
  #line: Line | null = null;
  #away = 0;
  #open: OutputReading[] = [];
  /** Whether the context's time advances evenly. */
  areEven = false;

  /** Takes the readings of a bin, and says what their edge tells, where they complete one. */
  add(readings: readonly OutputReading[]): EdgeNews | null {
    const [first, last] = [readings[0], this.#open.at(-1)];
    if (!first) return null;
    if (last && first.nowUs - last.nowUs > MOST_APART_US) this.#open = [];
    this.#open.push(...readings);
    if (this.#open.length < EDGE_READINGS) return null;
    const before = this.#line;
    const edge = edgeOf(this.#open, before?.drift ?? 0);
    this.#open = [];
    const isAway = before !== null && Math.abs(edge.aheadUs - valueAt(before, edge.atUs)) > AWAY_US;
    this.#away = isAway ? this.#away + 1 : 0;
    this.#edges.push(edge);
    if (this.#edges.length > MOST_EDGES) this.#edges.shift();
    if (isAway && this.#away < AWAY) return null;
    if (isAway) this.#edges = this.#edges.slice(-AWAY);
    this.#away = 0;
    const line = lineThrough(this.#edges, isAway ? before.drift : 0);
    this.#line = line;
    // A hold-up leaves the beat as it is.
    if (this.#edges.length >= JUDGED) this.areEven = this.#distances(JUDGED).filter((us) => us < EVEN_US).length >= (this.areEven ? STAY : ENTER);
    return { heldUpUs: isAway ? line.valueUs - valueAt(before, line.atUs) : 0, sinceUs: this.#edges[0]?.fromUs ?? edge.fromUs };
  }

  /** How fast the sound card's clock and the page's run apart, in microseconds a second, and one standard deviation of that. */
  get drift(): { expected: number; usual: number } {
    const spanS = ((this.#edges.at(-1)?.atUs ?? NaN) - (this.#edges[0]?.atUs ?? NaN)) / 1e6;
    const scatterUs = Math.max(LEAST_SCATTER_US, median(this.#distances(MOST_EDGES)));
    // This is the standard deviation of a slope through points that are spread evenly over the span.
    const usual = (scatterUs * Math.sqrt(12 / this.#edges.length)) / spanS;
    return { expected: this.#line?.drift ?? 0, usual: Math.min(USUAL_DRIFT, Math.max(LEAST_DRIFT_ERROR, usual || USUAL_DRIFT)) };
  }

  /** Of the last edges from the line. */
  #distances(count: number): number[] {
    const line = this.#line;
    return line ? this.#edges.slice(-count).map(({ atUs, aheadUs }) => Math.abs(aheadUs - valueAt(line, atUs))) : [];
  }
}

/** `drift`: as it is known so far; over the time that the readings of a page in the background span it must not count. */
function edgeOf(readings: readonly OutputReading[], drift: number): Edge {
  const edge: Edge = { fromUs: readings[0]?.nowUs ?? NaN, atUs: NaN, aheadUs: NaN };
  let least = Infinity;
  for (const { nowUs, contextUs } of readings) {
    const aheadUs = nowUs - contextUs;
    const level = aheadUs - (drift * (nowUs - edge.fromUs)) / 1e6;
    if (level >= least) continue;
    least = level;
    edge.atUs = nowUs;
    edge.aheadUs = aheadUs;
  }
  return edge;
}

function lineThrough(edges: readonly Edge[], drift: number): Line {
  const atUs = edges.at(-1)?.atUs ?? NaN;
  const found: Line = { atUs, valueUs: 0, drift };
  const restOf = ({ atUs: us, aheadUs }: Edge): number => aheadUs - valueAt(found, us);
  for (let pass = 0; pass < 2; pass += 1) {
    found.valueUs += median(edges.map(restOf));
    const near = edges.filter((edge) => Math.abs(restOf(edge)) < OUTLYING_US);
    const slope = leastSquares(near.map((edge) => ({ terms: [1, (edge.atUs - atUs) / 1e6], value: restOf(edge), weight: EVEN_US ** -2 })), [Infinity, USUAL_DRIFT])?.[1] ?? 0;
    found.drift += slope;
  }
  found.valueUs += median(edges.map(restOf));
  return found;
}
