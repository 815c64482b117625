// From packets to the speakers: a decoder in a worker, and an output that renders what is due. It can be made before a room is joined:
// then the device runs by the time the first packet comes, and its latency is known.

import type { DecoderReport, DecoderRequest } from './decoder_worker';
import type { DecoderKind } from './decoders';
import { Output } from './output';
import type { AudioFrame } from './protocol';
import type { OutputReport } from './worklet/messages';

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
  decoder: DecoderKind | 'none' = 'none';

  static supported(): boolean {
    return typeof AudioContext !== 'undefined' && typeof WebAssembly !== 'undefined' && typeof Worker !== 'undefined';
  }

  constructor() {
    this.output = new Output(
      (report) => this.#events?.onReport(report),
      () => this.#events?.onRunning(),
    );
    const channel = new MessageChannel();
    this.#worker = new Worker(new URL('./decoder_worker.ts', import.meta.url), { type: 'module' });
    this.#worker.onmessage = (event: MessageEvent<DecoderReport>) => {
      const report = event.data;
      if (report.type === 'ready') this.decoder = report.kind;
      else this.#fail(`The sound cannot be decoded: ${report.reason}`);
    };
    this.#ask({ type: 'port', port: channel.port1 }, [channel.port1]);
    this.output.start(channel.port2).catch(() => {
      this.#fail('The audio output could not be started. Reload the page to try again.');
    });
  }

  /** What has failed before is told at once. */
  listen(events: SoundEvents): void {
    this.#events = events;
    if (this.#failure) events.onFailed(this.#failure);
  }

  decode(frame: AudioFrame, speed: number): void {
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
