import { EllipsisVertical } from 'lucide-react';
import { useState } from 'react';
import { useStrings } from '../i18n';
import type { Command } from '../player/protocol';
import type { Role, RoomState } from '../player/room_state';
import { may } from './permissions';
import { describeError, gradeOf } from './sync_words';

interface Props {
  room: RoomState | null;
  me: string;
  /** By how much each one's sound is off, in ms, as their devices tell. */
  errorsMs: ReadonlyMap<string, number>;
  onCommand: (command: Command) => Promise<boolean>;
}

const letters = 'Segmenter' in Intl ? new Intl.Segmenter() : null;

/** The first letter or emoji as a reader sees it, which may be many code points; of older browsers the first code point. */
const initial = (name: string): string => (letters ? letters.segment(name)[Symbol.iterator]().next().value?.segment : Array.from(name)[0])?.toUpperCase() ?? '';

export function Listeners({ room, me, errorsMs, onCommand }: Props) {
  const strings = useStrings();
  const [open, setOpen] = useState<string | null>(null);
  const host = room !== null && may(room, me, 'host');
  const { listeners = [], listenerCount = 0, banned = [] } = room ?? {};
  return (
    <section className="card people" aria-labelledby="listeners-title">
      <h2 id="listeners-title">
        {strings.people.title}
        {room ? <span className="count">{listenerCount}</span> : null}
      </h2>
      <ul aria-label={strings.people.title} className="listeners">
        {listeners.map((listener) => (
          <li key={listener.id}>
            <div className="person">
              <span className="avatar" aria-hidden="true" data-hue={Number(listener.id) % 6}>
                {initial(listener.name)}
              </span>
              <bdi className="name" title={listener.name}>{listener.name}</bdi>
              {listener.role !== 'listener' && <span className="badge">{strings.people.roles[listener.role]}</span>}
              {listener.id === me && <span className="muted">{strings.people.you}</span>}
              <SyncDot errorMs={errorsMs.get(listener.id)} />
              {host && listener.id !== me && (
                <button
                  type="button"
                  className="icon"
                  aria-expanded={open === listener.id}
                  aria-label={strings.people.actions(listener.name)}
                  onClick={() => {
                    setOpen(open === listener.id ? null : listener.id);
                  }}
                >
                  <EllipsisVertical aria-hidden="true" />
                </button>
              )}
            </div>
            {host && open === listener.id && listener.id !== me && (
              <Actions member={listener.id} role={listener.role} onCommand={(command) => { setOpen(null); void onCommand(command); }} />
            )}
          </li>
        ))}
      </ul>
      {room && listenerCount > listeners.length && <p className="muted">{strings.people.more(listenerCount - listeners.length)}</p>}
      {host && banned.length > 0 && (
        <details>
          <summary>
            {strings.people.banned} <span className="count">{banned.length}</span>
          </summary>
          {banned.map(({ id, name }) => (
            <button key={id} type="button" className="quiet" onClick={() => void onCommand({ op: 'unban', member: id })}>
              <bdi className="clipped">{strings.people.unban(name)}</bdi>
            </button>
          ))}
        </details>
      )}
    </section>
  );
}

function Actions({ member, role, onCommand }: { member: string; role: Role; onCommand: (command: Command) => void }) {
  const { people } = useStrings();
  const button = (words: string, command: Command) => (
    <button type="button" onClick={() => { onCommand(command); }}>
      {words}
    </button>
  );
  return (
    <div className="person-actions">
      {role === 'listener' ? button(people.makeDj, { op: 'role', member, role: 'dj' }) : button(people.makeListener, { op: 'role', member, role: 'listener' })}
      {button(people.makeHost, { op: 'role', member, role: 'host' })}
      {button(people.kick, { op: 'kick', member })}
      {button(people.ban, { op: 'ban', member })}
    </div>
  );
}

function SyncDot({ errorMs }: { errorMs: number | undefined }) {
  const strings = useStrings();
  if (errorMs === undefined) return null;
  const words = `${describeError(strings, errorMs)} (${Math.abs(errorMs).toFixed(1)} ms)`;
  return <span className="dot" role="img" aria-label={words} title={words} data-grade={gradeOf(errorMs)} />;
}
