// What comes off the socket, parsed into types. Everything is `unknown` until it has passed here. docs/protocol.md.

import { isFields, numberOr, numberOrNull, parseItem, parseLine, parseState, rows, text, type Fields, type ChatLine, type QueueItem, type Role, type RoomState } from './room_state';

/** A track of the server's own. */
export const DEMO_LINK = 'musicspace:demo';

export interface Problem {
  code: string;
  title: string;
  detail: string;
}

export type ServerMessage =
  | { type: 'welcome'; member: { id: string; name: string } }
  /** Its queue is empty: that is a message of its own. */
  | RoomState
  | { type: 'queue'; revision: number; items: QueueItem[] }
  | { type: 'chat'; line: ChatLine }
  /** What was said before one came. */
  | { type: 'chatLog'; lines: ChatLine[] }
  | { type: 'reaction'; member: string; name: string; reaction: string }
  /** How many listen, where nothing else has changed. */
  | { type: 'listeners'; count: number }
  /** By how much listeners' sound is off, as their devices tell. */
  | { type: 'sync'; errorsMs: ReadonlyMap<string, number> }
  | { type: 'result'; id: number }
  | { type: 'error'; id: number | null; problem: Problem };

/** A track as it is added, with what is known of it. */
export interface ListedTrack {
  link: string;
  title?: string;
  artist?: string;
  durationMs?: number | null;
}

/** A row of any list of tracks that the server gives. */
export const parseListed = (row: Fields) => ({ link: text(row.link), title: text(row.title), artist: text(row.artist), durationMs: numberOrNull(row.durationMs) });

/** What is sent of a track, whatever else is known. */
export const listedOf = ({ link, title = '', artist = '', durationMs = null }: ListedTrack): ListedTrack => ({ link, title, artist, durationMs });

export type RightsPreset = 'everyone' | 'djs' | 'host' | 'vote';
export const REACTIONS = ['❤️', '🔥', '👏', '😂', '🎉', '👎'] as const;

export type Command =
  | { op: 'play'; link: string }
  | { op: 'add'; link: string; next?: boolean }
  | { op: 'addMany'; items: ListedTrack[]; before?: string | null }
  | { op: 'pause' | 'resume' | 'stop' | 'clear' | 'shuffle' | 'close' }
  | { op: 'skip'; item?: string }
  | { op: 'previous'; track?: boolean }
  | { op: 'remove' | 'playItem'; item: string }
  | { op: 'move'; item: string; before: string | null }
  | { op: 'repeat'; mode: RoomState['repeat'] }
  | { op: 'vote'; item: string; on: boolean }
  | { op: 'normalize' | 'metronome' | 'voteSkip' | 'lock' | 'keep'; on: boolean }
  | { op: 'seek'; positionMs: number }
  | { op: 'speed'; speed: number }
  | { op: 'volume'; volume: number }
  | { op: 'sleep'; minutes: number }
  | { op: 'name'; name: string }
  | { op: 'password'; password: string }
  | { op: 'role'; member: string; role: Role }
  | { op: 'kick' | 'ban' | 'unban'; member: string }
  | { op: 'rights'; preset: RightsPreset }
  | { op: 'chat'; text: string }
  | { op: 'react'; reaction: string };

/** In kbit/s; auto: what the line carries. */
export type TierWish = 'auto' | 24 | 48 | 96 | 160;
export const TIER_WISHES: readonly TierWish[] = ['auto', 24, 48, 96, 160];

export const SAMPLE_RATE = 48_000;
export const PACKET_SAMPLES = 960;
export const SUBPROTOCOL = 'musicspace.v1';
const AUDIO_KIND = 1;
const TIME_KIND = 2;
const AUDIO_HEADER_BYTES = 24;

function parseErrors(value: unknown): Map<string, number> {
  return new Map(rows(value).map((row) => [text(row.id), numberOr(row.errorMs, 0)]));
}

