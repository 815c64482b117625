import { Download, ListPlus, Play, Upload } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useAccount } from '../account/context';
import { useStrings } from '../i18n';
import { listedOf, type Command, type ListedTrack, type Problem } from '../player/protocol';
import type { RoomState } from '../player/room_state';
import type { Membership } from '../player/snapshot';
import { Dialog } from '../ui/Dialog';
import { Parts } from '../ui/Parts';
import { useToast } from '../ui/Toasts';
import { may } from './permissions';
import { titleOf } from './queue_order';
import { history } from './requests';
import { parseTrackList, toJson, toM3u } from './track_lists';

interface Props {
  room: RoomState;
  membership: Membership;
  onCommand: (command: Command) => Promise<boolean>;
  onClose: () => void;
}

interface Shown extends ListedTrack {
  title: string;
  requestedBy: string;
  atMs: number;
}

/** So many fit into one message. */
const AT_ONCE = 100;

function save(name: string, type: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

export default function HistoryDialog({ room, membership, onCommand, onClose }: Props) {
  const strings = useStrings();
  const toast = useToast();
  const { account, store } = useAccount();
  const [source, setSource] = useState<'room' | 'favourites' | 'heard'>('room');
  const [plays, setPlays] = useState<Shown[] | null>(null);
  const [complaint, setComplaint] = useState('');
  const mayAdd = may(room, membership.member.id, 'add');
  const mayPlay = may(room, membership.member.id, 'control');

  useEffect(() => {
    let current = true;
    const wanted: Promise<Shown[] | Problem> =
      source === 'room'
        ? history(membership).then((answer) => ('code' in answer ? answer : answer.map((play) => ({ ...play, atMs: play.startedAtMs }))))
        : store.kept(source).then((answer) => ('code' in answer ? answer : answer.map((track) => ({ ...track, requestedBy: '' }))));
    wanted.then(
      (answer) => {
        if (!current) return;
        if ('code' in answer) setComplaint(answer.detail);
        else setPlays(answer);
      },
      () => {
        setComplaint(strings.history.fails);
      },
    );
    return () => {
      current = false;
    };
  }, [membership, strings, source, store]);

  const read = async (file: File) => {
    const tracks = parseTrackList(await file.text());
    setComplaint(tracks.length === 0 ? strings.history.badFile : '');
    let added = 0;
    for (let from = 0; from < tracks.length; from += AT_ONCE) {
      const items = tracks.slice(from, from + AT_ONCE);
      if (!(await onCommand({ op: 'addMany', items }))) break;
      added += items.length;
    }
    if (added > 0) toast({ text: strings.history.imported(added) });
  };
  const tracks: ListedTrack[] = [...(plays ?? [])].reverse().map(listedOf);

  return (
    <Dialog title={strings.history.title} onClose={onClose}>
      {account && (
        <div className="tabs" role="group" aria-label={strings.history.title}>
          {(['room', 'favourites', 'heard'] as const).map((each) => (
            <button key={each} type="button" aria-pressed={source === each} onClick={() => { setPlays(null); setComplaint(''); setSource(each); }}>
              {{ room: strings.account.thisRoom, favourites: strings.account.favourites, heard: strings.account.heard }[each]}
            </button>
          ))}
        </div>
      )}
      {complaint && <p role="alert">{complaint}</p>}
      {plays?.length === 0 && <p className="muted">{{ room: strings.history.empty, favourites: strings.account.noFavourites, heard: strings.account.noneHeard }[source]}</p>}
      {!plays && !complaint && <div className="skeleton row-skeleton" />}
      {plays && plays.length > 0 && (
        <ul className="rows history" aria-label={strings.history.title}>
          {plays.map((play) => (
            <li key={`${String(play.atMs)}${play.link}`} className="track-row">
              <span className="row-text">
                <bdi className="row-title" title={play.link}>{titleOf(play)}</bdi>
                <span className="muted row-about">
                  <span className="clipped">
                    <Parts of={[play.artist, play.requestedBy, new Date(play.atMs).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })]} />
                  </span>
                </span>
              </span>
              {mayPlay && (
                <button type="button" className="icon" aria-label={strings.history.again(titleOf(play))} onClick={() => void onCommand({ op: 'play', link: play.link })}>
                  <Play aria-hidden="true" />
                </button>
              )}
              {mayAdd && (
                <button
                  type="button"
                  className="icon"
                  aria-label={strings.history.queue(titleOf(play))}
                  onClick={() => void onCommand({ op: 'addMany', items: [listedOf(play)] }).then((taken) => { if (taken) toast({ text: strings.add.added(titleOf(play)) }); })}
                >
                  <ListPlus aria-hidden="true" />
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      <div className="row">
        {tracks.length > 0 && (
          <>
            <button type="button" onClick={() => { save(`music-space-${room.code}.m3u8`, 'audio/x-mpegurl', toM3u(tracks)); }}>
              <Download aria-hidden="true" />
              {strings.history.exportM3u}
            </button>
            <button type="button" onClick={() => { save(`music-space-${room.code}.json`, 'application/json', toJson(tracks)); }}>
              <Download aria-hidden="true" />
              {strings.history.exportJson}
            </button>
          </>
        )}
        {mayAdd && (
          <label className="button" title={strings.history.importHint}>
            <Upload aria-hidden="true" />
            {strings.history.import}
            <input type="file" className="visually-hidden" accept=".m3u,.m3u8,.json" onChange={(event) => { const file = event.target.files?.[0]; event.target.value = ''; if (file) void read(file); }} />
          </label>
        )}
      </div>
    </Dialog>
  );
}
