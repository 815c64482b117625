// From packets to the speakers: a decoder in a worker, and an output that renders what is due. It can be made before a room is joined:
// then the device runs by the time the first packet comes, and its latency is known.

import type { DecoderReport, DecoderRequest } from './decoder_worker';
import type { DecoderKind } from './decoders';
import { Output } from './output';
import type { AudioFrame } from './protocol';
import type { OutputReport, PcmSource } from './worklet/messages';
import { createRing } from './worklet/pcm_ring';

/** More than frames come ahead of their time. */
const HELD_US = 10e6;

export interface SoundEvents {
  onReport(report: OutputReport): void;
  /** The browser lets sound out now, or does not any more. */
  onRunning(): void;
  /** No sound is possible; why. */
  onFailed(reason: string): void;
}

export class Sound {
  readonly output: Output;
  readonly #worker: Worker;
  #events: SoundEvents | null = null;
  #failure: string | null = null;
  #held: { frame: AudioFrame; speed: number }[] = [];
  decoder: DecoderKind | 'none' = 'none';

  static supported(): boolean {
    return typeof AudioContext !== 'undefined' && typeof WebAssembly !== 'undefined' && typeof Worker !== 'undefined';
  }

  constructor() {
    this.output = new Output(
      (report) => this.#events?.onReport(report),
      () => {
        if (this.output.running) for (const { frame, speed } of this.#held.splice(0)) this.#decodeNow(frame, speed);
        this.#events?.onRunning();
      },
    );
    this.#worker = new Worker(new URL('./decoder_worker.ts', import.meta.url), { type: 'module' });
    this.#worker.onmessage = (event: MessageEvent<DecoderReport>) => {
      const report = event.data;
      if (report.type === 'ready') this.decoder = report.kind;
      else this.#fail(`The sound cannot be decoded: ${report.reason}`);
    };
    const [source, sink] = createPipe(this.output.kind);
    this.#ask({ type: 'sink', sink }, sink instanceof MessagePort ? [sink] : []);
    this.output.start(source).catch(() => {
      this.#fail('The audio output could not be started. Reload the page to try again.');
    });
  }

  /** What has failed before is told at once. */
  listen(events: SoundEvents): void {
    this.#events = events;
    if (this.#failure) events.onFailed(this.#failure);
  }

  /** While the browser lets nothing out, frames wait: the latest ones, for when it does. */
  decode(frame: AudioFrame, speed: number): void {
    if (this.output.running) {
      this.#decodeNow(frame, speed);
      return;
    }
    this.#held = this.#held.filter((each) => each.frame.playAtUs > frame.playAtUs - HELD_US);
    this.#held.push({ frame, speed });
  }

  #decodeNow(frame: AudioFrame, speed: number): void {
    const buffer = frame.packets[0]?.buffer;
    this.#ask({ type: 'frame', frame, speed }, buffer instanceof ArrayBuffer ? [buffer] : []);
  }

  /** What comes next does not follow what came before. */
  restartDecoder(): void {
    this.#ask({ type: 'reset' });
  }

  close(): void {
    this.#worker.terminate();
    this.output.close();
  }

  #ask(request: DecoderRequest, transfer: Transferable[] = []): void {
    this.#worker.postMessage(request, transfer);
  }

  #fail(reason: string): void {
    this.#failure = reason;
    this.#events?.onFailed(reason);
  }
}

/** What the decoder writes to and the output reads from: shared memory for the audio thread where the page may share any, else a channel. */
function createPipe(kind: Output['kind']): [source: PcmSource, sink: PcmSource] {
  if (kind === 'worklet' && self.crossOriginIsolated) {
    const ring = createRing();
    return [ring, ring];
  }
  const { port1, port2 } = new MessageChannel();
  return [port1, port2];
}
