// What a member asks over HTTP: searches and what was played.

import { parseListed, parseProblem, type ListedTrack, type Problem } from '../player/protocol';
import { isFields, numberOr, rows, text, type Fields } from '../player/room_state';
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

/** What a member gets from the room's `path`, or why not. */
export async function askRoom({ code, token }: Membership, path: string, signal?: AbortSignal): Promise<{ fields: Fields } | { problem: Problem }> {
  const response = await fetch(`/api/rooms/${code}/${path}`, { headers: { Authorization: `Bearer ${token}` }, ...(signal ? { signal } : {}) });
  const body: unknown = await response.json();
  return response.ok && isFields(body) ? { fields: body } : { problem: parseProblem(body) };
}

export async function search(membership: Membership, words: string, signal: AbortSignal): Promise<FoundTrack[] | Problem> {
  const answer = await askRoom(membership, `search?q=${encodeURIComponent(words)}`, signal);
  if ('problem' in answer) return answer.problem;
  return rows(answer.fields.found).map((row) => ({ ...parseListed(row), artworkUrl: text(row.artworkUrl) }));
}

/** The newest first. */
export async function history(membership: Membership): Promise<PastPlay[] | Problem> {
  const answer = await askRoom(membership, 'history');
  if ('problem' in answer) return answer.problem;
  return rows(answer.fields.plays).map((row) => ({ ...parseListed(row), requestedBy: text(row.requestedBy), startedAtMs: numberOr(row.startedAtMs, 0) }));
}
