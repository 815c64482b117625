// What comes off the socket, parsed into types. Everything is `unknown` until it has passed here. docs/protocol.md.

export type Status = 'idle' | 'buffering' | 'playing' | 'paused';

export interface Timeline {
  running: boolean;
  positionSamples: number;
  /** Server time in microseconds from which this timeline holds. */
  atUs: number;
  speed: number;
}

export interface TrackInfo {
  link: string;
  title: string;
  artist: string;
  artworkUrl: string;
  durationMs: number | null;
  isLive: boolean;
  requestedBy: string;
  /** What brings it to the loudness of all other tracks, in dB; null while it is not known. */
  gainDb: number | null;
  /** By their start; may be none. */
  chapters: { startMs: number; title: string }[];
}

export interface QueueItem {
  id: string;
  link: string;
  requestedBy: string;
}

/** What follows the current track, from its own epoch on, without a gap. */
export interface Upcoming {
  epoch: number;
  timeline: Timeline;
  track: TrackInfo | null;
}

export interface RoomState {
  type: 'state';
  code: string;
  epoch: number;
  status: Status;
  timeline: Timeline;
  track: TrackInfo | null;
  pending: QueueItem | null;
  queue: QueueItem[];
  upcoming: Upcoming | null;
  /** Whether tracks' gains are applied. */
  normalize: boolean;
  /** All devices click at each full second of server time. */
  metronome: boolean;
  /** The room's, from 0.5 to 2. */
  speed: number;
  /** Why the last track broke off, if it did. */
  notice: string;
  /** Why the current track's bytes do not come, while they do not. */
  trouble: string;
  /** Of many, those who came first. */
  listeners: { id: string; name: string }[];
  /** Of all. */
  listenerCount: number;
}

export interface Problem {
  code: string;
  title: string;
  detail: string;
}

export type ServerMessage =
  | { type: 'welcome'; member: { id: string; name: string } }
  | RoomState
  /** How many listen, where nothing else has changed. */
  | { type: 'listeners'; count: number }
  /** By how much listeners' sound is off, as their devices tell. */
  | { type: 'sync'; errorsMs: ReadonlyMap<string, number> }
  | { type: 'result'; id: number }
  | { type: 'error'; id: number | null; problem: Problem };

export type Command =
  | { op: 'play' | 'add'; link: string }
  | { op: 'pause' | 'resume' | 'stop' | 'skip' }
  | { op: 'remove'; item: string }
  | { op: 'normalize' | 'metronome'; on: boolean }
  | { op: 'seek'; positionMs: number }
  | { op: 'speed'; speed: number };

/** In kbit/s; auto: what the line carries. */
export type TierWish = 'auto' | 24 | 48 | 96 | 160;
export const TIER_WISHES: readonly TierWish[] = ['auto', 24, 48, 96, 160];

export const SAMPLE_RATE = 48_000;
export const PACKET_SAMPLES = 960;
export const SUBPROTOCOL = 'musicspace.v1';
const AUDIO_KIND = 1;
const TIME_KIND = 2;
const AUDIO_HEADER_BYTES = 24;

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const numberOr = (value: unknown, otherwise: number): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : otherwise;

function parseTrack(value: unknown): TrackInfo | null {
  if (!isFields(value)) return null;
  return {
    link: text(value.link),
    title: text(value.title),
    artist: text(value.artist),
    artworkUrl: text(value.artworkUrl),
    durationMs: typeof value.durationMs === 'number' ? value.durationMs : null,
    isLive: value.isLive === true,
    requestedBy: text(value.requestedBy),
    gainDb: typeof value.gainDb === 'number' ? value.gainDb : null,
    chapters: Array.isArray(value.chapters)
      ? value.chapters.filter(isFields).map((each) => ({ startMs: numberOr(each.startMs, 0), title: text(each.title) }))
      : [],
  };
}

const parseItem = (fields: Fields): QueueItem => ({ id: text(fields.id), link: text(fields.link), requestedBy: text(fields.requestedBy) });

const parseTimeline = (fields: Fields): Timeline => ({
  running: fields.running === true,
  positionSamples: numberOr(fields.positionSamples, 0),
  atUs: numberOr(fields.atUs, 0),
  speed: numberOr(fields.speed, 1),
});

function parseUpcoming(value: unknown): Upcoming | null {
  if (!isFields(value) || !isFields(value.timeline)) return null;
  return { epoch: numberOr(value.epoch, 0), timeline: parseTimeline(value.timeline), track: parseTrack(value.track) };
}

function parseState(fields: Fields): RoomState | null {
  const { status, timeline } = fields;
  if (status !== 'idle' && status !== 'buffering' && status !== 'playing' && status !== 'paused') return null;
  if (!isFields(timeline)) return null;
  const listeners = Array.isArray(fields.listeners) ? fields.listeners.filter(isFields).map((each) => ({ id: text(each.id), name: text(each.name) })) : [];
  return {
    type: 'state',
    code: text(fields.code),
    epoch: numberOr(fields.epoch, 0),
    status,
    timeline: parseTimeline(timeline),
    track: parseTrack(fields.track),
    pending: isFields(fields.pending) ? parseItem(fields.pending) : null,
    queue: Array.isArray(fields.queue) ? fields.queue.filter(isFields).map(parseItem) : [],
    upcoming: parseUpcoming(fields.upcoming),
    normalize: fields.normalize !== false,
    metronome: fields.metronome === true,
    speed: numberOr(fields.speed, 1),
    notice: text(fields.notice),
    trouble: text(fields.trouble),
    listeners,
    listenerCount: numberOr(fields.listenerCount, listeners.length),
  };
}

function parseErrors(value: unknown): Map<string, number> {
  const rows = Array.isArray(value) ? value.filter(isFields) : [];
  return new Map(rows.map((row) => [text(row.id), numberOr(row.errorMs, 0)]));
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
