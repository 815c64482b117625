// From packets to the speakers: a decoder in a worker, and an output that renders what is due. It can be made before a room is joined:
// then the device runs by the time the first packet comes, and its latency is known.

import type { DecoderKind } from './decoders';
import { DecodingThread } from './decoding_thread';
import { sharesMemory } from './features';
import { Output } from './output';
import type { AudioFrame } from './protocol';
import { isPort, type OutputReport, type PcmSource } from './worklet/messages';
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
  readonly #decoding: DecodingThread;
  #events: SoundEvents | null = null;
  #failure: string | null = null;
  #held: { frame: AudioFrame; speed: number }[] = [];
  decoder: DecoderKind | 'none' = 'none';

  constructor() {
    this.output = new Output(
      (report) => this.#events?.onReport(report),
      () => {
        if (this.output.running) for (const { frame, speed } of this.#held.splice(0)) this.#decodeNow(frame, speed);
        this.#events?.onRunning();
      },
    );
    this.#decoding = new DecodingThread((report) => {
      if (report.type === 'ready') this.decoder = report.kind;
      else this.#fail(`The sound cannot be decoded: ${report.reason}`);
    });
    this.#connect();
  }

  #connect(): void {
    const [source, sink] = createPipe(this.output.kind);
    this.#decoding.ask({ type: 'sink', sink }, isPort(sink) ? [sink] : []);
    this.output.start(source).catch(() => {
      if (this.output.fallBack()) this.#connect();
      else this.#fail('The audio output could not be started. Reload the page to try again.');
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
    this.#decoding.ask({ type: 'frame', frame, speed }, buffer instanceof ArrayBuffer ? [buffer] : []);
  }

  /** What comes next does not follow what came before. */
  restartDecoder(): void {
    this.#decoding.ask({ type: 'reset' });
  }

  close(): void {
    this.#decoding.close();
    this.output.close();
  }

  #fail(reason: string): void {
    this.#failure = reason;
    this.#events?.onFailed(reason);
  }
}

/** What the decoder writes to and the output reads from: shared memory for the audio thread where the page may share any, else a channel. */
function createPipe(kind: Output['kind']): [source: PcmSource, sink: PcmSource] {
  if (kind === 'worklet' && sharesMemory()) {
    const ring = createRing();
    return [ring, ring];
  }
  const { port1, port2 } = new MessageChannel();
  return [port1, port2];
}
