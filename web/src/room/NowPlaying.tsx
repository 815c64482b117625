import { CirclePlay, Heart, Moon, Music, Pause, Play, Repeat, Repeat1, SkipBack, SkipForward, ThumbsDown, Users, Volume2, VolumeX } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useAccount } from '../account/context';
import { useStrings } from '../i18n';
import { DEMO_LINK, type Command } from '../player/protocol';
import type { RoomState, TrackInfo } from '../player/room_state';
import type { PlayerSnapshot } from '../player/snapshot';
import { Parts } from '../ui/Parts';
import { useToast } from '../ui/Toasts';
import { may, skipOf } from './permissions';
import { SeekBar } from './SeekBar';

interface Props {
  snapshot: PlayerSnapshot;
  me: string;
  positionMs: () => number;
  bufferMs: () => number;
  serverNowUs: () => number;
  onCommand: (command: Command) => Promise<boolean>;
  onVolume: (volume: number) => void;
}

export function NowPlaying({ snapshot, me, positionMs, bufferMs, serverNowUs, onCommand, onVolume }: Props) {
  const strings = useStrings();
  const { room } = snapshot;
  if (!room) {
    return (
      <section className="now card" aria-busy="true" aria-label={strings.now.title}>
        <div className="artwork skeleton" />
        <div className="now-text">
          <p className="muted">{strings.now.entering}</p>
          <div className="skeleton line-skeleton" />
          <div className="skeleton line-skeleton" />
        </div>
      </section>
    );
  }
  if (!room.track) {
    return (
      <section className="now card empty" aria-label={strings.now.title}>
        <Artwork url="" />
        <div className="now-text">
          {room.notice && (
            <p className="notice" role="status">
              <bdi>{room.notice}</bdi>
            </p>
          )}
          <h2>{strings.now.empty}</h2>
          <p className="muted">{strings.now.emptyHint}</p>
          {may(room, me, 'control') && (
            <button type="button" onClick={() => void onCommand({ op: 'play', link: DEMO_LINK })} disabled={room.pending !== null}>
              <CirclePlay aria-hidden="true" />
              {strings.now.demo}
            </button>
          )}
        </div>
      </section>
    );
  }
  const { track } = room;
  return (
    <section className="now card" aria-label={strings.now.title}>
      {track.artworkUrl && <img className="tint" src={track.artworkUrl} alt="" aria-hidden="true" />}
      <Artwork key={track.artworkUrl} url={track.artworkUrl} />
      <div className="now-text">
        <div className="track-text">
          <Favourite track={track} />
          <h2 title={track.title}>
            <bdi>{track.title}</bdi>
          </h2>
          <p className="muted track-about" title={track.artist}>
            <Parts of={[track.artist, track.requestedBy && strings.now.playedBy(track.requestedBy)]} />
          </p>
        </div>
        {room.notice && (
          <p className="notice" role="status">
            <bdi>{room.notice}</bdi>
          </p>
        )}
        <SeekBar
          key={room.epoch}
          track={track}
          allowed={may(room, me, 'control')}
          timeline={room.timeline}
          positionMs={positionMs}
          bufferMs={bufferMs}
          onSeek={(ms) => void onCommand({ op: 'seek', positionMs: ms })}
        />
        <Transport room={room} me={me} onCommand={onCommand} />
        <p className="muted buffering" role="status">
          {room.status === 'buffering' ? <bdi>{room.trouble || strings.now.waiting}</bdi> : ''}
        </p>
        <SoundControls room={room} me={me} volume={snapshot.volume} onCommand={onCommand} onVolume={onVolume} />
        {room.sleepAtUs !== null && (
          <p className="muted sleeps">
            <Moon aria-hidden="true" size={16} /> {strings.now.sleeps(Math.max(1, Math.round((room.sleepAtUs - serverNowUs()) / 60e6)))}
          </p>
        )}
      </div>
    </section>
  );
}

/** For who has an account. */
function Favourite({ track }: { track: TrackInfo }) {
  const strings = useStrings();
  const toast = useToast();
  const { account, favourites, store } = useAccount();
  if (!account) return null;
  const kept = favourites.has(track.link);
  const words = kept ? strings.account.unkeep : strings.account.keep;
  return (
    <button type="button" className="icon favourite" aria-pressed={kept} aria-label={words} title={words} onClick={() => void store.setFavourite(track, !kept).then((problem) => { if (problem) toast({ text: problem.detail }); })}>
      <Heart aria-hidden="true" />
    </button>
  );
}

function Artwork({ url }: { url: string }) {
  const [broken, setBroken] = useState(false);
  return (
    <div className="artwork">
      {url && !broken ? <img src={url} alt="" referrerPolicy="no-referrer" onError={() => { setBroken(true); }} /> : <Music aria-hidden="true" size={56} strokeWidth={1.4} />}
    </div>
  );
}

const NEXT_REPEAT = { off: 'all', all: 'one', one: 'off' } as const;

