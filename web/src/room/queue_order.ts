// The queue as it is shown, and what is worth a word about it. Pure.

import type { QueueItem, RoomState } from '../player/room_state';
import { shownLink } from './format';

/** In the order in which it will play: by votes where they decide, of equals the oldest first. */
export function inOrder(room: RoomState): QueueItem[] {
  if (!room.rights.byVotes) return room.queue;
  return [...room.queue].sort((a, b) => b.votes - a.votes || Number(a.id) - Number(b.id));
}

export const titleOf = (item: { title: string; link: string }): string => item.title || shownLink(item.link);

/** The ids of items that are there already, further up. */
export function duplicates(items: readonly QueueItem[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const item of items) {
    if (seen.has(item.link)) twice.add(item.id);
    seen.add(item.link);
  }
  return twice;
}

/** Of what will play, as far as it is known. */
export const totalMs = (items: readonly QueueItem[]): number => items.reduce((sum, item) => sum + (item.unplayable ? 0 : (item.durationMs ?? 0)), 0);
