import { useEffect, useRef, useState } from 'react';
import type { Player } from '../player/player';
import { TIER_WISHES, type Command } from '../player/protocol';
import { ScreenLock } from '../player/system_controls';
import type { SyncPoint } from '../player/sync_history';
import { tapsBehindMs } from '../player/worklet/metronome';
import { rememberedQuality, rememberQuality } from './quality';
import { describeError } from './sync_words';
import { rememberedTrim, rememberTrim } from './trim';

interface Props {
  player: Player;
  metronome: boolean;
  onCommand: (command: Command) => Promise<boolean>;
}

/** How well this device keeps time, and what can be done about a speaker whose delay no browser knows. */
export function SyncPanel({ player, metronome, onCommand }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <details
      className="sync card"
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>
        Sync <Summary player={player} />
      </summary>
      {open && <Meter player={player} />}
      {open && <Quality player={player} />}
      {open && <Trim player={player} metronome={metronome} onCommand={onCommand} />}
      {open && ScreenLock.supported() && <ScreenSwitch player={player} />}
      {open && !window.isSecureContext && <HttpsHint />}
    </details>
  );
}

/** Renders anew four times a second. */
function useTicks(): void {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      setTick((tick) => tick + 1);
    }, 250);
    return () => {
      clearInterval(timer);
    };
  }, []);
}

function Summary({ player }: { player: Player }) {
  useTicks();
  const { syncErrorMs } = player.stats();
  return <span className="muted">{describeError(syncErrorMs)}</span>;
}

const rounded = (value: number | null, digits = 0): string => (value === null ? '–' : value.toFixed(digits));

