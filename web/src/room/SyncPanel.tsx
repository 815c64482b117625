import { lazy, Suspense, useState } from 'react';
import { useStrings } from '../i18n';
import type { Player } from '../player/player';
import type { Command } from '../player/protocol';
import { describeError } from './sync_words';
import { useTicks } from './ticks';

const SyncDetails = lazy(() => import('./SyncDetails'));

export interface SyncProps {
  player: Player;
  metronome: boolean;
  /** Whether this member may let all devices click. */
  mayClick: boolean;
  onCommand: (command: Command) => Promise<boolean>;
}

/** How well this device keeps time, and what can be done about a speaker whose delay no browser knows. */
export function SyncPanel(props: SyncProps) {
  const strings = useStrings();
  const [open, setOpen] = useState(false);
  return (
    <details
      className="sync card"
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>
        {strings.sync.title} <Summary player={props.player} />
      </summary>
      {open && (
        <Suspense>
          <SyncDetails {...props} />
        </Suspense>
      )}
    </details>
  );
}

function Summary({ player }: { player: Player }) {
  useTicks(1000);
  const strings = useStrings();
  const { syncErrorMs, fitsSpeakers } = player.stats();
  return <span className="muted">{fitsSpeakers && syncErrorMs !== null ? strings.sync.fitting : describeError(strings, syncErrorMs)}</span>;
}
