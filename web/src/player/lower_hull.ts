// The lower convex hull of points: those of them that are the lowest for some slope. Pure.

export interface Point {
  x: number;
  y: number;
}

/** Of points in the order of their x. */
export function lowerHull(points: readonly Point[]): Point[] {
  const hull: Point[] = [];
  for (const point of points) {
    for (let [before, last] = hull.slice(-2); before && last && !isBelow(last, before, point); [before, last] = hull.slice(-2)) hull.pop();
    hull.push(point);
  }
  return hull;
}

/** How far up a line of that slope can be moved until it touches a point: its value at x = 0. */
export function touches(hull: readonly Point[], slope: number): number {
  return hull.reduce((least, { x, y }) => Math.min(least, y - slope * x), Infinity);
}

/** Whether `point` is below the line from `a` to `b`. */
const isBelow = (point: Point, a: Point, b: Point): boolean => (point.y - a.y) * (b.x - a.x) < (b.y - a.y) * (point.x - a.x);