function Meter({ player }: { player: Player }) {
  useTicks();
  const stats = player.stats();
  const rows: [string, string][] = [
    ['Off by', `${rounded(stats.syncErrorMs, 1)} ms`],
    ['Round trip', `${rounded(stats.rttMs)} ms`],
    ['Buffered', `${rounded(stats.bufferMs / 1000, 1)} s`],
    ['Bit rate', `${rounded(stats.tier)} kbit/s`],
    ['Holes, jumps', `${String(stats.underruns)}, ${String(stats.resyncs)}`],
    ['Decoder, output', `${stats.decoder}, ${stats.output}`],
  ];
  return (
    <>
      <Sparkline player={player} />
      <dl className="figures">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

const WIDTH = 240;
const HEIGHT = 40;
const MINUTE_MS = 60_000;
/** The line leaves the picture beyond this. */
const REACH_MS = 10;

function Sparkline({ player }: { player: Player }) {
  const points = player.syncPoints();
  const last = points.at(-1)?.atMs ?? 0;
  const place = ({ atMs, errorMs }: SyncPoint): string => {
    const x = WIDTH - ((last - atMs) / MINUTE_MS) * WIDTH;
    const y = HEIGHT / 2 - (Math.max(-REACH_MS, Math.min(REACH_MS, errorMs ?? 0)) / REACH_MS) * (HEIGHT / 2 - 1);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  };
  // A line for each stretch of sound.
  const stretches: string[][] = [[]];
  for (const point of points) {
    if (point.errorMs === null) stretches.push([]);
    else stretches.at(-1)?.push(place(point));
  }
  return (
    <svg className="sparkline" preserveAspectRatio="none" viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`} role="img" aria-label="How far the sound was off in the last minute, from 10 ms early to 10 ms late">
      <line x1="0" x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} />
      {stretches.filter((each) => each.length > 1).map((each) => (
        <polyline key={each[0]} points={each.join(' ')} />
      ))}
    </svg>
  );
}

function Quality({ player }: { player: Player }) {
  const [wish, setWish] = useState(rememberedQuality);
  return (
    <label className="quality">
      <span>Sound quality</span>
      <select
        value={wish}
        onChange={(event) => {
          const chosen = TIER_WISHES.find((each) => String(each) === event.target.value) ?? 'auto';
          setWish(chosen);
          rememberQuality(chosen);
          player.setTierWish(chosen);
        }}
      >
        {TIER_WISHES.map((each) => (
          <option key={each} value={each}>
            {each === 'auto' ? 'What the line carries' : `${String(each)} kbit/s`}
          </option>
        ))}
      </select>
    </label>
  );
}

const MOST_TRIM_MS = 500;

function Trim({ player, metronome, onCommand }: Props) {
  const [trimMs, setTrimMs] = useState(rememberedTrim);
  const change = (ms: number) => {
    const kept = Math.round(Math.max(-MOST_TRIM_MS, Math.min(MOST_TRIM_MS, ms)));
    setTrimMs(kept);
    rememberTrim(kept);
    player.setTrim(kept);
  };
  return (
    <>
      <label className="trim">
        <span>This speaker is late by</span>
        <input
          type="range"
          aria-label="This speaker is late by, in milliseconds"
          min={-MOST_TRIM_MS}
          max={MOST_TRIM_MS}
          step={1}
          value={trimMs}
          onChange={(event) => {
            change(Number(event.target.value));
          }}
        />
        <output>{trimMs} ms</output>
      </label>
      <label className="check">
        <input type="checkbox" checked={metronome} onChange={(event) => void onCommand({ op: 'metronome', on: event.target.checked })} />
        Click on every device of this room
      </label>
      {metronome && <TapAlong player={player} trimMs={trimMs} onTrim={change} />}
    </>
  );
}

const MOST_TAPS = 12;

/** People tap a little early; as early to one speaker as to another, so that the difference is the speakers' own. */
function TapAlong({ player, trimMs, onTrim }: { player: Player; trimMs: number; onTrim: (ms: number) => void }) {
  const [step, setStep] = useState<'other' | 'this'>('other');
  const [reference, setReference] = useState<number | null>(null);
  const [count, setCount] = useState(0);
  const taps = useRef<number[]>([]);
  const start = (next: 'other' | 'this') => {
    taps.current = [];
    setCount(0);
    setStep(next);
  };
  const behind = tapsBehindMs(taps.current);
  return (
    <div className="tap-along">
      <p className="muted">
        {step === 'other'
          ? 'Mute this device and tap along with the clicks of one that is right.'
          : 'Now mute the others and tap along with the clicks of this device.'}
      </p>
      <button
        type="button"
        className="tap"
        onPointerDown={() => {
          taps.current = [...taps.current, player.serverNowUs()].slice(-MOST_TAPS);
          setCount(taps.current.length);
        }}
        onKeyDown={(event) => {
          if (event.repeat || (event.key !== ' ' && event.key !== 'Enter')) return;
          taps.current = [...taps.current, player.serverNowUs()].slice(-MOST_TAPS);
          setCount(taps.current.length);
        }}
      >
        Tap{count > 0 && ` (${String(count)})`}
      </button>
      <div className="row">
        {step === 'other' ? (
          <button
            type="button"
            disabled={behind === null}
            onClick={() => {
              setReference(behind);
              start('this');
            }}
          >
            Next
          </button>
        ) : (
          <button
            type="button"
            disabled={behind === null || reference === null}
            onClick={() => {
              if (behind !== null && reference !== null) onTrim(trimMs + behind - reference);
              start('other');
            }}
          >
            Trim this device
          </button>
        )}
        <button
          type="button"
          className="quiet"
          onClick={() => {
            start('other');
          }}
        >
          Start over
        </button>
      </div>
    </div>
  );
}

function ScreenSwitch({ player }: { player: Player }) {
  const [on, setOn] = useState(false);
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={on}
        onChange={(event) => {
          setOn(event.target.checked);
          player.setScreenLock(event.target.checked);
        }}
      />
      Keep the screen on
    </label>
  );
}

function HttpsHint() {
  return (
    <p className="muted">
      Without https this browser renders sound on the page’s own thread: it keeps time, but may break up while the page is busy. Whoever hosts this server can put https in front of
      it with a line such as <code>caddy reverse-proxy --from music.example.org --to localhost:8080</code>.
    </p>
  );
}