function Transport({ room, me, onCommand }: { room: RoomState; me: string; onCommand: Props['onCommand'] }) {
  const strings = useStrings();
  const toast = useToast();
  const controls = may(room, me, 'control');
  const skips = may(room, me, 'skip');
  const skip = () =>
    void onCommand(skipOf(room)).then((taken) => {
      if (taken) toast({ text: strings.now.skipped, undo: () => void onCommand({ op: 'previous', track: true }) });
    });
  const voted = room.skipVotes.voters.includes(me);
  const repeat = strings.now.repeat[room.repeat];
  return (
    <>
      <div className="transport">
        {may(room, me, 'reorder') && (
          <button type="button" className="icon" data-on={room.repeat !== 'off'} aria-label={repeat} title={repeat} onClick={() => void onCommand({ op: 'repeat', mode: NEXT_REPEAT[room.repeat] })}>
            {room.repeat === 'one' ? <Repeat1 aria-hidden="true" /> : <Repeat aria-hidden="true" />}
          </button>
        )}
        {skips && (
          <button type="button" className="icon" aria-label={strings.now.previous} title={strings.now.previous} onClick={() => void onCommand({ op: 'previous' })}>
            <SkipBack aria-hidden="true" />
          </button>
        )}
        {controls &&
          (room.status === 'paused' ? (
            <button type="button" className="primary round" aria-label={strings.now.play} onClick={() => void onCommand({ op: 'resume' })}>
              <Play aria-hidden="true" size={28} fill="currentColor" />
            </button>
          ) : (
            <button type="button" className="primary round" aria-label={strings.now.pause} onClick={() => void onCommand({ op: 'pause' })}>
              <Pause aria-hidden="true" size={28} fill="currentColor" />
            </button>
          ))}
        {skips && (
          <button type="button" className="icon" aria-label={strings.now.skip} title={strings.now.skip} onClick={skip}>
            <SkipForward aria-hidden="true" />
          </button>
        )}
        {!skips && (
          <button type="button" className="vote-skip" aria-pressed={voted} onClick={() => void onCommand({ op: 'voteSkip', on: !voted })}>
            <ThumbsDown aria-hidden="true" size={18} />
            {strings.now.voteSkip(room.skipVotes.votes, room.skipVotes.needed)}
          </button>
        )}
      </div>
      {skips && room.skipVotes.votes > 0 && <p className="muted">{strings.now.wantSkip(room.skipVotes.votes, room.skipVotes.needed)}</p>}
      {!controls && <p className="muted">{strings.now.controlsLocked[room.rights.control]}</p>}
    </>
  );
}

const SPEEDS = Array.from({ length: 31 }, (_, step) => (50 + 5 * step) / 100);
const SETTLED_MS = 250;

function SoundControls({ room, me, volume, onCommand, onVolume }: { room: RoomState; me: string; volume: number; onCommand: Props['onCommand']; onVolume: Props['onVolume'] }) {
  const strings = useStrings();
  const controls = may(room, me, 'control');
  const [before, setBefore] = useState(1);
  return (
    <div className="sound-controls">
      <span className="volume">
        <button
          type="button"
          className="icon"
          aria-label={volume === 0 ? strings.now.unmute : strings.now.mute}
          onClick={() => {
            if (volume > 0) setBefore(volume);
            onVolume(volume > 0 ? 0 : before);
          }}
        >
          {volume === 0 ? <VolumeX aria-hidden="true" /> : <Volume2 aria-hidden="true" />}
        </button>
        <label>
          {strings.now.volume}
          <input type="range" title={strings.now.volumeHint} min={0} max={1} step={0.01} value={volume} onChange={(event) => { onVolume(Number(event.target.value)); }} />
        </label>
      </span>
      {controls && <RoomVolume key={room.volume} volume={room.volume} onCommand={onCommand} />}
      <label className="speed">
        {strings.now.speed}
        <select value={room.speed} disabled={room.track?.isLive ?? !controls} onChange={(event) => void onCommand({ op: 'speed', speed: Number(event.target.value) })}>
          {SPEEDS.map((speed) => (
            <option key={speed} value={speed}>
              {speed}×
            </option>
          ))}
        </select>
      </label>
      <label className="check" title={strings.now.evenHint}>
        <input type="checkbox" checked={room.normalize} disabled={!controls} onChange={(event) => void onCommand({ op: 'normalize', on: event.target.checked })} />
        {strings.now.even}
      </label>
    </div>
  );
}

/** Follows the finger at once, and is told to the room when it rests. */
function RoomVolume({ volume, onCommand }: { volume: number; onCommand: Props['onCommand'] }) {
  const strings = useStrings();
  const [shown, setShown] = useState(volume);
  useEffect(() => {
    if (shown === volume) return;
    const timer = setTimeout(() => void onCommand({ op: 'volume', volume: shown }), SETTLED_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [shown, volume, onCommand]);
  return (
    <span className="volume room-volume">
      <Users aria-hidden="true" size={18} />
      <label>
        {strings.now.roomVolume}
        <input type="range" min={0} max={1} step={0.01} value={shown} onChange={(event) => { setShown(Number(event.target.value)); }} />
      </label>
    </span>
  );
}
