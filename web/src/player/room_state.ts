// What a room is, as the server tells it, parsed into types. docs/protocol.md.

export type Status = 'idle' | 'buffering' | 'playing' | 'paused';
/** Each may do what those before it may. */
export type Role = 'listener' | 'dj' | 'host';
export const ROLES: readonly Role[] = ['listener', 'dj', 'host'];

export interface Timeline {
  running: boolean;
  positionSamples: number;
  /** Server time in microseconds from which this timeline holds. */
  atUs: number;
  speed: number;
}

export interface TrackInfo {
  /** The id it had in the queue. */
  item: string;
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
  /** Empty until it is known. */
  title: string;
  artist: string;
  durationMs: number | null;
  requestedBy: string;
  /** The id of who added it. */
  member: string;
  /** What it is, is being found out. */
  listing: boolean;
  /** Why it does not play; empty when it does, as far as is known. */
  unplayable: string;
  votes: number;
  /** Of many, those who voted first. */
  voters: string[];
}

/** What follows the current track, from its own epoch on, without a gap. */
export interface Upcoming {
  epoch: number;
  timeline: Timeline;
  track: TrackInfo | null;
}

export interface Rights {
  control: Role;
  add: Role;
  reorder: Role;
  skip: Role;
  byVotes: boolean;
  /** Percent of those present whose votes skip a track. */
  skipShare: number;
}

export interface RoomState {
  type: 'state';
  code: string;
  name: string;
  epoch: number;
  status: Status;
  timeline: Timeline;
  track: TrackInfo | null;
  pending: QueueItem | null;
  queue: QueueItem[];
  queueRevision: number;
  upcoming: Upcoming | null;
  /** Something has played before what plays. */
  canGoBack: boolean;
  repeat: 'off' | 'one' | 'all';
  rights: Rights;
  /** Of many voters, those who voted first. */
  skipVotes: { votes: number; voters: string[]; needed: number };
  locked: boolean;
  hasPassword: boolean;
  /** It stays until its host closes it, whoever is away. */
  kept: boolean;
  banned: { id: string; name: string }[];
  /** The room's, from 0 to 1. */
  volume: number;
  /** Whether tracks' gains are applied. */
  normalize: boolean;
  /** All devices click at each full second of server time. */
  metronome: boolean;
  /** The room's, from 0.5 to 2. */
  speed: number;
  /** Server time at which the music pauses; null: it goes on. */
  sleepAtUs: number | null;
  /** Why the last track broke off, if it did. */
  notice: string;
  /** Why the current track's bytes do not come, while they do not. */
  trouble: string;
  /** Of many, those who came first, and whoever is more than a listener. */
  listeners: { id: string; name: string; role: Role }[];
  /** Of all. */
  listenerCount: number;
}

export interface ChatLine {
  member: string;
  name: string;
  text: string;
  /** Since 1970. */
  atMs: number;
}

export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
export const numberOr = (value: unknown, otherwise: number): number => (typeof value === 'number' && Number.isFinite(value) ? value : otherwise);
export const numberOrNull = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);
/** The objects in a list; of anything else none. */
export const rows = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(text) : []);
const parseRole = (value: unknown): Role => ROLES.find((role) => role === value) ?? 'listener';

function parseTrack(value: unknown): TrackInfo | null {
  if (!isFields(value)) return null;
  return {
    item: text(value.item),
    link: text(value.link),
    title: text(value.title),
    artist: text(value.artist),
    artworkUrl: text(value.artworkUrl),
    durationMs: numberOrNull(value.durationMs),
    isLive: value.isLive === true,
    requestedBy: text(value.requestedBy),
    gainDb: numberOrNull(value.gainDb),
    chapters: rows(value.chapters).map((each) => ({ startMs: numberOr(each.startMs, 0), title: text(each.title) })),
  };
}

export function parseItem(fields: Fields): QueueItem {
  return {
    id: text(fields.id),
    link: text(fields.link),
    title: text(fields.title),
    artist: text(fields.artist),
    durationMs: numberOrNull(fields.durationMs),
    requestedBy: text(fields.requestedBy),
    member: text(fields.member),
    listing: fields.listing === true,
    unplayable: text(fields.unplayable),
    votes: numberOr(fields.votes, 0),
    voters: texts(fields.voters),
  };
}

export const parseLine = (fields: Fields): ChatLine => ({ member: text(fields.member), name: text(fields.name), text: text(fields.text), atMs: numberOr(fields.atMs, 0) });

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

function parseRights(value: unknown): Rights {
  const fields = isFields(value) ? value : {};
  return {
    control: parseRole(fields.control),
    add: parseRole(fields.add),
    reorder: parseRole(fields.reorder),
    skip: parseRole(fields.skip),
    byVotes: fields.byVotes === true,
    skipShare: numberOr(fields.skipShare, 50),
  };
}

/** Null when it is none. */
export function parseState(fields: Fields): RoomState | null {
  const { status, timeline, repeat } = fields;
  if (status !== 'idle' && status !== 'buffering' && status !== 'playing' && status !== 'paused') return null;
  if (!isFields(timeline)) return null;
  const listeners = rows(fields.listeners).map((each) => ({ id: text(each.id), name: text(each.name), role: parseRole(each.role) }));
  const skip = isFields(fields.skipVotes) ? fields.skipVotes : {};
  return {
    type: 'state',
    code: text(fields.code),
    name: text(fields.name),
    epoch: numberOr(fields.epoch, 0),
    status,
    timeline: parseTimeline(timeline),
    track: parseTrack(fields.track),
    pending: isFields(fields.pending) ? parseItem(fields.pending) : null,
    queue: rows(fields.queue).map(parseItem),
    queueRevision: numberOr(fields.queueRevision, 0),
    upcoming: parseUpcoming(fields.upcoming),
    canGoBack: fields.canGoBack === true,
    repeat: repeat === 'one' || repeat === 'all' ? repeat : 'off',
    rights: parseRights(fields.rights),
    skipVotes: { votes: numberOr(skip.votes, 0), voters: texts(skip.voters), needed: numberOr(skip.needed, 1) },
    locked: fields.locked === true,
    kept: fields.kept === true,
    hasPassword: fields.hasPassword === true,
    banned: rows(fields.banned).map((each) => ({ id: text(each.id), name: text(each.name) })),
    volume: numberOr(fields.volume, 1),
    normalize: fields.normalize !== false,
    metronome: fields.metronome === true,
    speed: numberOr(fields.speed, 1),
    sleepAtUs: numberOrNull(fields.sleepAtUs),
    notice: text(fields.notice),
    trouble: text(fields.trouble),
    listeners,
    listenerCount: numberOr(fields.listenerCount, listeners.length),
  };
}
