// One membership's player: connection -> decoder -> output, steered by the room's state and the server's clock. Knows nothing of
// React; a page subscribes to its snapshots.

import { onChanceForSound } from './chances';
import { Connection, type ConnectionState } from './connection';
import { PendingCommands } from './pending_commands';
import { missingForSound, missingWords } from './features';
import type { OutputFacts } from './output_facts';
import { positionMs } from './position';
import { FULL_KBPS, SAMPLE_RATE, TIER_KBPS, type AudioFrame, type Command, type Problem, type ServerMessage, type TierWish, type TimeAnswer } from './protocol';
import type { RoomState, Upcoming } from './room_state';
import { lineHints, rememberLine } from './line_hints';
import type { Membership, PlayerSnapshot, PlayerStats } from './snapshot';
import { Sound } from './sound';
import { SyncHistory, type SyncPoint } from './sync_history';
import { ScreenLock, SystemControls } from './system_controls';
import { clientUs, TimeExchange } from './time_exchange';
import type { Gate, OutputReport } from './worklet/messages';

const MAPPING_MS = 200;
const REPORT_MS = 2_000;
const KEPT_LINES = 200;
const KEPT_REACTIONS = 20;
/** Silence that is worth a word. */
const WAITING_MS = 700;

export class Player {
  readonly #time: TimeExchange;
  readonly #connection: Connection;
  readonly #sound: Sound | null;
  readonly #listeners = new Set<() => void>();
  readonly #system = new SystemControls((command) => void this.command(command));
  readonly #screen = new ScreenLock();
  readonly #commands = new PendingCommands();
  readonly #timers = new Set<ReturnType<typeof setInterval>>();
  #snapshot: PlayerSnapshot;
  #report: OutputReport | null = null;
  /** When sound was last there, or not due. */
  #contentAt = performance.now();
  readonly #history = new SyncHistory();
  #endChances = (): void => undefined;
  #tier: number | null = null;
  #tierWish: TierWish;
  /** The room's state has not come since the connection was made. */
  #entering = false;

