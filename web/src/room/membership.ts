// Creating and joining rooms over HTTP, and remembering this tab's memberships across reloads.

import { inTab, onDevice } from '../kept';
import { parseProblem, type Problem } from '../player/protocol';
import type { Membership } from '../player/snapshot';

const key = (code: string): string => `musicspace.membership.${code}`;
const NAME_KEY = 'musicspace.name';
const CREATE_KEY = 'musicspace.createKey';

export class RequestFailed extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

function parseMembership(value: unknown): Membership | null {
  if (typeof value !== 'object' || value === null) return null;
  const { code, token, member } = value as Record<string, unknown>;
  if (typeof code !== 'string' || typeof token !== 'string' || typeof member !== 'object' || member === null) return null;
  const { id, name } = member as Record<string, unknown>;
  return typeof id === 'string' && typeof name === 'string' ? { code, token, member: { id, name } } : null;
}

async function ask(path: string, name: string, secrets: { password?: string; key?: string }): Promise<Membership> {
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name, ...secrets }) });
    body = await response.json();
  } catch {
    throw new RequestFailed({ code: 'offline', title: 'Not connected', detail: 'The server cannot be reached. Check your connection and try again.' });
  }
  const membership = response.ok ? parseMembership(body) : null;
  if (!membership) throw new RequestFailed(parseProblem(body));
  return membership;
}

async function askAndRemember(...request: Parameters<typeof ask>): Promise<Membership> {
  const membership = await ask(...request);
  inTab.set(key(membership.code), JSON.stringify(membership));
  onDevice.set(NAME_KEY, request[1]);
  return membership;
}

/** `createKey`: of a server that asks for one. */
export async function createRoom(name: string, createKey: string): Promise<Membership> {
  const membership = await askAndRemember('/api/rooms', name, createKey ? { key: createKey } : {});
  if (createKey) onDevice.set(CREATE_KEY, createKey);
  return membership;
}

/** A room that this page forgets. */
export const createRoomForOnce = (name: string): Promise<Membership> => ask('/api/rooms', name, rememberedCreateKey() ? { key: rememberedCreateKey() } : {});

export const rememberedCreateKey = (): string => onDevice.get(CREATE_KEY) ?? '';

export const joinRoom = (code: string, name: string, password: string): Promise<Membership> =>
  askAndRemember(`/api/rooms/${encodeURIComponent(code.trim())}/members`, name, password ? { password } : {});

export function rememberedMembership(code: string): Membership | null {
  const stored = inTab.get(key(code));
  if (!stored) return null;
  try {
    return parseMembership(JSON.parse(stored));
  } catch {
    return null;
  }
}

export function forgetMembership(code: string): void {
  inTab.remove(key(code));
}

export const rememberedName = (): string => onDevice.get(NAME_KEY) ?? '';
