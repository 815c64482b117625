import { ListPlus, Play, X } from 'lucide-react';
import { useEffect, useRef, useState, type SubmitEvent } from 'react';
import { useAbout } from '../about';
import { useStrings } from '../i18n';
import { listedOf, type Command, type Problem } from '../player/protocol';
import type { RoomState } from '../player/room_state';
import type { Membership } from '../player/snapshot';
import { Parts } from '../ui/Parts';
import { useToast } from '../ui/Toasts';
import { formatTime } from './format';
import { browseLibrary } from './library';
import { may } from './permissions';
import { titleOf } from './queue_order';
import { search, type FoundTrack } from './requests';

interface Props {
  room: RoomState | null;
  membership: Membership;
  /** True when it took effect. */
  onCommand: (command: Command) => Promise<boolean>;
  onProblem: (problem: Problem) => void;
}

const TYPING_MS = 600;
const FEWEST_LETTERS = 3;

/** Anything with a scheme or a host is a link; words are searched for. */
const isLink = (text: string): boolean => /^\S+:\S/.test(text) || /^[\w-]+(\.[\w-]+)+(\/\S*)?$/.test(text);
const asLink = (text: string): string => (/^\S+:\S/.test(text) ? text : `https://${text}`);

export function AddBox({ room, membership, onCommand, onProblem }: Props) {
  const strings = useStrings();
  const toast = useToast();
  const [text, setText] = useState('');
  const [words, setWords] = useState('');
  const typed = text.trim();
  const me = membership.member.id;
  // Before the room is known, the server decides.
  const mayPlay = !room || may(room, me, 'control');
  const mayAdd = !room || may(room, me, 'add');

  // Searched while one types, but not for every letter.
  useEffect(() => {
    if (typed.length < FEWEST_LETTERS || isLink(typed)) return;
    const timer = setTimeout(() => {
      setWords(typed);
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [typed]);

  const give = (command: (link: string) => Command) => {
    if (!typed) return;
    if (!isLink(typed)) {
      setWords(typed);
      return;
    }
    const link = asLink(typed);
    const twice = room?.queue.some((item) => item.link === link) ?? false;
    const wanted = command(link);
    void onCommand(wanted).then((taken) => {
      // What was refused stays there to be mended.
      if (taken) setText((current) => (current === text ? '' : current));
      if (taken && wanted.op === 'add') toast({ text: twice ? strings.add.twice : strings.add.added(titleOf({ title: '', link })) });
    });
  };
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    give(mayPlay ? (link) => ({ op: 'play', link }) : (link) => ({ op: 'add', link }));
  };
  const close = () => {
    setWords('');
    setText('');
  };
  const searched = words && words === typed ? words : '';

  if (!mayPlay && !mayAdd) return <p className="muted locked">{strings.add.notAllowed}</p>;
  return (
    <form className="add-box" role="search" onSubmit={onSubmit}>
      <div className="add-row">
        <input
          id="add-box"
          type="text"
          dir="auto"
          inputMode="url"
          enterKeyHint="go"
          aria-label={strings.add.label}
          placeholder={strings.add.placeholder}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
          }}
          onKeyDown={(event) => {
            if (event.key === 'Escape') close();
          }}
          autoComplete="off"
          spellCheck={false}
        />
        {mayPlay && (
          <button type="submit" className="primary">
            <Play aria-hidden="true" />
            {strings.add.playNow}
          </button>
        )}
        <button type={mayPlay ? 'button' : 'submit'} onClick={mayPlay ? () => { give((link) => ({ op: 'add', link })); } : undefined}>
          <ListPlus aria-hidden="true" />
          {strings.add.addToQueue}
        </button>
      </div>
      {searched && <Results key={searched} words={searched} membership={membership} mayPlay={mayPlay} idle={room?.status === 'idle' && !room.pending} onCommand={onCommand} onProblem={onProblem} onClose={close} />}
      <p className="pending" role="status">
        {room?.pending && (
          <>
            <span className="spinner" aria-hidden="true" />
            <bdi className="clipped">{strings.add.opening(room.pending.requestedBy)}</bdi> <bdi className="muted clipped">{titleOf(room.pending)}</bdi>
          </>
        )}
      </p>
    </form>
  );
}

