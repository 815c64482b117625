// How well this device has kept time over the last minute. Pure.

export interface SyncPoint {
  atMs: number;
  /** By how much the sound was ahead of where it belongs; null in silence. */
  errorMs: number | null;
}

const KEPT_MS = 60_000;
const PAUSE_MS = 500;
/** What is told to others is an average over so long. */
const TOLD_MS = 3_000;

export class SyncHistory {
  #points: SyncPoint[] = [];

  /** Takes one of the readings it is given, twice a second. */
  add(atMs: number, errorMs: number | null): void {
    const last = this.#points.at(-1);
    if (last && atMs - last.atMs < PAUSE_MS) return;
    // A new array: who has been handed the old one sees that it is another.
    this.#points = [...this.#points.filter((point) => atMs - point.atMs < KEPT_MS), { atMs, errorMs }];
  }

  get points(): readonly SyncPoint[] {
    return this.#points;
  }

  /** Root mean square over the last seconds; null in silence. */
  latestMs(nowMs: number): number | null {
    const errors = this.#points.filter(({ atMs }) => nowMs - atMs < TOLD_MS).flatMap(({ errorMs }) => errorMs ?? []);
    if (errors.length === 0) return null;
    return Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
  }
}
