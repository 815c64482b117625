// How far off a device is, in a word and as one of three grades.

export type Grade = 'good' | 'fair' | 'poor';

/** 5 ms is where two speakers in a room begin to sound like two; 20 ms is an echo. */
export function gradeOf(errorMs: number): Grade {
  const off = Math.abs(errorMs);
  return off <= 5 ? 'good' : off <= 20 ? 'fair' : 'poor';
}

export function describeError(errorMs: number | null): string {
  if (errorMs === null) return 'silent';
  return { good: 'in time', fair: 'almost in time', poor: 'out of time' }[gradeOf(errorMs)];
}
