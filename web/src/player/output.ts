// The speakers: an AudioContext, what renders into it, and the measure of when a rendered sample is heard.

import { rendersOnAudioThread } from './features';
import type { HeardClock } from './heard_clock';
import { outputNotToAsk } from './known_outputs';
import { ObservedClock } from './observed_clock';
import { ScheduledRendering } from './scheduled_rendering';
import { SteppedClock } from './stepped_clock';
import type { OutputFacts } from './output_facts';
import type { OutputReading } from './output_reading';
import type { Gate, OutputReport, OutputRequest, PcmSource } from './worklet/messages';
import { WorkletRendering } from './worklet_rendering';

/** Renders into a context what a `Renderer` finds due: on the audio thread, or ahead of time on the page's own. */
export interface Rendering {
  readonly kind: 'worklet' | 'scheduled';
  /** Decoded sound comes from `pcm`. Rejects where the audio thread cannot be set up. */
  start(pcm: PcmSource): Promise<void>;
  send(request: OutputRequest): void;
  close(): void;
}

const READING_MS = 10;
const RAMP_S = 0.03;
/** After a clock's step the sound finds its place in this time. */
const FITTING_US = 3e6;
/** A page in the background is woken once a second. */
const SLEPT_US = 3e6;

const NOT_ASKED = { stampUs: NaN, stampContextUs: NaN, latencyUs: NaN, bufferUs: NaN };

/** Below, sound would lose its highest tones; above, rendering would cost for what no ear can tell. */
const LEAST_RATE = 44_100;
const MOST_RATE = 96_000;
/** Sound is stamped far ahead, so latency costs nothing, and large buffers keep a busy machine from breaking it up: 'playback' is half of this on Linux. */
const LATENCY_S = 0.046;

/**
 * A context at the device's own rate: at another one the browser resamples, in pieces that do not divide a device's buffer, and what it tells of when a
 * sample is heard is wrong by up to a piece (docs/adr/0011).
 */
function contextOf(): AudioContext {
  const context = new AudioContext({ latencyHint: LATENCY_S });
  if (context.sampleRate >= LEAST_RATE && context.sampleRate <= MOST_RATE) return context;
  void context.close();
  return new AudioContext({ sampleRate: 48_000, latencyHint: LATENCY_S });
}

export class Output {
  readonly #context: AudioContext;
  readonly #gain: GainNode;
  #rendering: Rendering;
  readonly #notToAsk = outputNotToAsk(navigator.userAgent);
  readonly #clock: HeardClock = this.#notToAsk ? new SteppedClock(this.#notToAsk) : new ObservedClock();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #onReport: (report: OutputReport) => void;
  #gate: OutputRequest | null = null;
  #metronome = false;
  #volume = 1;
  #roomVolume = 1;
  #trimUs = 0;
  #stepsSeen = 0;
  #steppedAtUs = -Infinity;
  #wasInterrupted = false;
  #measuredAt = NaN;

