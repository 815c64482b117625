import type { Command } from '../player/protocol';
import type { RoomState } from '../player/room_state';
import { Icon } from '../ui/Icon';
import { shownLink } from './format';

interface Props {
  room: RoomState;
  onCommand: (command: Command) => Promise<boolean>;
}

/** What plays next, in order. */
export function Queue({ room, onCommand }: Props) {
  if (room.queue.length === 0) return null;
  return (
    <section className="queue card" aria-labelledby="queue-title">
      <h2 id="queue-title">Up next</h2>
      <ol aria-label="Queue">
        {room.queue.map((item, index) => {
          const title = (index === 0 && room.upcoming?.track?.title) || shownLink(item.link);
          return (
            <li key={item.id}>
              <span className="queue-title" title={item.link}>
                {title}
              </span>
              <span className="muted">{item.requestedBy}</span>
              <button type="button" className="quiet" aria-label={`Remove ${title}`} onClick={() => void onCommand({ op: 'remove', item: item.id })}>
                <Icon name="cross" />
              </button>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
