// Renders on the page's own thread, ahead of time, into buffers that follow each other to the sample: for pages without https, where
// browsers have no AudioWorklet. What a change of the room's state overtakes is taken back and rendered again.

import type { Rendering } from './output';
import { isPort, type OutputReport, type OutputRequest, type PcmChunk, type PcmSource } from './worklet/messages';
import { Renderer } from './worklet/renderer';

const BLOCK = 128;
/** Samples of one buffer: 64 ms at 48 kHz. */
const BUFFER = 24 * BLOCK;
const TICK_MS = 25;
/** How far ahead of the context's time buffers are made. A page in the background is woken once a second at worst. */
const AHEAD_S = 0.3;
const AHEAD_HIDDEN_S = 2;
/** All that is ahead may be taken back. */
const KEPT_US = (AHEAD_HIDDEN_S + 0.5) * 1e6;
/** Buffers that start later than this can still be taken back. */
const REACH_S = 0.05;
const REPORT_MS = 100;

interface Scheduled {
  source: AudioBufferSourceNode;
  frame: number;
}

export class ScheduledRendering implements Rendering {
  readonly kind = 'scheduled';
  readonly #context: AudioContext;
  readonly #destination: AudioNode;
  readonly #onReport: (report: OutputReport) => void;
  readonly #renderer: Renderer;
  #scheduled: Scheduled[] = [];
  #nextFrame = 0;
  #reportedAt = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #pcm: MessagePort | null = null;

  constructor(context: AudioContext, destination: AudioNode, onReport: (report: OutputReport) => void) {
    this.#context = context;
    this.#destination = destination;
    this.#onReport = onReport;
    this.#renderer = new Renderer(context.sampleRate, KEPT_US);
  }

  start(pcm: PcmSource): Promise<void> {
    if (!isPort(pcm)) return Promise.reject(new Error('sound comes by messages here'));
    this.#pcm = pcm;
    pcm.onmessage = (event: MessageEvent<PcmChunk>) => {
      this.#renderer.queue.add(event.data);
    };
    this.#timer = setInterval(() => {
      this.#renderAhead();
    }, TICK_MS);
    return Promise.resolve();
  }

  send(request: OutputRequest): void {
    if (request.type === 'source') return;
    const { metronome } = this.#renderer;
    this.#renderer.obey(request);
    const changesSound = request.type === 'gate' || request.type === 'clear' || metronome !== this.#renderer.metronome;
    if (changesSound) this.#takeBack();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#pcm?.close();
  }

  /** What has been scheduled beyond reach of the next moments is rendered again. */
  #takeBack(): void {
    const firstFrame = (this.#context.currentTime + REACH_S) * this.#context.sampleRate;
    const stale = this.#scheduled.filter(({ frame }) => frame >= firstFrame);
    const from = stale[0];
    if (!from) return;
    for (const { source } of stale) {
      source.stop();
      source.disconnect();
    }
    this.#scheduled = this.#scheduled.filter(({ frame }) => frame < firstFrame);
    this.#nextFrame = from.frame;
    this.#renderer.rewind(from.frame / this.#context.sampleRate);
    this.#renderAhead();
  }

  #renderAhead(): void {
    if (this.#context.state !== 'running') return;
    const now = this.#context.currentTime;
    const aheadS = document.visibilityState === 'hidden' ? AHEAD_HIDDEN_S : AHEAD_S;
    // The page was held up: what it should have rendered is past.
    if (this.#nextFrame < now * this.#context.sampleRate) this.#nextFrame = Math.ceil((now + REACH_S) * this.#context.sampleRate);
    while (this.#nextFrame < (now + aheadS) * this.#context.sampleRate) this.#schedule();
    if (performance.now() - this.#reportedAt >= REPORT_MS) {
      this.#reportedAt = performance.now();
      this.#onReport(this.#renderer.report((this.#nextFrame - BLOCK) / this.#context.sampleRate));
    }
  }

  #schedule(): void {
    const buffer = new AudioBuffer({ length: BUFFER, numberOfChannels: 2, sampleRate: this.#context.sampleRate });
    const [left, right] = [buffer.getChannelData(0), buffer.getChannelData(1)];
    for (let at = 0; at < BUFFER; at += BLOCK) {
      this.#renderer.render(left.subarray(at, at + BLOCK), right.subarray(at, at + BLOCK), (this.#nextFrame + at) / this.#context.sampleRate);
    }
    const source = new AudioBufferSourceNode(this.#context, { buffer });
    source.connect(this.#destination);
    source.start(this.#nextFrame / this.#context.sampleRate);
    const scheduled = { source, frame: this.#nextFrame };
    source.onended = () => {
      source.disconnect();
      this.#scheduled = this.#scheduled.filter((each) => each !== scheduled);
    };
    this.#scheduled.push(scheduled);
    this.#nextFrame += BUFFER;
  }
}
