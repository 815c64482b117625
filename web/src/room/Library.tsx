import { useEffect, useState } from 'react';
import { useAbout } from '../about';
import type { Membership } from '../player/snapshot';
import type { Command } from '../player/protocol';
import { Icon } from '../ui/Icon';
import { browseLibrary, type LibraryListing } from './library';

interface Props {
  membership: Membership;
  onCommand: (command: Command) => Promise<boolean>;
}

const TYPING_MS = 200;
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** The server's own files, to be browsed, searched and played; nothing where it has none. */
export function Library({ membership, onCommand }: Props) {
  const [open, setOpen] = useState(false);
  if (!useAbout()?.library) return null;
  return (
    <details
      className="library card"
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>Library</summary>
      {open && <Browser membership={membership} onCommand={onCommand} />}
    </details>
  );
}

function Browser({ membership, onCommand }: Props) {
  const [folder, setFolder] = useState('');
  const [words, setWords] = useState('');
  const [listing, setListing] = useState<LibraryListing | null>(null);
  const [complaint, setComplaint] = useState('');

  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(
      () => {
        browseLibrary(membership, folder, words.trim(), abort.signal).then(
          (answer) => {
            setComplaint('code' in answer ? answer.detail : '');
            if (!('code' in answer)) setListing(answer);
          },
          () => {
            if (!abort.signal.aborted) setComplaint('The library cannot be reached just now. Try again.');
          },
        );
      },
      words ? TYPING_MS : 0,
    );
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [membership, folder, words]);

  return (
    <>
      <input type="search" aria-label="Search the library" placeholder="Search the library" value={words} onChange={(e) => { setWords(e.target.value); }} />
      {complaint && <p role="alert">{complaint}</p>}
      {listing && (
        <ul aria-label="Library">
          {folder && !words && <FolderItem name="Up" path={parentOf(folder)} onOpen={setFolder} />}
          {listing.folders.map((path) => (
            <FolderItem key={path} name={nameOf(path)} path={path} onOpen={setFolder} />
          ))}
          {listing.files.map(({ path, link }) => (
            <li key={path}>
              <span className="queue-title" title={path}>
                {words ? path : nameOf(path)}
              </span>
              <button type="button" className="quiet" aria-label={`Play ${nameOf(path)}`} onClick={() => void onCommand({ op: 'play', link })}>
                <Icon name="play" />
              </button>
              <button type="button" className="quiet" aria-label={`Add ${nameOf(path)} to the queue`} onClick={() => void onCommand({ op: 'add', link })}>
                <Icon name="plus" />
              </button>
            </li>
          ))}
          {listing.folders.length + listing.files.length === 0 && <li className="muted">{words ? 'Nothing is found.' : 'This folder is empty.'}</li>}
          {listing.more && <li className="muted">There is more: search for it.</li>}
        </ul>
      )}
    </>
  );
}

function FolderItem({ name, path, onOpen }: { name: string; path: string; onOpen: (path: string) => void }) {
  return (
    <li>
      <button type="button" className="quiet folder" onClick={() => { onOpen(path); }}>
        <Icon name="folder" />
        {name}
      </button>
    </li>
  );
}
