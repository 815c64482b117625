// The audio thread's part: a Renderer behind an AudioWorkletProcessor. process() allocates nothing, but for the report a tenth of a second.

import { isPort, type OutputRequest, type PcmChunk, type PcmSource } from './messages';
import { RingReader } from './pcm_ring';
import { Rehearsal } from './rehearsal';
import { Renderer } from './renderer';

const REPORT_BLOCKS = 38;

class OutputProcessor extends AudioWorkletProcessor {
  readonly #renderer = new Renderer(sampleRate);
  readonly #rehearsal = new Rehearsal();
  #ring: RingReader | null = null;
  #blocks = 0;

  constructor() {
    super();
    this.port.onmessage = (event: MessageEvent<OutputRequest>) => {
      this.#obey(event.data);
    };
  }

  #obey(request: OutputRequest): void {
    if (request.type === 'source') this.#connect(request.source);
    else this.#renderer.obey(request);
  }

  #connect(source: PcmSource): void {
    if (isPort(source)) {
      source.onmessage = (event: MessageEvent<PcmChunk>) => {
        this.#renderer.queue.add(event.data);
      };
    } else {
      this.#ring = new RingReader(source);
    }
  }

  /** Takes what has been decoded since, and gives back what has been played. */
  #exchange(ring: RingReader): void {
    for (let chunk = ring.take(); chunk; chunk = ring.take()) this.#renderer.queue.add(chunk);
    ring.releaseBefore(this.#renderer.queue.first?.number);
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const left = outputs[0]?.[0];
    const right = outputs[0]?.[1];
    if (!left || !right) return true;
    if (this.#ring) this.#exchange(this.#ring);
    this.#renderer.render(left, right, currentTime);
    if (!this.#renderer.knowsTime) this.#rehearsal.render();
    this.#blocks += 1;
    if (this.#blocks % REPORT_BLOCKS === 0) this.port.postMessage(this.#renderer.report(currentTime));
    return true;
  }
}

registerProcessor('musicspace-output', OutputProcessor);
