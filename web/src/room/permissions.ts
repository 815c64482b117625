// What a member may do, by the room's rights: what the server's rules say, to show only that.

import type { Command } from '../player/protocol';
import { ROLES, type Rights, type Role, type RoomState } from '../player/room_state';

export type Right = 'control' | 'add' | 'reorder' | 'skip' | 'host';

export const roleOf = (room: RoomState, member: string): Role => room.listeners.find((each) => each.id === member)?.role ?? 'listener';

const leastRole = (rights: Rights, right: Right): Role => (right === 'host' ? 'host' : rights[right]);

export const may = (room: RoomState, member: string, right: Right): boolean => ROLES.indexOf(roleOf(room, member)) >= ROLES.indexOf(leastRole(room.rights, right));

/** Skips what is seen, and no more: somebody else may press at the same moment. */
export const skipOf = ({ pending, track }: RoomState): Command => ({ op: 'skip', ...(pending || track ? { item: pending?.id ?? track?.item ?? '' } : {}) });

const PRESETS = {
  everyone: { control: 'listener', add: 'listener', reorder: 'listener', skip: 'listener', byVotes: false },
  djs: { control: 'dj', add: 'dj', reorder: 'dj', skip: 'dj', byVotes: false },
  host: { control: 'host', add: 'host', reorder: 'host', skip: 'host', byVotes: false },
  vote: { control: 'dj', add: 'listener', reorder: 'dj', skip: 'dj', byVotes: true },
} as const;
export type Preset = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as Preset[];

/** The preset that the rights are; null for a program's own mixture. */
export const presetOf = (rights: Rights): Preset | null =>
  PRESET_NAMES.find((name) => Object.entries(PRESETS[name]).every(([key, value]) => rights[key as keyof Rights] === value)) ?? null;
