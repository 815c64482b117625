// One membership's player: connection -> decoder -> output, steered by the room's state and the server's clock. Knows nothing of
// React; a page subscribes to its snapshots.

import { nextExchangeMs, ServerClock } from './clock';
import { Connection, type ConnectionState } from './connection';
import type { DecoderReport, DecoderRequest } from './decoder_worker';
import { Output } from './output';
import { positionMs } from './position';
import {
  SAMPLE_RATE,
  TIER_KBPS,
  timeQuestion,
  type AudioFrame,
  type Command,
  type Problem,
  type RoomState,
  type ServerMessage,
  type Status,
  type TimeAnswer,
  type Upcoming,
} from './protocol';
import type { Gate, OutputReport } from './worklet/messages';

export interface Membership {
  code: string;
  token: string;
  member: { id: string; name: string };
}

export interface PlayerSnapshot {
  connection: ConnectionState;
  /** Why the connection ended for good, if it did. */
  ended: Problem | null;
  room: RoomState | null;
  /** The browser waits for a tap before it lets sound out. */
  needsTap: boolean;
  /** Why no sound is possible here, if so. */
  silentReason: string | null;
  volume: number;
}

export interface PlayerStats {
  state: Status | 'connecting';
  positionMs: number;
  syncErrorMs: number | null;
  rttMs: number | null;
  bufferMs: number;
  tier: number | null;
  underruns: number;
  resyncs: number;
  decoder: 'webcodecs' | 'none';
  output: 'worklet' | 'none';
  /** Root mean square of what was rendered last, 0 in silence. */
  level: number;
}

const MAPPING_MS = 200;
const COMMAND_MS = 60_000;

const clientUs = (): number => performance.now() * 1000;

interface Waiting {
  resolve(problem: Problem | null): void;
  timer: ReturnType<typeof setTimeout>;
}

