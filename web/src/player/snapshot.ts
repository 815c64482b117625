// What a player shows of itself.

import type { ConnectionState } from './connection';
import type { DecoderKind } from './decoders';
import type { Problem } from './protocol';
import type { ChatLine, RoomState, Status } from './room_state';

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
  /** It lets none out now, because a call or another app has the speakers. */
  isInterrupted: boolean;
  /** Why no sound is possible here, if so. */
  silentReason: string | null;
  volume: number;
  /** By how much listeners' sound is off in ms, by their ids, as their devices tell. */
  errorsMs: ReadonlyMap<string, number>;
  /** Something should sound, and the bytes have not come. */
  waitsForSound: boolean;
  /** What was said, oldest first. */
  chat: readonly ChatLine[];
  /** The last ones; `at` as performance.now() tells. */
  reactions: readonly { member: string; name: string; reaction: string; at: number }[];
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
  /** These speakers are new, or were held up: the sound is being fitted to them. */
  fitsSpeakers: boolean;
  decoder: DecoderKind | 'none';
  output: 'worklet' | 'scheduled' | 'none';
  /** Root mean square of what was rendered last, 0 in silence. */
  level: number;
}
