// How fast to play so that the sound stands where it should: a PI controller. Pure. The proportional part corrects an error with a time
// constant of a second; the integral part learns how fast the sound card's clock runs, so that no error remains while it does.

/** Beyond this, speed would be heard as pitch. */
export const MAX_RATE = 0.002;
/** Larger errors are not worth a slow correction: a jump. */
export const JUMP_US = 30_000;

const PER_SECOND = 1;
/** Critically damped: a quarter of the proportional gain squared. */
const PER_SECOND_SQUARED = PER_SECOND ** 2 / 4;
/** The most that two clocks run apart, with room to spare. */
const MOST_LEARNED = 0.0005;

export class Servo {
  #learned = 0;

  /** `errorUs`: by how much the sound is ahead of where it should be; `elapsedUs` since the last call. Returns the rate: 1 is as it is. */
  rate(errorUs: number, elapsedUs: number): number {
    const wanted = -(errorUs / 1e6) * PER_SECOND + this.#learned;
    const rate = Math.max(-MAX_RATE, Math.min(MAX_RATE, wanted));
    // While the rate is at its limit the error tells nothing of the clock.
    if (rate === wanted) {
      const step = -(errorUs / 1e6) * PER_SECOND_SQUARED * (elapsedUs / 1e6);
      this.#learned = Math.max(-MOST_LEARNED, Math.min(MOST_LEARNED, this.#learned + step));
    }
    return 1 + rate;
  }
}
