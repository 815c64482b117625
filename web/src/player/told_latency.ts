// How what a sound system tells of its latency goes wrong, and comes right again. Pure.
//
// libpulse, which browsers on Linux ask, asks the sound server ever more seldom, and in between tells what lies on a line: from what it was told when the
// stream began to what it was told last. Its slope is smoothed. After five seconds the beginning moves on along the line. So two things go wrong. What
// it is told first is off, by a fraction of a millisecond or by thirty: the line begins at a wrong place, and as it is drawn to right ones its slope
// is wrong and it shoots beyond. And on a busy machine an answer comes late and is taken for one of another moment: the line bends for six seconds.
// Each leaves a shape of its own that only its size is unknown of. docs/adr/0011 has what was measured.

/** When it asks: so long after the start, twice that after the last time, and so on; at most this long after. */
const FIRST_INTERVAL_S = 0.01;
const INTERVAL_S = 1.5;
/** Answers that come earlier change nothing. */
const EARLIEST_S = 0.1;
/** So much lies between the line's beginning and the end, at least. */
const WINDOW_S = 5;
/** The time constants of what smoothes the slope: the first twice, then the other. */
const CHORD_S = WINDOW_S / (2 * Math.PI) / 8;
const SLOPE_S = WINDOW_S / (2 * Math.PI);
/** After a minute nothing is left. */
const LASTS_S = 60;

/** A straight piece of the error, from one answer to the next; `before`: its integral up to there. */
interface Piece {
  fromS: number;
  value: number;
  slope: number;
  before: number;
}

/** An error as it goes on, for a cause of 1. */
export type Shape = readonly Piece[];

/** When the answers of a stream come that starts at 0, as far as they count. */
function answersAfterStart(): number[] {
  const answers: number[] = [];
  for (let [s, intervalS] = [0, FIRST_INTERVAL_S]; s < LASTS_S; intervalS = Math.min(INTERVAL_S, intervalS * 2)) {
    s += intervalS;
    if (s >= EARLIEST_S) answers.push(s);
  }
  return answers;
}

const ANSWERS_S = answersAfterStart();
/** The first ones by which the line's beginning has not moved yet. */
export const EARLY_ANSWERS_S: readonly number[] = ANSWERS_S.filter((s) => s <= WINDOW_S);
/** What lies between the line's beginning and its end from then on. */
const LENGTH_S = ANSWERS_S.find((s) => s > WINDOW_S) ?? WINDOW_S;

const integralTo = ({ fromS, value, slope, before }: Piece, s: number): number => before + (s - fromS) * (value + (slope * (s - fromS)) / 2);

const smoothed = (value: number, to: number, elapsedS: number, constantS: number): number => value + ((to - value) * elapsedS) / (elapsedS + constantS);

/** From time 0 on, for a line that begins at `beginS`, `offset` off, with a slope that is `tilt` off, and answers of which one is off by 1. */
function shapeOf(answersS: readonly number[], beginS: number, offset: number, tilt: number, wrong: number): Shape {
  let last: Piece = { fromS: 0, value: offset, slope: tilt, before: 0 };
  const pieces = [last];
  let [once, twice, slope] = [tilt, tilt, tilt];
  let lastS = beginS === 0 ? 0 : (answersS[0] ?? 0) - INTERVAL_S;
  for (const [n, s] of answersS.entries()) {
    const elapsedS = s - lastS;
    lastS = s;
    const chord = ((n === wrong ? 1 : 0) - offset) / (s - beginS);
    once = smoothed(once, (twice + chord) / 2, elapsedS, CHORD_S);
    twice = smoothed(twice, once, elapsedS, CHORD_S);
    slope = smoothed(slope, twice, elapsedS, SLOPE_S);
    if (s - beginS > WINDOW_S) {
      offset += chord * elapsedS;
      beginS += elapsedS;
    }
    last = { fromS: s, value: offset + slope * (s - beginS), slope, before: integralTo(last, s) };
    pieces.push(last);
  }
  return pieces;
}

/** The line begins off by 1. */
export const BEGINS_OFF = shapeOf(ANSWERS_S, 0, 1, 0, NaN);
/** The line has a slope that is off by 1 a second when a stream starts again. */
export const TILTED = shapeOf(ANSWERS_S, 0, 0, 1, NaN);
/** One of the early answers was off by 1, in the order of EARLY_ANSWERS_S; from the start on. */
export const EARLY_ANSWER_OFF: readonly Shape[] = EARLY_ANSWERS_S.map((_, n) => shapeOf(ANSWERS_S, 0, 0, 0, n));
/** A later one was; from that answer on. */
export const ANSWER_OFF = shapeOf(ANSWERS_S.map((_, n) => n * INTERVAL_S), -LENGTH_S, 0, 0, 0);

/** The piece that holds a time; null before the first. */
function pieceAt(shape: Shape, s: number): Piece | null {
  let [low, high] = [0, shape.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((shape[middle]?.fromS ?? 0) <= s) low = middle;
    else high = middle;
  }
  const piece = shape[low];
  return piece && s >= piece.fromS ? piece : null;
}

function integral(shape: Shape, s: number): number {
  const piece = pieceAt(shape, s);
  return piece ? integralTo(piece, Math.min(s, LASTS_S)) : 0;
}

/** The mean error between two times after its cause, in microseconds. */
export const meanOf = (shape: Shape, fromUs: number, toUs: number): number =>
  toUs > fromUs ? (integral(shape, toUs / 1e6) - integral(shape, fromUs / 1e6)) / ((toUs - fromUs) / 1e6) : 0;

/** How fast it changes so long after its cause, a second. */
export const slopeOf = (shape: Shape, us: number): number => (us < LASTS_S * 1e6 ? (pieceAt(shape, us / 1e6)?.slope ?? 0) : 0);