  constructor(onReport: (report: OutputReport) => void, onStateChange: () => void) {
    this.#context = contextOf();
    this.#context.onstatechange = () => {
      this.#clock.reset();
      // What took the speakers has given them back, and left it to the page to go on.
      if (this.#wasInterrupted && this.#context.state === 'suspended') void this.resume();
      this.#wasInterrupted = this.isInterrupted;
      onStateChange();
    };
    this.#gain = new GainNode(this.#context);
    this.#gain.connect(this.#context.destination);
    this.#onReport = onReport;
    this.#rendering = rendersOnAudioThread() ? new WorkletRendering(this.#context, this.#gain, onReport) : new ScheduledRendering(this.#context, this.#gain, onReport);
    // Only pages on https are told; elsewhere the clock notices by itself after some seconds.
    (navigator.mediaDevices as MediaDevices | undefined)?.addEventListener('devicechange', this.#onDeviceChange);
    this.#context.addEventListener('sinkchange', this.#onDeviceChange);
    this.#timer = setInterval(() => {
      this.#measure();
    }, READING_MS);
  }

  async start(pcm: PcmSource): Promise<void> {
    await this.#rendering.start(pcm);
  }

  /** Renders on the page's own thread from now on, where the audio thread could not be set up. False when that is what it does already. */
  fallBack(): boolean {
    if (this.#rendering.kind === 'scheduled') return false;
    this.#rendering.close();
    this.#rendering = new ScheduledRendering(this.#context, this.#gain, this.#onReport);
    if (this.#gate) this.#rendering.send(this.#gate);
    this.setMetronome(this.#metronome);
    return true;
  }

  get kind(): Rendering['kind'] {
    return this.#rendering.kind;
  }

  get running(): boolean {
    return this.#context.state === 'running';
  }

  /** A call or another app has the speakers. */
  get isInterrupted(): boolean {
    return (this.#context.state as string) === 'interrupted';
  }

  /** Must be called from a tap or key press where the browser wants one before it lets sound out. */
  async resume(): Promise<void> {
    // Refused while a call has the speakers: the context's state tells when it runs.
    await this.#context.resume().catch(() => undefined);
  }

  /** This listener's own. */
  setVolume(volume: number): void {
    this.#volume = volume;
    this.#ramp();
  }

  /** What the room has set for all. */
  setRoomVolume(volume: number): void {
    if (this.#roomVolume === volume) return;
    this.#roomVolume = volume;
    this.#ramp();
  }

  #ramp(): void {
    // Loudness is heard in ratios: the square makes the slider's middle sound like half.
    this.#gain.gain.setTargetAtTime((this.#volume * this.#roomVolume) ** 2, this.#context.currentTime, RAMP_S);
  }

  /** How much later than the browser tells the sound is heard, in microseconds: a Bluetooth speaker's own delay. */
  setTrim(us: number): void {
    this.#trimUs = us;
    this.settle();
  }

  setGate(gate: Gate, next: Gate | null): void {
    this.#gate = { type: 'gate', gate, next };
    this.#rendering.send(this.#gate);
  }

  setMetronome(on: boolean): void {
    this.#metronome = on;
    this.#rendering.send({ type: 'metronome', on });
  }

  clear(): void {
    this.#rendering.send({ type: 'clear' });
  }

  /** Client time in microseconds at which the sample of context time 0 is heard; NaN before it is known. */
  get heardAtContextZeroUs(): number {
    return this.#clock.heardAtContextZeroUs(performance.now() * 1000) + this.#trimUs;
  }

  /** From the context's time to the ear, in milliseconds; null before it is known. The context's time steps, so single readings differ by a buffer. */
  get latencyMs(): number | null {
    const nowUs = performance.now() * 1000;
    const heardAtUs = this.#clock.heardAtContextZeroUs(nowUs);
    return Number.isNaN(heardAtUs) ? null : (heardAtUs - nowUs) / 1000 + this.#context.currentTime * 1000;
  }

  get facts(): OutputFacts {
    const { sampleRate, baseLatency } = this.#context;
    return {
      sampleRate,
      baseLatencyMs: baseLatency > 0 ? baseLatency * 1000 : null,
      outputLatencyMs: !this.#notToAsk && this.#context.outputLatency > 0 ? this.#context.outputLatency * 1000 : null,
      clock: this.#clock.kind,
    };
  }

  /** `offsetUs`: server time minus client time. */
  setServerOffset(offsetUs: number): void {
    const serverAtContextZeroUs = this.heardAtContextZeroUs + offsetUs;
    if (!Number.isFinite(serverAtContextZeroUs)) return;
    this.#rendering.send({ type: 'mapping', serverAtContextZeroUs });
    if (this.#clock.steps === this.#stepsSeen) return;
    this.#stepsSeen = this.#clock.steps;
    this.#steppedAtUs = performance.now() * 1000;
    this.settle();
  }

  /** What was known of the speakers no longer holds, and the sound is finding its place again. */
  get isFitting(): boolean {
    return this.running && performance.now() * 1000 - this.#steppedAtUs < FITTING_US;
  }

  /** One of the clocks has stepped: the sound may jump to where it belongs. */
  settle(): void {
    this.#rendering.send({ type: 'settle' });
  }

  close(): void {
    clearInterval(this.#timer);
    (navigator.mediaDevices as MediaDevices | undefined)?.removeEventListener('devicechange', this.#onDeviceChange);
    this.#rendering.close();
    void this.#context.close();
  }

  readonly #onDeviceChange = (): void => {
    this.#clock.reset();
  };

  #measure(): void {
    if (!this.running) return;
    const nowUs = performance.now() * 1000;
    // The page did not run: the machine slept, and the device may have stopped too.
    if (nowUs - this.#measuredAt > SLEPT_US) this.#clock.reset();
    this.#measuredAt = nowUs;
    const contextUs = this.#context.currentTime * 1e6;
    this.#clock.add({ nowUs, contextUs, ...(this.#notToAsk ? NOT_ASKED : this.#told()) });
  }

  #told(): Omit<OutputReading, 'nowUs' | 'contextUs'> {
    const { performanceTime, contextTime } = 'getOutputTimestamp' in AudioContext.prototype ? this.#context.getOutputTimestamp() : {};
    return {
      stampUs: (performanceTime ?? NaN) * 1000,
      stampContextUs: (contextTime ?? NaN) * 1e6,
      latencyUs: (this.#context.outputLatency || this.#context.baseLatency) * 1e6,
      bufferUs: this.#context.outputLatency ? this.#context.baseLatency * 1e6 : NaN,
    };
  }
}
