// One membership's player: connection -> decoder -> output, steered by the room's state and the server's clock. Knows nothing of
// React; a page subscribes to its snapshots.

import { Connection, type ConnectionState } from './connection';
import type { DecoderKind } from './decoders';
import { positionMs } from './position';
import { clientUs, TimeExchange } from './time_exchange';
import {
  SAMPLE_RATE,
  TIER_KBPS,
  type AudioFrame,
  type Command,
  type Problem,
  type RoomState,
  type ServerMessage,
  type Status,
  type TimeAnswer,
  type Upcoming,
} from './protocol';
import { Sound } from './sound';
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
  decoder: DecoderKind | 'none';
  output: 'worklet' | 'scheduled' | 'none';
  /** Root mean square of what was rendered last, 0 in silence. */
  level: number;
}

const MAPPING_MS = 200;
const COMMAND_MS = 60_000;

interface Waiting {
  resolve(problem: Problem | null): void;
  timer: ReturnType<typeof setTimeout>;
}

export class Player {
  readonly #time: TimeExchange;
  readonly #connection: Connection;
  readonly #sound: Sound | null;
  readonly #listeners = new Set<() => void>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #timers = new Set<ReturnType<typeof setInterval>>();
  #snapshot: PlayerSnapshot;
  #report: OutputReport | null = null;
  #tier: number | null = null;
  #lastId = 0;
  /** The room's state has not come since the connection was made. */
  #entering = false;

  /** `sound`: made before, at the first tap of a key perhaps; from now on this player's. */
  constructor(membership: Membership, volume: number, sound: Sound | null = null) {
    const supported = Sound.supported();
    this.#snapshot = {
      connection: 'connecting',
      ended: null,
      room: null,
      needsTap: false,
      silentReason: supported ? null : SILENT_REASON,
      volume,
    };
    this.#sound = supported ? (sound ?? new Sound()) : null;
    if (this.#sound) {
      this.#sound.listen({ onReport: this.#onReport, onRunning: this.#onRunning, onFailed: this.#onFailed });
      this.#sound.output.setVolume(volume);
      this.#every(MAPPING_MS, () => {
        this.#placeSound();
      });
      // An AudioContext that may start does so within this time.
      setTimeout(this.#onRunning, 500);
      document.addEventListener('pointerdown', this.#onGesture);
      document.addEventListener('keydown', this.#onGesture);
    }
    this.#time = new TimeExchange({
      ask: (question) => this.#connection.send(question),
      onUsable: () => {
        this.#connection.greet();
      },
      onChange: (stepped) => {
        if (stepped) this.#sound?.output.settle();
        this.#placeSound();
      },
      onUnanswered: (ms) => {
        this.#connection.renewIfSilent(ms);
      },
    });
    const url = `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}/ws`;
    this.#connection = new Connection(url, membership, {
      onState: this.#onConnection,
      onReached: () => {
        this.#time.reached();
      },
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
    await this.#sound?.output.resume();
  }

  setVolume(volume: number): void {
    this.#sound?.output.setVolume(volume);
    this.#change({ volume });
  }

  /** The media position that is heard now, or would be. */
  readonly positionMs = (): number => {
    const room = this.#snapshot.room;
    if (!room) return 0;
    const position = positionMs(room.timeline, clientUs() + this.#time.clock.offsetUs(clientUs()));
    return room.track?.durationMs ? Math.min(position, room.track.durationMs) : position;
  };

  stats(): PlayerStats {
    const room = this.#snapshot.room;
    const report = this.#report;
    return {
      state: room?.status ?? 'connecting',
      positionMs: this.#heardPositionMs() ?? this.positionMs(),
      syncErrorMs: report && report.positionSamples !== null ? report.errorUs / 1000 : null,
      rttMs: this.#time.clock.ready ? this.#time.clock.rttUs / 1000 : null,
      bufferMs: (report?.bufferUs ?? 0) / 1000,
      tier: this.#tier,
      underruns: report?.underruns ?? 0,
      resyncs: report?.resyncs ?? 0,
      decoder: this.#sound?.decoder ?? 'none',
      output: this.#sound?.output.kind ?? 'none',
      level: report?.level ?? 0,
    };
  }

  close(): void {
    this.#connection.close();
    for (const timer of this.#timers) clearInterval(timer);
    this.#time.close();
    document.removeEventListener('pointerdown', this.#onGesture);
    document.removeEventListener('keydown', this.#onGesture);
    this.#sound?.close();
    for (const id of [...this.#waiting.keys()]) this.#settle(id, offline);
    this.#listeners.clear();
  }

  /** From what the worklet last rendered; null in silence. */
  #heardPositionMs(): number | null {
    const report = this.#report;
    if (!this.#sound || report?.positionSamples == null) return null;
    const heardUs = this.#sound.output.heardAtContextZeroUs + report.contextTime * 1e6;
    const sinceMs = (clientUs() - heardUs) / 1000;
    return Math.abs(sinceMs) > 1000 ? null : (report.positionSamples * 1000) / SAMPLE_RATE + sinceMs * (this.#snapshot.room?.timeline.speed ?? 1);
  }

  readonly #onConnection = (connection: ConnectionState, ended: Problem | null): void => {
    if (connection === 'open') {
      this.#entering = true;
      this.#sound?.restartDecoder();
    } else {
      this.#time.lost();
      for (const id of [...this.#waiting.keys()]) this.#settle(id, offline);
    }
    this.#change({ connection, ended });
  };

  readonly #onMessage = (message: ServerMessage): void => {
    switch (message.type) {
      case 'welcome':
        break;
      case 'state':
        this.#enter(message);
        this.#sound?.output.setGate(gateOf(message, message.normalize), message.upcoming && gateOf(message.upcoming, message.normalize));
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
      this.#time.take(message);
      return;
    }
    if (message.epoch < (this.#snapshot.room?.epoch ?? 0)) return;
    this.#tier = TIER_KBPS[message.tier] ?? null;
    const room = this.#snapshot.room;
    const { speed } = (room?.upcoming?.epoch === message.epoch ? room.upcoming.timeline : room?.timeline) ?? { speed: 1 };
    this.#sound?.decode(message, speed);
  };

  readonly #onReport = (report: OutputReport): void => {
    this.#report = report;
  };

  readonly #onRunning = (): void => {
    this.#change({ needsTap: this.#sound !== null && !this.#sound.output.running });
  };

  readonly #onFailed = (silentReason: string): void => {
    this.#change({ silentReason });
  };

  readonly #onGesture = (): void => {
    if (this.#sound && !this.#sound.output.running) void this.#sound.output.resume();
  };

  #placeSound(): void {
    if (this.#time.clock.ready) this.#sound?.output.setServerOffset(this.#time.clock.offsetUs(clientUs()));
  }

  /** The first state after a connection was lost: sound that came before goes on when it is the same, else it is dropped. */
  #enter(state: RoomState): void {
    if (!this.#entering) return;
    this.#entering = false;
    const before = this.#snapshot.room;
    const { atUs, positionSamples } = state.timeline;
    const goesOn = before?.epoch === state.epoch && before.timeline.atUs === atUs && before.timeline.positionSamples === positionSamples;
    if (before && !goesOn) this.#sound?.output.clear();
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

const SILENT_REASON = 'This browser cannot play the sound. A current Chrome, Edge, Firefox or Safari can.';
