// The account of who is here, if they have one. Its tokens are cookies that no script sees; this only knows whether there is somebody.

import { onDevice } from '../kept';
import { listedOf, parseListed, parseProblem, type ListedTrack, type Problem } from '../player/protocol';
import { isFields, numberOr, rows, text } from '../player/room_state';

export interface Account {
  id: string;
  name: string;
}
export interface KeptTrack extends ListedTrack {
  title: string;
  atMs: number;
}
export interface AccountSnapshot {
  account: Account | null;
  /** The links of the favourites. */
  favourites: ReadonlySet<string>;
}

/** So that guests are not asked for at every start. */
const KEY = 'musicspace.account';
const AWAY: Problem = { code: 'offline', title: 'Not connected', detail: 'The server cannot be reached. Check your connection and try again.' };
const NOBODY: AccountSnapshot = { account: null, favourites: new Set() };

/** The server knows a page as signed in for 15 minutes; after these it is asked to go on before that matters. */
const FRESH_MS = 10 * 60_000;

type Answer = { ok: true; body: Record<string, unknown> } | { ok: false; problem: Problem };

async function ask(method: string, path: string, body?: object): Promise<Answer> {
  try {
    const response = await fetch(path, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    const answer: unknown = await response.json();
    return response.ok && isFields(answer) ? { ok: true, body: answer } : { ok: false, problem: parseProblem(answer) };
  } catch {
    return { ok: false, problem: AWAY };
  }
}

const tracksOf = (value: unknown): KeptTrack[] => rows(value).map((row) => ({ ...parseListed(row), atMs: numberOr(row.atMs, 0) }));

export class AccountStore {
  readonly #listeners = new Set<() => void>();
  #snapshot = NOBODY;
  /** Until then it is open who this is. */
  #settled: Promise<unknown> = Promise.resolve();
  #renewedAtMs = 0;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly snapshot = (): AccountSnapshot => this.#snapshot;

  /** Who was signed in here before still is, perhaps. */
  start(): Promise<void> {
    const started = this.#start();
    this.#settled = started;
    return started;
  }

  /** Before a room is opened or joined: without it, the server would take somebody who is signed in for a guest. */
  async ready(): Promise<void> {
    await this.#settled;
    if (!this.#snapshot.account || Date.now() < this.#renewedAtMs + FRESH_MS) return;
    const answer = await this.#renew();
    if (!answer.ok && answer.problem.code === 'signed-out') this.#leave();
  }

  /** Whether somebody is signed in here still, though the server has ended a membership of theirs. */
  async outlived(): Promise<boolean> {
    await this.#settled;
    return this.#snapshot.account !== null && (await this.#renew()).ok;
  }

  /** Null when it worked, else why not. */
  async signIn(name: string, password: string): Promise<Problem | null> {
    return this.#begin(await ask('POST', '/api/session', { name, password }));
  }
  async create(name: string, password: string): Promise<Problem | null> {
    return this.#begin(await ask('POST', '/api/accounts', { name, password }));
  }
  async signOut(everywhere: boolean): Promise<Problem | null> {
    return this.#end(await this.#as('DELETE', everywhere ? '/api/sessions' : '/api/session'));
  }
  async changePassword(password: string, newPassword: string): Promise<Problem | null> {
    const asked = this.#as('PUT', '/api/accounts/password', { password, newPassword });
    this.#settled = asked;
    const answer = await asked;
    return answer.ok ? null : answer.problem;
  }
  async remove(password: string): Promise<Problem | null> {
    return this.#end(await this.#as('DELETE', '/api/accounts', { password }));
  }

  /** Codes of rooms that are still there, the last joined first. */
  async rooms(): Promise<string[]> {
    const answer = await this.#as('GET', '/api/me/rooms');
    return answer.ok ? rows(answer.body.rooms).map((row) => text(row.code)) : [];
  }
  async kept(which: 'favourites' | 'heard'): Promise<KeptTrack[] | Problem> {
    const answer = await this.#as('GET', `/api/me/${which}`);
    return answer.ok ? tracksOf(answer.body[which]) : answer.problem;
  }
  async setFavourite(track: ListedTrack, on: boolean): Promise<Problem | null> {
    const answer = await this.#as(on ? 'PUT' : 'DELETE', '/api/me/favourites', listedOf(track));
    if (!answer.ok) return answer.problem;
    const favourites = new Set(this.#snapshot.favourites);
    if (on) favourites.add(track.link);
    else favourites.delete(track.link);
    this.#change({ ...this.#snapshot, favourites });
    return null;
  }

  async #start(): Promise<void> {
    if (onDevice.get(KEY) === null) return;
    const answer = await this.#renew();
    if (answer.ok) await this.#enter(answer.body.account);
    else if (answer.problem.code === 'signed-out') this.#leave();
  }

  async #renew(): Promise<Answer> {
    const answer = await ask('POST', '/api/session/refresh');
    if (answer.ok) this.#renewedAtMs = Date.now();
    return answer;
  }

  /** As the one who is signed in: the token that is good for minutes only is renewed once. */
  async #as(method: string, path: string, body?: object): Promise<Answer> {
    const first = await ask(method, path, body);
    if (first.ok || first.problem.code !== 'signed-out') return first;
    const renewed = await this.#renew();
    if (renewed.ok) return ask(method, path, body);
    this.#leave();
    return first;
  }

  async #begin(answer: Answer): Promise<Problem | null> {
    if (!answer.ok) return answer.problem;
    this.#renewedAtMs = Date.now();
    await this.#enter(answer.body.account);
    return null;
  }

  #end(answer: Answer): Problem | null {
    if (!answer.ok) return answer.problem;
    this.#leave();
    return null;
  }

  async #enter(value: unknown): Promise<void> {
    if (!isFields(value)) return;
    onDevice.set(KEY, '1');
    this.#change({ ...NOBODY, account: { id: text(value.id), name: text(value.name) } });
    const favourites = await this.kept('favourites');
    if (!('code' in favourites)) this.#change({ ...this.#snapshot, favourites: new Set(favourites.map((track) => track.link)) });
  }

  #leave(): void {
    onDevice.remove(KEY);
    this.#change(NOBODY);
  }

  #change(snapshot: AccountSnapshot): void {
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener();
  }
}
