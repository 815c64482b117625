// How evenly a context's time advances. Pure; all in microseconds.
//
// The context's time steps whenever the sound system asks for sound. Just after a step the page's clock is least ahead of it: where the sound system works at a
// beat of its own, this least distance lies on a line, for minutes. Then what is heard keeps a fixed distance to that line.

import { leastSquares } from './least_squares';
import { valueAt, type Line } from './line';
import { median } from './median';
import type { OutputReading } from './output_reading';

interface Edge {
  atUs: number;
  /** The least by which the page's clock was ahead. */
  aheadUs: number;
}

export interface EdgeNews {
  /** By how much what is heard has been held up since the last news; 0 while all is as it was. */
  heldUpUs: number;
}

/** An edge is looked for in so many readings: with ten milliseconds between readings and steps of up to fifty, fewer may have missed each step's end. */
const EDGE_READINGS = 45;
/** A bin with fewer comes from a page in the background. */
const LEAST_READINGS = 12;
/** A minute. */
const MOST_EDGES = 120;
/** The time advances evenly when more than half of so many edges lie within EVEN_US of the line, and until half of twice as many lie more than UNEVEN_US away. */
const JUDGED = 5;
const EVEN_US = 300;
const UNEVEN_US = 2_000;
/** How fast a sound card's clock and the page's usually run apart, in microseconds a second. */
const USUAL_DRIFT = 100;
/** Edges farther from the middle do not count for the slope. */
const OUTLYING_US = 1_000;
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
    if (readings.length < LEAST_READINGS) return null;
    this.#open.push(...readings);
    if (this.#open.length < EDGE_READINGS) return null;
    const edge = this.#open.map(({ nowUs, contextUs }) => ({ atUs: nowUs, aheadUs: nowUs - contextUs })).reduce((least, each) => (each.aheadUs < least.aheadUs ? each : least));
    this.#open = [];
    const before = this.#line;
    const isAway = before !== null && Math.abs(edge.aheadUs - valueAt(before, edge.atUs)) > AWAY_US;
    this.#away = isAway ? this.#away + 1 : 0;
    this.#edges.push(edge);
    if (this.#edges.length > MOST_EDGES) this.#edges.shift();
    if (isAway && this.#away < AWAY) return null;
    if (isAway) this.#edges = this.#edges.slice(-AWAY);
    this.#away = 0;
    const line = lineThrough(this.#edges, isAway ? before.drift : 0);
    this.#line = line;
    const { count, limitUs } = this.areEven ? { count: 2 * JUDGED, limitUs: UNEVEN_US } : { count: JUDGED, limitUs: EVEN_US };
    const judged = this.#edges.slice(-count).map(({ atUs, aheadUs }) => Math.abs(aheadUs - valueAt(line, atUs)));
    if (judged.length === count) this.areEven = median(judged) < limitUs;
    return { heldUpUs: isAway ? line.valueUs - valueAt(before, line.atUs) : 0 };
  }

  /** How fast the sound card's clock and the page's run apart, in microseconds a second, and one standard deviation of that. */
  get drift(): { expected: number; usual: number } {
    const spanS = ((this.#edges.at(-1)?.atUs ?? NaN) - (this.#edges[0]?.atUs ?? NaN)) / 1e6;
    return { expected: this.#line?.drift ?? 0, usual: EVEN_US / 2 / Math.max(1, spanS) };
  }
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
