// How wrong the latency is that PulseAudio tells, and how the error goes on. Pure.
//
// On Linux, browsers learn their stream's latency from PulseAudio's client library (pa_stream_get_latency; PipeWire speaks the same protocol). It asks the
// sound server now and then, and answers in between from a smoother: a straight line from the answer at the line's beginning to the last one. The line's
// slope, the rate of the sound card's clock, passes through three low-pass filters. After five seconds the beginning moves along the line.
// In PulseAudio's source these are src/pulse/stream.c (AUTO_TIMING_INTERVAL_*, SMOOTHER_HISTORY_TIME) and src/pulsecore/time-smoother_2.c.
//
// So two things go wrong. The first answer is off, by a fraction of a millisecond or by thirty: the line begins in the wrong place, and since it is drawn to
// answers that are right, its slope is wrong and the line shoots beyond them. And on a busy machine an answer arrives late and is taken for one of
// another moment: the line bends for six seconds. The smoother is linear, so the error over time is a shape that is known, times a size that is not.
// docs/adr/0011 has what was measured.

/** The library asks so long after a stream's start, twice that after the last time, and so on, at most this long after. */
const FIRST_INTERVAL_S = 0.01;
const INTERVAL_S = 1.5;
/** The smoother leaves out answers that come earlier. */
const EARLIEST_S = 0.1;
/** The line is at least so long before its beginning moves. */
const WINDOW_S = 5;
/** The filters' time constants: the first two have the one, the last has the other. */
const CHORD_S = WINDOW_S / (2 * Math.PI) / 8;
const SLOPE_S = WINDOW_S / (2 * Math.PI);
/** After a minute nothing of an error is left. */
const LASTS_S = 60;

/** A straight piece of an error over time, from one answer to the next. `before`: the error's integral up to there. */
interface Piece {
  fromS: number;
  value: number;
  slope: number;
  before: number;
}

/** An error over time, for a cause of size 1. */
export type Shape = readonly Piece[];

/** When a stream that starts at 0 gets the answers that the smoother uses. */
function answersAfterStart(): number[] {
  const answers: number[] = [];
  for (let [s, intervalS] = [0, FIRST_INTERVAL_S]; s < LASTS_S; intervalS = Math.min(INTERVAL_S, intervalS * 2)) {
    s += intervalS;
    if (s >= EARLIEST_S) answers.push(s);
  }
  return answers;
}

const ANSWERS_S = answersAfterStart();
/** The answers that come before the line's beginning has moved. */
export const EARLY_ANSWERS_S: readonly number[] = ANSWERS_S.filter((s) => s <= WINDOW_S);
/** The first answer after those, and the line's length from then on. */
const LENGTH_S = ANSWERS_S.find((s) => s > WINDOW_S) ?? WINDOW_S;

/** When a stream that starts at 0 gets the later answers, between two times. */
export function laterAnswers(fromS: number, toS: number): number[] {
  const answers: number[] = [];
  for (let n = Math.max(0, Math.ceil((fromS - LENGTH_S) / INTERVAL_S)); LENGTH_S + n * INTERVAL_S < toS; n += 1) answers.push(LENGTH_S + n * INTERVAL_S);
  return answers;
}

const integralTo = ({ fromS, value, slope, before }: Piece, s: number): number => before + (s - fromS) * (value + (slope * (s - fromS)) / 2);

const filtered = (value: number, input: number, elapsedS: number, constantS: number): number => value + ((input - value) * elapsedS) / (elapsedS + constantS);

/**
 * Runs the smoother on errors alone, from time 0 on.
 * `beginS`: where the line begins; `offset`: how far off it is there; `rate`: how far off its slope is, a second; `wrong`: the index of an answer that is off by 1.
 */
function shapeOf(answersS: readonly number[], beginS: number, offset: number, rate: number, wrong: number): Shape {
  let last: Piece = { fromS: 0, value: offset, slope: rate, before: 0 };
  const pieces = [last];
  let [once, twice, slope] = [rate, rate, rate];
  let lastS = beginS === 0 ? 0 : (answersS[0] ?? 0) - INTERVAL_S;
  for (const [n, s] of answersS.entries()) {
    const elapsedS = s - lastS;
    lastS = s;
    const chord = ((n === wrong ? 1 : 0) - offset) / (s - beginS);
    once = filtered(once, (twice + chord) / 2, elapsedS, CHORD_S);
    twice = filtered(twice, once, elapsedS, CHORD_S);
    slope = filtered(slope, twice, elapsedS, SLOPE_S);
    if (s - beginS > WINDOW_S) {
      offset += chord * elapsedS;
      beginS += elapsedS;
    }
    last = { fromS: s, value: offset + slope * (s - beginS), slope, before: integralTo(last, s) };
    pieces.push(last);
  }
  return pieces;
}

/** The first answer of a stream is off by 1. From the stream's start on. */
export const FIRST_ANSWER_WRONG = shapeOf(ANSWERS_S, 0, 1, 0, NaN);
/** A stream starts again, and the smoother has kept a slope that is off by 1 a second. From that start on. */
export const RATE_WRONG = shapeOf(ANSWERS_S, 0, 0, 1, NaN);
/** One of the early answers is off by 1, in the order of EARLY_ANSWERS_S. From the stream's start on. */
export const EARLY_ANSWER_WRONG: readonly Shape[] = EARLY_ANSWERS_S.map((_, n) => shapeOf(ANSWERS_S, 0, 0, 0, n));
/** A later answer is off by 1. From that answer on. */
export const ANSWER_WRONG = shapeOf(ANSWERS_S.map((_, n) => n * INTERVAL_S), -LENGTH_S, 0, 0, 0);

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

/** The mean error between two times after its cause, which are in microseconds. */
export const meanBetween = (shape: Shape, fromUs: number, toUs: number): number =>
  toUs > fromUs ? (integral(shape, toUs / 1e6) - integral(shape, fromUs / 1e6)) / ((toUs - fromUs) / 1e6) : 0;

/** By how much the error grows a second, so many microseconds after its cause. */
export const growthAt = (shape: Shape, us: number): number => (us < LASTS_S * 1e6 ? (pieceAt(shape, us / 1e6)?.slope ?? 0) : 0);
