// The speakers: an AudioContext with the worklet that plays what is due, and the measure of when a rendered sample is heard.

import workletUrl from './worklet/output_processor.ts?worker&url';
import { OutputClock } from './output_clock';
import type { Gate, OutputReport, OutputRequest } from './worklet/messages';

const READING_MS = 50;

export class Output {
  readonly #context: AudioContext;
  readonly #gain: GainNode;
  readonly #onReport: (report: OutputReport) => void;
  #node: AudioWorkletNode | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #clock = new OutputClock();
  #waiting: OutputRequest[] = [];
  #transfer: MessagePort | null = null;

  static supported(): boolean {
    return typeof AudioContext !== 'undefined' && 'audioWorklet' in AudioContext.prototype && typeof AudioDecoder !== 'undefined';
  }

  constructor(onReport: (report: OutputReport) => void, onStateChange: () => void) {
    this.#context = new AudioContext({ sampleRate: 48_000, latencyHint: 'balanced' });
    this.#context.onstatechange = () => {
      this.#clock.reset();
      onStateChange();
    };
    this.#gain = new GainNode(this.#context);
    this.#gain.connect(this.#context.destination);
    this.#onReport = onReport;
  }

  /** Loads the worklet; decoded sound comes in over `pcm`. */
  async start(pcm: MessagePort): Promise<void> {
    this.#transfer = pcm;
    await this.#context.audioWorklet.addModule(workletUrl);
    if (this.#context.state === 'closed') return;
    const node = new AudioWorkletNode(this.#context, 'musicspace-output', { numberOfInputs: 0, outputChannelCount: [2] });
    node.port.onmessage = (event: MessageEvent<OutputReport>) => {
      this.#onReport(event.data);
    };
    node.connect(this.#gain);
    this.#node = node;
    node.port.postMessage({ type: 'port', port: pcm } satisfies OutputRequest, [pcm]);
    for (const request of this.#waiting.splice(0)) node.port.postMessage(request);
    this.#timer = setInterval(() => {
      this.#measure();
    }, READING_MS);
  }

  get running(): boolean {
    return this.#context.state === 'running';
  }

  /** Must be called from a tap or key press where the browser wants one before it lets sound out. */
  async resume(): Promise<void> {
    await this.#context.resume();
  }

  setVolume(volume: number): void {
    this.#gain.gain.setTargetAtTime(volume, this.#context.currentTime, 0.02);
  }

  setGate(gate: Gate, next: Gate | null): void {
    this.#send({ type: 'gate', gate, next });
  }

  clear(): void {
    this.#send({ type: 'clear' });
  }

  /** Client time in microseconds at which the sample of context time 0 is heard; NaN before it is known. */
  get heardAtContextZeroUs(): number {
    return this.#clock.heardAtContextZeroUs;
  }

  /** `offsetUs`: server time minus client time. */
  setServerOffset(offsetUs: number): void {
    const serverAtContextZeroUs = this.heardAtContextZeroUs + offsetUs;
    if (Number.isFinite(serverAtContextZeroUs)) this.#send({ type: 'mapping', serverAtContextZeroUs });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#transfer?.close();
    void this.#context.close();
  }

  #send(request: OutputRequest): void {
    if (this.#node) this.#node.port.postMessage(request);
    else this.#waiting.push(request);
  }

  #measure(): void {
    if (!this.running) return;
    const nowUs = performance.now() * 1000;
    const contextUs = this.#context.currentTime * 1e6;
    const stamp = this.#context.getOutputTimestamp();
    const stamped = Boolean(stamp.contextTime && stamp.performanceTime);
    const latencyUs = stamped
      ? ((stamp.performanceTime ?? 0) * 1000 - (stamp.contextTime ?? 0) * 1e6) - (nowUs - contextUs)
      : (this.#context.outputLatency || this.#context.baseLatency) * 1e6;
    this.#clock.add(nowUs, contextUs, latencyUs);
  }
}
