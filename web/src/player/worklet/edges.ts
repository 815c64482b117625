// How loud something is over time: silent, fading in, heard, fading out, silent. Pure; all in microseconds.

const ramp = (us: number, fadeUs: number): number => (us >= fadeUs ? 1 : us > 0 ? us / fadeUs : 0);

export class Edges {
  #startUs = -Infinity;
  #startFadeUs = 0;
  #endUs = Infinity;
  #endFadeUs = 0;
  /** From then on nothing is heard. */
  silentFromUs = Infinity;

  /** Heard at all times. */
  open(): void {
    this.#startUs = -Infinity;
    this.#endUs = this.silentFromUs = Infinity;
  }

  /** Silent before `us`, and in full from `fadeUs` after it on. */
  startsAt(us: number, fadeUs: number): void {
    this.#startUs = us;
    this.#startFadeUs = fadeUs;
  }

  /** In full until `fadeUs` before `us`, and silent from that on. */
  endsAt(us: number, fadeUs: number): void {
    this.#endUs = us;
    this.#endFadeUs = fadeUs;
    this.silentFromUs = Math.min(this.silentFromUs, us);
  }

  /** Silent from `us` on, without a fade. */
  cutAt(us: number): void {
    this.silentFromUs = Math.min(this.silentFromUs, us);
  }

  at(us: number): number {
    if (us >= this.silentFromUs || us < this.#startUs) return 0;
    return Math.min(ramp(us - this.#startUs, this.#startFadeUs), ramp(this.#endUs - us, this.#endFadeUs));
  }

  /** Multiplies samples from `us` on, `stepUs` apart, with what they are heard at. */
  shape(left: Float32Array, right: Float32Array, us: number, stepUs: number, count: number): void {
    const lastUs = us + (count - 1) * stepUs;
    const isWhole = us >= this.#startUs + this.#startFadeUs && lastUs <= this.#endUs - this.#endFadeUs && lastUs < this.silentFromUs;
    if (isWhole) return;
    for (let k = 0; k < count; k += 1) {
      const level = this.at(us + k * stepUs);
      left[k] = (left[k] ?? 0) * level;
      right[k] = (right[k] ?? 0) * level;
    }
  }
}
