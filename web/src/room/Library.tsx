import { useEffect, useState } from 'react';
import { Folder, ListPlus, Play } from 'lucide-react';
import { useStrings } from '../i18n';
import type { Membership } from '../player/snapshot';
import type { Command } from '../player/protocol';

import { browseLibrary, type LibraryListing } from './library';

interface Props {
  membership: Membership;
  onCommand: (command: Command) => Promise<boolean>;
}

const TYPING_MS = 200;
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** The server's own files, to be browsed, searched and played. */
export default function Library({ membership, onCommand }: Props) {
  const strings = useStrings();
  const [open, setOpen] = useState(false);
  return (
    <details
      className="library card"
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>{strings.library.title}</summary>
      {open && <Browser membership={membership} onCommand={onCommand} />}
    </details>
  );
}

function Browser({ membership, onCommand }: Props) {
  const strings = useStrings();
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
            if (!abort.signal.aborted) setComplaint(strings.library.away);
          },
        );
      },
      words ? TYPING_MS : 0,
    );
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [membership, folder, words, strings]);

  return (
    <>
      <input type="search" aria-label={strings.library.search} placeholder={strings.library.search} value={words} onChange={(e) => { setWords(e.target.value); }} />
      {complaint && <p role="alert">{complaint}</p>}
      {listing && (
        <ul aria-label={strings.library.title} className="rows">
          {folder && !words && <FolderItem name={strings.library.up} path={parentOf(folder)} onOpen={setFolder} />}
          {listing.folders.map((path) => (
            <FolderItem key={path} name={nameOf(path)} path={path} onOpen={setFolder} />
          ))}
          {listing.files.map(({ path, link }) => (
            <li key={path}>
              <bdi className="row-title" title={path}>
                {words ? path : nameOf(path)}
              </bdi>
              <button type="button" className="icon" aria-label={strings.add.play(nameOf(path))} onClick={() => void onCommand({ op: 'play', link })}>
                <Play aria-hidden="true" />
              </button>
              <button type="button" className="icon" aria-label={strings.add.queue(nameOf(path))} onClick={() => void onCommand({ op: 'add', link })}>
                <ListPlus aria-hidden="true" />
              </button>
            </li>
          ))}
          {listing.folders.length + listing.files.length === 0 && <li className="muted">{words ? strings.library.nothing : strings.library.emptyFolder}</li>}
          {listing.more && <li className="muted">{strings.library.more}</li>}
        </ul>
      )}
    </>
  );
}

function FolderItem({ name, path, onOpen }: { name: string; path: string; onOpen: (path: string) => void }) {
  return (
    <li>
      <button type="button" className="quiet folder" onClick={() => { onOpen(path); }}>
        <Folder aria-hidden="true" />
        <bdi className="clipped">{name}</bdi>
      </button>
    </li>
  );
}
