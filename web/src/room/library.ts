// The server's own library, over HTTP.

import type { Membership } from '../player/snapshot';
import type { Problem } from '../player/protocol';
import { rows, text, type Fields } from '../player/room_state';
import { askRoom } from './requests';

export interface LibraryListing {
  folder: string;
  folders: string[];
  files: { path: string; link: string }[];
  /** There are more than are listed. */
  more: boolean;
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []);

const parseListing = (fields: Fields): LibraryListing => ({
  folder: text(fields.folder),
  folders: texts(fields.folders),
  files: rows(fields.files).flatMap(({ path, link }) => (typeof path === 'string' && typeof link === 'string' ? [{ path, link }] : [])),
  more: fields.more === true,
});

/** What lies in `folder`, or what `words` find anywhere. */
export async function browseLibrary(membership: Membership, folder: string, words: string, signal: AbortSignal): Promise<LibraryListing | Problem> {
  const query = new URLSearchParams(words ? { q: words } : { folder });
  const answer = await askRoom(membership, `library?${query.toString()}`, signal);
  return 'problem' in answer ? answer.problem : parseListing(answer.fields);
}
