import { useEffect, useState } from 'react';
import type { PlayerSnapshot } from '../player/snapshot';
import type { Command } from '../player/protocol';
import type { RoomState, TrackInfo } from '../player/room_state';
import { Icon } from '../ui/Icon';
import { formatTime } from './format';

interface Props {
  snapshot: PlayerSnapshot;
  positionMs: () => number;
  onCommand: (command: Command) => Promise<boolean>;
  onVolume: (volume: number) => void;
}

const DEMO_LINK = 'musicspace:demo';

export function NowPlaying({ snapshot, positionMs, onCommand, onVolume }: Props) {
  const { room } = snapshot;
  if (!room) {
    return (
      <section className="now card loading" aria-busy="true" aria-label="Now playing">
        <div className="artwork" />
        <p className="muted">Entering the room…</p>
      </section>
    );
  }
  if (!room.track) {
    return (
      <section className="now card empty" aria-label="Now playing">
        <div className="artwork">
          <Icon name="note" size={56} />
        </div>
        {room.notice && (
          <p className="notice" role="status">
            {room.notice}
          </p>
        )}
        <h2>Nothing is playing yet</h2>
        <p className="muted">Paste a link above, and everybody here will hear it together.</p>
        <button type="button" onClick={() => void onCommand({ op: 'play', link: DEMO_LINK })} disabled={room.pending !== null}>
          <Icon name="play" />
          Play the demo track
        </button>
      </section>
    );
  }
  return (
    <section className="now card" aria-label="Now playing">
      <Artwork key={room.track.artworkUrl} url={room.track.artworkUrl} />
      <div className="track-text">
        <h2 title={room.track.title}>{room.track.title}</h2>
        <p className="muted">{[room.track.artist, room.track.requestedBy && `played by ${room.track.requestedBy}`].filter(Boolean).join(' · ')}</p>
      </div>
      {room.notice && (
        <p className="notice" role="status">
          {room.notice}
        </p>
      )}
      <SeekBar key={room.epoch} track={room.track} positionMs={positionMs} onSeek={(ms) => void onCommand({ op: 'seek', positionMs: ms })} />
      <Controls room={room} volume={snapshot.volume} onCommand={onCommand} onVolume={onVolume} />
    </section>
  );
}

function Artwork({ url }: { url: string }) {
  const [broken, setBroken] = useState(false);
  return (
    <div className="artwork">
      {url && !broken ? (
        <img
          src={url}
          alt=""
          referrerPolicy="no-referrer"
          onError={() => {
            setBroken(true);
          }}
        />
      ) : (
        <Icon name="note" size={56} />
      )}
    </div>
  );
}

function SeekBar({ track, positionMs, onSeek }: { track: TrackInfo; positionMs: () => number; onSeek: (ms: number) => void }) {
  const [now, setNow] = useState(positionMs);
  const [dragged, setDragged] = useState<number | null>(null);

  useEffect(() => {
    const timer = setInterval(() => {
      setNow(positionMs());
    }, 250);
    return () => {
      clearInterval(timer);
    };
  }, [positionMs]);

  const duration = track.durationMs ?? 0;
  const shown = dragged ?? Math.min(now, duration || now);
  const settle = () => {
    if (dragged === null) return;
    onSeek(dragged);
    setNow(dragged);
    setDragged(null);
  };

  const chapter = track.chapters.filter((each) => each.startMs <= shown).at(-1);
  return (
    <div className="seek">
      {chapter && <p className="chapter muted">{chapter.title}</p>}
      <span className="time">{formatTime(shown)}</span>
      <input
        type="range"
        aria-label="Seek"
        aria-valuetext={`${formatTime(shown)} of ${duration ? formatTime(duration) : 'unknown'}`}
        min={0}
        max={Math.max(1, duration)}
        step={1000}
        value={Math.min(shown, Math.max(1, duration))}
        disabled={!duration || track.isLive}
        onChange={(e) => {
          setDragged(Number(e.target.value));
        }}
        onPointerUp={settle}
        onKeyUp={settle}
        onBlur={settle}
      />
      <span className="time">{track.isLive ? 'live' : duration ? formatTime(duration) : '–:––'}</span>
    </div>
  );
}

const SPEEDS = [0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2];
/** A program may have set one in between. */
const speedsWith = (speed: number): number[] => [...new Set([...SPEEDS, speed])].sort((a, b) => a - b);

interface ControlsProps {
  room: RoomState;
  volume: number;
  onCommand: (command: Command) => Promise<boolean>;
  onVolume: (volume: number) => void;
}

function Controls({ room, volume, onCommand, onVolume }: ControlsProps) {
  const paused = room.status === 'paused';
  return (
    <div className="controls">
      <div className="transport">
        {paused ? (
          <button type="button" className="primary round" aria-label="Play" onClick={() => void onCommand({ op: 'resume' })}>
            <Icon name="play" size={28} />
          </button>
        ) : (
          <button type="button" className="primary round" aria-label="Pause" onClick={() => void onCommand({ op: 'pause' })}>
            <Icon name="pause" size={28} />
          </button>
        )}
        <button type="button" className="quiet round" aria-label="Skip" onClick={() => void onCommand({ op: 'skip' })}>
          <Icon name="skip" />
        </button>
      </div>
      <span className="muted buffering" role="status">
        {room.status === 'buffering' ? room.trouble || 'Waiting for the sound…' : ''}
      </span>
      <label className="speed">
        <select
          aria-label="Speed"
          value={room.speed}
          disabled={room.track?.isLive}
          onChange={(e) => void onCommand({ op: 'speed', speed: Number(e.target.value) })}
        >
          {speedsWith(room.speed).map((speed) => (
            <option key={speed} value={speed}>
              {speed}×
            </option>
          ))}
        </select>
      </label>
      <label className="normalize" title="Brings loud and soft tracks to one loudness, for everybody">
        <input type="checkbox" checked={room.normalize} onChange={(e) => void onCommand({ op: 'normalize', on: e.target.checked })} />
        Even loudness
      </label>
      <label className="volume">
        <Icon name="volume" />
        <input
          type="range"
          aria-label="Volume"
          min={0}
          max={1}
          step={0.01}
          value={volume}
          onChange={(e) => {
            onVolume(Number(e.target.value));
          }}
        />
      </label>
    </div>
  );
}