interface ResultsProps {
  words: string;
  membership: Membership;
  mayPlay: boolean;
  /** Nothing plays: what is tapped may. */
  idle: boolean;
  onCommand: (command: Command) => Promise<boolean>;
  onProblem: (problem: Problem) => void;
  onClose: () => void;
}

/** What the server's library and the searched site find for `words`. */
function Results({ words, membership, mayPlay, idle, onCommand, onProblem, onClose }: ResultsProps) {
  const strings = useStrings();
  const toast = useToast();
  const library = useAbout()?.library;
  const [found, setFound] = useState<FoundTrack[] | null>(null);
  const report = useRef(onProblem);
  useEffect(() => {
    report.current = onProblem;
  });

  useEffect(() => {
    if (library === undefined) return;
    const abort = new AbortController();
    const own = library ? browseLibrary(membership, '', words, abort.signal) : null;
    const both = Promise.all([own, search(membership, words, abort.signal)]);
    both.then(
      ([files, sites]) => {
        const fromLibrary = files && !('code' in files) ? files.files.slice(0, 8).map(({ path, link }) => ({ link, title: path.slice(path.lastIndexOf('/') + 1), artist: strings.library.title, durationMs: null, artworkUrl: '' })) : [];
        if ('code' in sites && fromLibrary.length === 0) report.current(sites);
        setFound([...fromLibrary, ...('code' in sites ? [] : sites)]);
      },
      () => {
        if (!abort.signal.aborted) setFound([]);
      },
    );
    return () => {
      abort.abort();
    };
  }, [library, membership, words, strings]);

  if (!found) {
    return (
      <div className="results" role="status">
        <span className="visually-hidden">{strings.add.searching}</span>
        {[0, 1, 2].map((row) => (
          <div key={row} className="skeleton row-skeleton" />
        ))}
      </div>
    );
  }
  return (
    <div className="results">
      <div className="results-head">
        <span role="status" className="muted">
          {found.length === 0 ? strings.add.nothing(words) : strings.add.results}
        </span>
        <button type="button" className="icon" aria-label={strings.add.closeResults} onClick={onClose}>
          <X aria-hidden="true" />
        </button>
      </div>
      <ul aria-label={strings.add.results} className="rows">
        {found.map((track) => (
          <li key={track.link} className="track-row">
            <Thumbnail url={track.artworkUrl} />
            <span className="row-text">
              <bdi className="row-title" title={track.title}>{track.title}</bdi>
              <span className="muted row-about">
                <span className="clipped">
                  <Parts of={[track.artist, track.durationMs ? formatTime(track.durationMs) : '']} />
                </span>
              </span>
            </span>
            {mayPlay && (
              <button type="button" className="icon" data-whole-row={idle} aria-label={strings.add.play(track.title)} onClick={() => void onCommand({ op: 'play', link: track.link }).then((taken) => { if (taken) onClose(); })}>
                <Play aria-hidden="true" />
              </button>
            )}
            <button
              type="button"
              className="icon"
              data-whole-row={!idle || !mayPlay}
              aria-label={strings.add.queue(track.title)}
              onClick={() => {
                void onCommand({ op: 'addMany', items: [listedOf(track)] }).then((taken) => { if (taken) toast({ text: strings.add.added(track.title) }); });
              }}
            >
              <ListPlus aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Thumbnail({ url }: { url: string }) {
  const [broken, setBroken] = useState(false);
  return <span className="thumbnail">{url && !broken && <img src={url} alt="" loading="lazy" onError={() => { setBroken(true); }} />}</span>;
}
