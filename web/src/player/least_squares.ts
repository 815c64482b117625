// Weighted linear least squares of a few coefficients, with what is known of them beforehand. Pure.

export interface Equation {
  /** What the coefficients are multiplied with to make `value`. */
  terms: readonly number[];
  value: number;
  /** An inverse variance. */
  weight: number;
}

/** The coefficients. `usual`: one standard deviation of each from 0 as it is known beforehand; Infinity where nothing is known. Null where the equations leave one open. */
export function leastSquares(equations: Iterable<Equation>, usual: readonly number[]): number[] | null {
  // The normal equations, what they shall make in the last column.
  const size = usual.length;
  const rows = usual.map((deviation, i) => Array.from({ length: size + 1 }, (_, j) => (j === i ? deviation ** -2 : 0)));
  for (const { terms, value, weight } of equations) {
    for (const [i, row] of rows.entries()) {
      const part = weight * (terms[i] ?? 0);
      for (let j = 0; j <= size; j += 1) row[j] = (row[j] ?? 0) + part * (j < size ? (terms[j] ?? 0) : value);
    }
  }
  for (const [i, row] of rows.entries()) {
    const pivot = row[i] ?? 0;
    if (!(pivot > 0)) return null; // the matrix is symmetric and not negative: no need to look for a better one
    for (let j = i; j <= size; j += 1) row[j] = (row[j] ?? 0) / pivot;
    for (const other of rows) {
      if (other === row) continue;
      const factor = other[i] ?? 0;
      for (let j = i; j <= size; j += 1) other[j] = (other[j] ?? 0) - factor * (row[j] ?? 0);
    }
  }
  return rows.map((row) => row[size] ?? NaN);
}

export interface Solution {
  found: number[];
  /** The weighted sum of squares of what is left, what is known beforehand included. */
  cost: number;
}

/** The coefficients as `leastSquares` finds them, and the cost of that. */
export function solve(equations: readonly Equation[], usual: readonly number[]): Solution | null {
  const found = leastSquares(equations, usual);
  if (!found) return null;
  let cost = 0;
  for (const [i, value] of found.entries()) cost += (value / (usual[i] ?? Infinity)) ** 2;
  for (const { terms, value, weight } of equations) {
    let left = value;
    for (const [i, term] of terms.entries()) left -= term * (found[i] ?? 0);
    cost += weight * left ** 2;
  }
  return { found, cost };
}
