// What a member asks over HTTP: searches and what was played.

import { parseProblem, type ListedTrack, type Problem } from '../player/protocol';
import { isFields, numberOr, text } from '../player/room_state';
import type { Membership } from '../player/snapshot';

export interface FoundTrack extends ListedTrack {
  link: string;
  title: string;
  artist: string;
  durationMs: number | null;
  artworkUrl: string;
}

export interface PastPlay extends ListedTrack {
  title: string;
  requestedBy: string;
  startedAtMs: number;
}

async function ask({ code, token }: Membership, path: string, signal?: AbortSignal): Promise<{ rows: (key: string) => Record<string, unknown>[] } | { problem: Problem }> {
  const response = await fetch(`/api/rooms/${code}/${path}`, { headers: { Authorization: `Bearer ${token}` }, ...(signal ? { signal } : {}) });
  const body: unknown = await response.json();
  if (!response.ok || !isFields(body)) return { problem: parseProblem(body) };
  return { rows: (key) => (Array.isArray(body[key]) ? body[key].filter(isFields) : []) };
}

const trackOf = (row: Record<string, unknown>) => ({
  link: text(row.link),
  title: text(row.title),
  artist: text(row.artist),
  durationMs: typeof row.durationMs === 'number' ? row.durationMs : null,
});

export async function search(membership: Membership, words: string, signal: AbortSignal): Promise<FoundTrack[] | Problem> {
  const answer = await ask(membership, `search?q=${encodeURIComponent(words)}`, signal);
  if ('problem' in answer) return answer.problem;
  return answer.rows('found').map((row) => ({ ...trackOf(row), artworkUrl: text(row.artworkUrl) }));
}

/** The newest first. */
export async function history(membership: Membership): Promise<PastPlay[] | Problem> {
  const answer = await ask(membership, 'history');
  if ('problem' in answer) return answer.problem;
  return answer.rows('plays').map((row) => ({ ...trackOf(row), requestedBy: text(row.requestedBy), startedAtMs: numberOr(row.startedAtMs, 0) }));
}