  /** `sound`: made before, at the first key press perhaps; from now on this player's. */
  constructor(membership: Membership, volume: number, tierWish: TierWish, sound: Sound | null = null) {
    this.#tierWish = tierWish;
    const missing = missingForSound();
    this.#snapshot = {
      connection: 'connecting',
      ended: null,
      room: null,
      needsTap: false,
      isInterrupted: false,
      silentReason: missing && missingWords(missing),
      volume,
      errorsMs: new Map(),
      waitsForSound: false,
      chat: [],
      reactions: [],
    };
    this.#sound = missing ? null : (sound ?? new Sound());
    if (this.#sound) {
      this.#sound.listen({ onReport: this.#onReport, onRunning: this.#onRunning, onFailed: this.#onFailed });
      this.#sound.output.setVolume(volume);
      this.#every(MAPPING_MS, () => {
        this.#placeSound();
      });
      this.#every(REPORT_MS, () => {
        this.#tellSync();
      });
      // An AudioContext that may start does so within this time.
      setTimeout(this.#onRunning, 500);
      this.#endChances = onChanceForSound(this.#onChance);
    }
    this.#time = new TimeExchange({
      ask: (question) => {
        this.#connection.ask(question);
      },
      onUsable: () => {
        this.#connection.greet(JSON.stringify({ type: 'hello', code: membership.code, token: membership.token, tier: this.#tierWish, ...lineHints() }));
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
    this.#connection = new Connection(url, {
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
    return this.#commands.start((id) => this.#connection.send(JSON.stringify({ type: 'command', id, ...command })));
  }

  /** Call it from a tap or key press. */
  async unlock(): Promise<void> {
    await this.#sound?.output.resume();
  }

  setVolume(volume: number): void {
    this.#sound?.output.setVolume(volume);
    this.#change({ volume });
  }

  /** How much later than the browser tells this device is heard. */
  setTrim(ms: number): void {
    this.#sound?.output.setTrim(ms * 1000);
  }

  /** From the next frame on, and after a lost connection too. */
  setTierWish(tier: TierWish): void {
    this.#tierWish = tier;
    this.#connection.send(JSON.stringify({ type: 'tier', tier }));
  }

  setScreenLock(on: boolean): void {
    this.#screen.set(on);
  }

  /** Of the last minute; another array whenever it has grown. */
  syncPoints(): readonly SyncPoint[] {
    return this.#history.points;
  }

  /** Server time in microseconds; NaN before it is known. */
  serverNowUs(): number {
    return clientUs() + this.#time.clock.offsetUs(clientUs());
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
      fitsSpeakers: this.#sound?.output.isFitting ?? false,
      decoder: this.#sound?.decoder ?? 'none',
      output: this.#sound?.output.kind ?? 'none',
      level: report?.level ?? 0,
    };
  }

  /** As Output has it. Null where no sound is possible. */
  outputLatencyMs(): number | null {
    return this.#sound?.output.latencyMs ?? null;
  }

  /** Null where no sound is possible. */
  outputFacts(): OutputFacts | null {
    return this.#sound?.output.facts ?? null;
  }

  close(): void {
    this.#connection.close();
    for (const timer of this.#timers) clearInterval(timer);
    this.#time.close();
    this.#endChances();
    this.#system.close();
    this.#screen.close();
    this.#sound?.close();
    this.#commands.giveUp();
    this.#listeners.clear();
  }

  /** From what the worklet last rendered; null in silence. What has just begun is silent until it gets from there to the ear. */
  #heardPositionMs(): number | null {
    const report = this.#report;
    const timeline = this.#snapshot.room?.timeline;
    if (!this.#sound || !timeline || report?.positionSamples == null) return null;
    const heardUs = this.#sound.output.heardAtContextZeroUs + report.contextTime * 1e6;
    const sinceMs = (clientUs() - heardUs) / 1000;
    const heard = report.positionSamples + (sinceMs * SAMPLE_RATE * timeline.speed) / 1000;
    const begins = report.positionSamples >= timeline.positionSamples && heard < timeline.positionSamples;
    return Math.abs(sinceMs) > 1000 || begins ? null : (heard * 1000) / SAMPLE_RATE;
  }

  readonly #onConnection = (connection: ConnectionState, ended: Problem | null): void => {
    if (connection === 'open') {
      this.#entering = true;
      this.#sound?.restartDecoder();
      this.#commands.entered();
    } else {
      this.#time.lost();
      if (connection === 'connecting') this.#commands.entering();
      else this.#commands.giveUp();
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
        this.#sound?.output.setMetronome(message.metronome);
        this.#change({ room: { ...message, queue: this.#snapshot.room?.queue ?? [] } });
        this.#sound?.output.setRoomVolume(message.volume);
        this.#system.show(message, this.positionMs());
        break;
      case 'queue':
        if (this.#snapshot.room) this.#change({ room: { ...this.#snapshot.room, queue: message.items } });
        break;
      case 'chat':
        this.#change({ chat: [...this.#snapshot.chat, message.line].slice(-KEPT_LINES) });
        break;
      case 'chatLog':
        this.#change({ chat: message.lines });
        break;
      case 'reaction':
        this.#change({ reactions: [...this.#snapshot.reactions, { ...message, at: performance.now() }].slice(-KEPT_REACTIONS) });
        break;
      case 'listeners':
        if (this.#snapshot.room) this.#change({ room: { ...this.#snapshot.room, listenerCount: message.count } });
        break;
      case 'sync':
        this.#change({ errorsMs: message.errorsMs });
        break;
      case 'result':
        this.#commands.settle(message.id, null);
        break;
      case 'error':
        if (message.id !== null) this.#commands.settle(message.id, message.problem);
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
    const tier = TIER_KBPS[message.tier] ?? null;
    if (tier !== this.#tier && this.#tierWish === 'auto') rememberLine(tier !== null && tier < FULL_KBPS ? tier : null);
    this.#tier = tier;
    this.#time.sparing = message.tier === 0;
    const room = this.#snapshot.room;
    const { speed } = (room?.upcoming?.epoch === message.epoch ? room.upcoming.timeline : room?.timeline) ?? { speed: 1 };
    this.#sound?.decode(message, speed);
  };

  readonly #onReport = (report: OutputReport): void => {
    this.#report = report;
    const { room } = this.#snapshot;
    const nowMs = performance.now();
    const isDue = room?.status === 'playing' && this.serverNowUs() > room.timeline.atUs;
    if (!isDue || report.positionSamples !== null) this.#contentAt = nowMs;
    const waitsForSound = nowMs - this.#contentAt > WAITING_MS;
    if (waitsForSound !== this.#snapshot.waitsForSound) this.#change({ waitsForSound });
    this.#history.add(nowMs, report.positionSamples === null ? null : report.errorUs / 1000);
  };

  readonly #onRunning = (): void => {
    const output = this.#sound?.output;
    this.#change({ needsTap: output !== undefined && !output.running, isInterrupted: output?.isInterrupted ?? false });
  };

  readonly #onFailed = (silentReason: string): void => {
    this.#change({ silentReason });
  };

  readonly #onChance = (): void => {
    if (this.#sound && !this.#sound.output.running) void this.#sound.output.resume();
  };

  #tellSync(): void {
    const errorMs = this.#history.latestMs(performance.now());
    if (errorMs === null || !this.#time.clock.ready) return;
    const { rttMs, bufferMs } = this.stats();
    this.#connection.send(JSON.stringify({ type: 'sync', errorMs, rttMs, bufferMs }));
  }

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
