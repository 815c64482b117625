// Renders for nobody while nothing is to be played yet, so that the engine has compiled the renderer by the time the first sound is due: code that
// runs for the first time is slow enough to make the device run dry.

import { Renderer } from './renderer';

const BLOCK = 128;
const PACKET = 960;
const PACKETS = 10;
/** Some three seconds. */
const BLOCKS = 1200;

export class Rehearsal {
  readonly #renderer = new Renderer(48_000, Infinity);
  readonly #left = new Float32Array(BLOCK);
  readonly #right = new Float32Array(BLOCK);
  #done = 0;

  constructor() {
    this.#renderer.queue.setGate({ epoch: 0, running: true, atUs: 0, gain: 0.5 });
    this.#renderer.serverAtContextZeroUs = 7; // between samples
    const samples = new Float32Array(PACKET);
    for (let i = 0; i < PACKETS; i += 1) {
      this.#renderer.queue.add({ type: 'pcm', epoch: 0, playAtUs: i * 20_000, positionSamples: i * PACKET, left: samples, right: samples });
    }
  }

  /** A block of it; nothing once it has been done often enough. */
  render(): void {
    if (this.#done >= BLOCKS) return;
    this.#renderer.render(this.#left, this.#right, ((this.#done * BLOCK) % (PACKET * PACKETS)) / 48_000);
    this.#done += 1;
  }
}