export class Player {
  readonly #clock = new ServerClock();
  readonly #connection: Connection;
  readonly #output: Output | null = null;
  readonly #worker: Worker | null = null;
  readonly #listeners = new Set<() => void>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #timers = new Set<ReturnType<typeof setInterval>>();
  #snapshot: PlayerSnapshot;
  #report: OutputReport | null = null;
  #tier: number | null = null;
  #lastId = 0;
  #exchanges = 0;
  #questionTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(membership: Membership, volume: number) {
    const supported = Output.supported();
    this.#snapshot = {
      connection: 'connecting',
      ended: null,
      room: null,
      needsTap: false,
      silentReason: supported ? null : silentReason(),
      volume,
    };
    if (supported) {
      this.#output = new Output(this.#onReport, this.#onOutputState);
      this.#output.setVolume(volume);
      this.#worker = this.#startDecoder(this.#output);
      this.#every(MAPPING_MS, () => this.#output?.setServerOffset(this.#clock.offsetUs(clientUs())));
      // An AudioContext that may start does so within this time.
      setTimeout(this.#onOutputState, 500);
      document.addEventListener('pointerdown', this.#onGesture);
      document.addEventListener('keydown', this.#onGesture);
    }
    const url = `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}/ws`;
    this.#connection = new Connection(url, membership, {
      onState: this.#onConnection,
      onMessage: this.#onMessage,
      onBinary: this.#onBinary,
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): PlayerSnapshot => this.#snapshot;

  /** Null when the command took effect, else why not. */
  command(command: Command): Promise<Problem | null> {
    const id = (this.#lastId += 1);
    const sent = this.#connection.send(JSON.stringify({ type: 'command', id, ...command }));
    if (!sent) return Promise.resolve(offline);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#settle(id, offline);
      }, COMMAND_MS);
      this.#waiting.set(id, { resolve, timer });
    });
  }

  /** Call it from a tap or key press. */
  async unlock(): Promise<void> {
    await this.#output?.resume();
  }

  setVolume(volume: number): void {
    this.#output?.setVolume(volume);
    this.#change({ volume });
  }

  /** The media position that is heard now, or would be. */
  readonly positionMs = (): number => {
    const room = this.#snapshot.room;
    if (!room) return 0;
    const position = positionMs(room.timeline, clientUs() + this.#clock.offsetUs(clientUs()));
    return room.track?.durationMs ? Math.min(position, room.track.durationMs) : position;
  };

  stats(): PlayerStats {
    const room = this.#snapshot.room;
    const report = this.#report;
    return {
      state: room?.status ?? 'connecting',
      positionMs: this.#heardPositionMs() ?? this.positionMs(),
      syncErrorMs: report && report.positionSamples !== null ? report.errorUs / 1000 : null,
      rttMs: this.#clock.ready ? this.#clock.rttUs / 1000 : null,
      bufferMs: (report?.bufferUs ?? 0) / 1000,
      tier: this.#tier,
      underruns: report?.underruns ?? 0,
      resyncs: report?.resyncs ?? 0,
      decoder: this.#worker ? 'webcodecs' : 'none',
      output: this.#output ? 'worklet' : 'none',
      level: report?.level ?? 0,
    };
  }

  close(): void {
    this.#connection.close();
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.#questionTimer);
    document.removeEventListener('pointerdown', this.#onGesture);
    document.removeEventListener('keydown', this.#onGesture);
    this.#worker?.terminate();
    this.#output?.close();
    for (const id of [...this.#waiting.keys()]) this.#settle(id, offline);
    this.#listeners.clear();
  }

  /** From what the worklet last rendered; null in silence. */
  #heardPositionMs(): number | null {
    const report = this.#report;
    if (!this.#output || report?.positionSamples == null) return null;
    const heardUs = this.#output.heardAtContextZeroUs + report.contextTime * 1e6;
    const sinceMs = (clientUs() - heardUs) / 1000;
    return Math.abs(sinceMs) > 1000 ? null : (report.positionSamples * 1000) / SAMPLE_RATE + sinceMs * (this.#snapshot.room?.timeline.speed ?? 1);
  }

  #startDecoder(output: Output): Worker {
    const worker = new Worker(new URL('./decoder_worker.ts', import.meta.url), { type: 'module' });
    const channel = new MessageChannel();
    worker.postMessage({ type: 'port', port: channel.port1 } satisfies DecoderRequest, [channel.port1]);
    worker.onmessage = (event: MessageEvent<DecoderReport>) => {
      this.#change({ silentReason: `The sound cannot be decoded: ${event.data.reason}` });
    };
    output.start(channel.port2).catch(() => {
      this.#change({ silentReason: 'The audio output could not be started. Reload the page to try again.' });
    });
    return worker;
  }

  readonly #onConnection = (connection: ConnectionState, ended: Problem | null): void => {
    if (connection === 'open') {
      this.#clock.reset();
      this.#output?.clear();
      this.#worker?.postMessage({ type: 'reset' } satisfies DecoderRequest);
      this.#exchanges = 0;
      this.#askTime();
    } else {
      clearTimeout(this.#questionTimer);
      for (const id of [...this.#waiting.keys()]) this.#settle(id, offline);
    }
    this.#change({ connection, ended });
  };

  readonly #onMessage = (message: ServerMessage): void => {
    switch (message.type) {
      case 'welcome':
        break;
      case 'state':
        this.#output?.setGate(gateOf(message, message.normalize), message.upcoming && gateOf(message.upcoming, message.normalize));
        this.#change({ room: message });
        break;
      case 'result':
        this.#settle(message.id, null);
        break;
      case 'error':
        if (message.id !== null) this.#settle(message.id, message.problem);
        break;
      default: {
        const never: never = message;
        throw new Error(`unknown message ${String(never)}`);
      }
    }
  };

  readonly #onBinary = (message: AudioFrame | TimeAnswer): void => {
    if (message.kind === 'time') {
      if (this.#clock.add({ ...message, clientReceivedUs: clientUs() })) this.#exchanges = 0; // a step: find the new offset quickly
      if (this.#clock.ready) this.#output?.setServerOffset(this.#clock.offsetUs(clientUs()));
      return;
    }
    if (message.epoch < (this.#snapshot.room?.epoch ?? 0)) return;
    this.#tier = TIER_KBPS[message.tier] ?? null;
    const buffer = message.packets[0]?.buffer;
    const transfer = buffer instanceof ArrayBuffer ? [buffer] : [];
    const room = this.#snapshot.room;
    const { speed } = (room?.upcoming?.epoch === message.epoch ? room.upcoming.timeline : room?.timeline) ?? { speed: 1 };
    this.#worker?.postMessage({ type: 'frame', frame: message, speed } satisfies DecoderRequest, transfer);
  };

  readonly #onReport = (report: OutputReport): void => {
    this.#report = report;
  };

  readonly #onOutputState = (): void => {
    this.#change({ needsTap: this.#output !== null && !this.#output.running });
  };

  readonly #onGesture = (): void => {
    if (this.#output && !this.#output.running) void this.#output.resume();
  };

  /** A quick burst after connecting, then now and then. */
  #askTime(): void {
    this.#connection.send(timeQuestion(clientUs()));
    this.#exchanges += 1;
    this.#questionTimer = setTimeout(
      () => {
        this.#askTime();
      },
      nextExchangeMs(this.#exchanges, this.#clock.deviationUs),
    );
  }

  #settle(id: number, problem: Problem | null): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.resolve(problem);
  }

  #every(ms: number, action: () => void): void {
    this.#timers.add(setInterval(action, ms));
  }

  #change(change: Partial<PlayerSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}

function gateOf({ epoch, timeline, track }: Upcoming, normalize: boolean): Gate {
  const gainDb = normalize ? (track?.gainDb ?? 0) : 0;
  return { epoch, running: timeline.running, atUs: timeline.atUs, gain: 10 ** (gainDb / 20) };
}

const offline: Problem = {
  code: 'offline',
  title: 'Not connected',
  detail: 'The server cannot be reached just now. This page is trying again; repeat it in a moment.',
};

function silentReason(): string {
  return window.isSecureContext
    ? 'This browser cannot decode the sound. A current Chrome, Edge, Firefox or Safari can.'
    : 'Browsers play this sound only on https or localhost pages. Ask whoever hosts this server to put https in front of it.';
}
