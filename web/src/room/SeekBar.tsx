import { useEffect, useState, type CSSProperties } from 'react';
import { useStrings } from '../i18n';
import type { Timeline, TrackInfo } from '../player/room_state';
import { formatTime } from './format';

/** A timer may come early by less. */
const LATE_MS = 10;
const UNKNOWN_MS = 250;

interface Props {
  track: TrackInfo;
  allowed: boolean;
  /** Another one whenever the track is somewhere else than time alone would have it. */
  timeline: Timeline;
  positionMs: () => number;
  bufferMs: () => number;
  onSeek: (ms: number) => void;
}

/** Where the track is, how much of what follows is here, and where its chapters begin. */
export function SeekBar({ track, allowed, timeline, positionMs, bufferMs, onSeek }: Props) {
  const strings = useStrings();
  const [now, setNow] = useState(positionMs);
  const [dragged, setDragged] = useState<number | null>(null);

  useEffect(() => {
    // When another second is shown, and no oftener: each time costs a layout and a paint.
    let timer: ReturnType<typeof setTimeout>;
    const tick = () => {
      const ms = positionMs();
      setNow(ms);
      // The position is not known before the server's clock is.
      timer = setTimeout(tick, Number.isFinite(ms) ? (1000 - (ms % 1000)) / timeline.speed + LATE_MS : UNKNOWN_MS);
    };
    tick();
    return () => {
      clearTimeout(timer);
    };
  }, [positionMs, timeline]);

  const duration = track.durationMs ?? 0;
  const shown = dragged ?? Math.min(now, duration || now);
  const settle = () => {
    if (dragged === null) return;
    onSeek(dragged);
    setNow(dragged);
    setDragged(null);
  };

  const chapter = track.chapters.filter((each) => each.startMs <= shown).at(-1);
  const part = (ms: number): number => (duration ? Math.min(1, ms / duration) : 0);
  return (
    <div className="seek" style={{ '--played': part(shown), '--here': part(shown + bufferMs()) } as CSSProperties}>
      {chapter && (
        <p className="chapter muted">
          <bdi>{chapter.title}</bdi>
        </p>
      )}
      <span className="time">{formatTime(shown)}</span>
      <input
        type="range"
        aria-label={strings.now.seek}
        aria-valuetext={strings.now.of(formatTime(shown), duration ? formatTime(duration) : strings.now.unknown)}
        min={0}
        max={Math.max(1, duration)}
        step={1000}
        value={Math.min(shown, Math.max(1, duration))}
        disabled={!duration || track.isLive || !allowed}
        onChange={(event) => {
          setDragged(Number(event.target.value));
        }}
        onPointerUp={settle}
        onKeyUp={settle}
        onBlur={settle}
      />
      <span className="time">{track.isLive ? strings.now.live : duration ? formatTime(duration) : '–:––'}</span>
    </div>
  );
}
