// A value that drifts evenly. Pure; all in microseconds.

export interface Line {
  /** As it is at `atUs`. */
  valueUs: number;
  /** Microseconds per second. */
  drift: number;
  atUs: number;
}

/** The line's value at a time. */
export const valueAt = (line: Line, us: number): number => line.valueUs + (line.drift * (us - line.atUs)) / 1e6;
