// The whole chain on simulated time: a line that jitters, two clocks that drift, a sound card with a clock of its own. What the renderer
// puts where is compared with where it belongs, which only the simulation knows.

import { describe, expect, test } from 'vitest';
import { nextExchangeMs, ServerClock } from '../src/player/clock';
import { StampedClock } from '../src/player/stamped_clock';
import { Renderer } from '../src/player/worklet/renderer';

interface World {
  /** Parts per million by which the page's clock and the sound card's run fast against the server's. */
  pageDrift: number;
  cardDrift: number;
  /** One way, microseconds: at least, and how much more at most. */
  delayUs: number;
  jitterUs: number;
  seed: number;
}

const SERVER_AT_ZERO_US = 5e9;
const LATENCY_US = 60_000;
const PIECE = 1024;
const RATE = 48_000;

function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Microseconds by which what is heard is off, once a second from `settledS` on; and the most that the speed was changed. */
function run(world: World, seconds: number, settledS: number): { errors: number[]; mostRate: number } {
  const roll = dice(world.seed);
  const page = (us: number): number => 1e6 + us * (1 + world.pageDrift / 1e6);
  const clock = new ServerClock();
  const output = new StampedClock();
  // A coarse rate: rendering silence at full rate for hours would take minutes.
  const renderer = new Renderer(RATE / 128);
  const block = [new Float32Array(PIECE / 128), new Float32Array(PIECE / 128)] as const;
  let [exchanges, nextAskUs, nextSecond] = [0, 0, 1];
  let mostRate = 0;
  let lastCursorUs = NaN;
  const errors: number[] = [];
  const pieceUs = (PIECE * 1e6) / RATE / (1 + world.cardDrift / 1e6);
  const pieces = Math.floor((seconds * 1e6) / pieceUs);
  for (let piece = 1; piece < pieces; piece += 1) {
    const nowUs = piece * pieceUs;
    const contextS = (piece * PIECE) / RATE;
    if (nowUs >= nextAskUs) {
      const [there, back] = [world.delayUs + roll() * world.jitterUs, world.delayUs + roll() * world.jitterUs];
      clock.add({ clientSentUs: page(nowUs - there - back), serverReceivedUs: SERVER_AT_ZERO_US + nowUs - back, serverSentUs: SERVER_AT_ZERO_US + nowUs - back, clientReceivedUs: page(nowUs) });
      exchanges += 1;
      nextAskUs = nowUs + nextExchangeMs(exchanges, clock.deviationUs) * 1000;
    }
    // The device takes a piece now; what was rendered so far is heard a latency later.
    output.add({ nowUs: page(nowUs), contextUs: contextS * 1e6, stampUs: page(nowUs + (roll() - 0.5) * 8_000), stampContextUs: contextS * 1e6 - LATENCY_US, latencyUs: LATENCY_US, bufferUs: NaN });
    if (piece % 10 === 0 && clock.ready) {
      const heardUs = output.heardAtContextZeroUs(page(nowUs));
      if (!Number.isNaN(heardUs)) renderer.serverAtContextZeroUs = heardUs + clock.offsetUs(page(nowUs));
    }
    renderer.render(block[0], block[1], contextS);
    const { cursorUs } = renderer.report(contextS);
    const truthUs = SERVER_AT_ZERO_US + nowUs + LATENCY_US / (1 + world.cardDrift / 1e6);
    if (nowUs >= nextSecond * 1e6) {
      if (nextSecond >= settledS) errors.push(Math.abs(cursorUs - truthUs));
      nextSecond += 1;
    }
    if (nextSecond > settledS) mostRate = Math.max(mostRate, Math.abs((cursorUs - lastCursorUs) / ((PIECE * 1e6) / RATE) - 1));
    lastCursorUs = cursorUs;
  }
  return { errors, mostRate };
}

const p99 = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? NaN;

describe('the chain, for two hours', () => {
  test.each([
    ['a good line', { pageDrift: 20, cardDrift: -40, delayUs: 300, jitterUs: 200, seed: 1 }, 500],
    ['50 +- 30 ms of jitter', { pageDrift: -30, cardDrift: 60, delayUs: 20_000, jitterUs: 60_000, seed: 2 }, 3_000],
    ['clocks at their worst', { pageDrift: 100, cardDrift: -200, delayUs: 5_000, jitterUs: 5_000, seed: 3 }, 1_000],
  ])('%s', { timeout: 60_000 }, (_, world, limitUs) => {
    const { errors, mostRate } = run(world, 2 * 3600, 20);
    expect(errors.length).toBeGreaterThan(7_000);
    expect(p99(errors)).toBeLessThan(limitUs);
    expect(mostRate).toBeLessThanOrEqual(0.002_001);
  });
});