export function parseProblem(value: unknown): Problem {
  const fields = isFields(value) ? value : {};
  return {
    code: text(fields.code) || 'unknown',
    title: text(fields.title) || 'Something went wrong',
    detail: text(fields.detail) || 'The server gave an answer that this page does not understand. Reload the page.',
  };
}

/** A text message, or null when it is none that this version knows (a newer server may send more). */
export function parseServerMessage(data: string): ServerMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return null;
  }
  if (!isFields(value)) return null;
  switch (value.type) {
    case 'welcome': {
      const member = isFields(value.member) ? value.member : {};
      return { type: 'welcome', member: { id: text(member.id), name: text(member.name) } };
    }
    case 'state':
      return parseState(value);
    case 'queue':
      return { type: 'queue', revision: numberOr(value.revision, 0), items: rows(value.items).map(parseItem) };
    case 'chat':
      return isFields(value.line) ? { type: 'chat', line: parseLine(value.line) } : null;
    case 'chatLog':
      return { type: 'chatLog', lines: rows(value.lines).map(parseLine) };
    case 'reaction':
      return { type: 'reaction', member: text(value.member), name: text(value.name), reaction: text(value.reaction) };
    case 'listeners':
      return { type: 'listeners', count: numberOr(value.count, 0) };
    case 'sync':
      return { type: 'sync', errorsMs: parseErrors(value.listeners) };
    case 'result':
      return { type: 'result', id: numberOr(value.id, -1) };
    case 'error':
      return { type: 'error', id: typeof value.id === 'number' ? value.id : null, problem: parseProblem(value.problem) };
    default:
      return null;
  }
}

export interface AudioFrame {
  kind: 'audio';
  tier: number;
  /** So many packets at the start are for the decoder to settle, and not heard. */
  preRoll: number;
  epoch: number;
  /** Server time in microseconds at which the first packet's first sample leaves the speakers. */
  playAtUs: number;
  /** Media position of that sample, 48 kHz; slightly negative at a track's start. */
  positionSamples: number;
  packets: Uint8Array[];
}

export interface TimeAnswer {
  kind: 'time';
  clientSentUs: number;
  serverReceivedUs: number;
  serverSentUs: number;
}

/** A binary message, or null when it is damaged or of an unknown kind. Packets are views into `data`. */
export function parseBinary(data: ArrayBuffer): AudioFrame | TimeAnswer | null {
  const view = new DataView(data);
  if (data.byteLength === 25 && view.getUint8(0) === TIME_KIND) {
    return {
      kind: 'time',
      clientSentUs: Number(view.getBigInt64(1)),
      serverReceivedUs: Number(view.getBigInt64(9)),
      serverSentUs: Number(view.getBigInt64(17)),
    };
  }
  if (data.byteLength < AUDIO_HEADER_BYTES || view.getUint8(0) !== AUDIO_KIND) return null;
  const packets: Uint8Array[] = [];
  let offset = AUDIO_HEADER_BYTES;
  for (let left = view.getUint16(2); left > 0; left -= 1) {
    if (offset + 2 > data.byteLength) return null;
    const size = view.getUint16(offset);
    if (offset + 2 + size > data.byteLength) return null;
    packets.push(new Uint8Array(data, offset + 2, size));
    offset += 2 + size;
  }
  return {
    kind: 'audio',
    tier: view.getUint8(1) & 15,
    preRoll: view.getUint8(1) >> 4,
    epoch: view.getUint32(4),
    playAtUs: Number(view.getBigInt64(8)),
    positionSamples: Number(view.getBigInt64(16)),
    packets,
  };
}

export function timeQuestion(clientSentUs: number): ArrayBuffer {
  const bytes = new ArrayBuffer(9);
  const view = new DataView(bytes);
  view.setUint8(0, TIME_KIND);
  view.setBigInt64(1, BigInt(Math.round(clientSentUs)));
  return bytes;
}

export const TIER_KBPS = [24, 48, 96, 160] as const;
/** What a good line gets, or more. */
export const FULL_KBPS = 96;
