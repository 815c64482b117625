// Weighted linear least squares of a few coefficients, with what is known of them beforehand. Pure.

export interface Equation {
  /** What the coefficients are multiplied with to make `value`. */
  terms: readonly number[];
  value: number;
  /** An inverse variance. */
  weight: number;
}

export interface Solution {
  coefficients: readonly number[];
  covariance: readonly (readonly number[])[];
}

/** `usual`: one standard deviation of each coefficient from 0 as it is known beforehand; Infinity where nothing is known. Null where the equations leave one open. */
export function leastSquares(equations: Iterable<Equation>, usual: readonly number[]): Solution | null {
  const size = usual.length;
  // The normal equations, with the unit matrix beside them, which becomes the covariance.
  const rows = usual.map((deviation, i) => Array.from({ length: 2 * size }, (_, j) => (j === i ? deviation ** -2 : j === size + i ? 1 : 0)));
  const right = usual.map(() => 0);
  for (const { terms, value, weight } of equations) {
    for (let i = 0; i < size; i += 1) {
      const row = rows[i] ?? [];
      const part = weight * (terms[i] ?? 0);
      right[i] = (right[i] ?? 0) + part * value;
      for (let j = 0; j < size; j += 1) row[j] = (row[j] ?? 0) + part * (terms[j] ?? 0);
    }
  }
  for (const [i, row] of rows.entries()) {
    const pivot = row[i] ?? 0;
    if (!(pivot > 0)) return null; // the matrix is symmetric and not negative: no need to look for a better one
    for (let j = 0; j < 2 * size; j += 1) row[j] = (row[j] ?? 0) / pivot;
    for (const other of rows) {
      if (other === row) continue;
      const factor = other[i] ?? 0;
      for (let j = 0; j < 2 * size; j += 1) other[j] = (other[j] ?? 0) - factor * (row[j] ?? 0);
    }
  }
  const covariance = rows.map((row) => row.slice(size));
  return { covariance, coefficients: covariance.map((row) => row.reduce((sum, each, i) => sum + each * (right[i] ?? 0), 0)) };
}
