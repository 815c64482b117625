import { History, ListMusic, Shuffle, Trash2, Vote } from 'lucide-react';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useStrings } from '../i18n';
import { listedOf, type Command } from '../player/protocol';
import type { QueueItem, RoomState } from '../player/room_state';
import { useToast } from '../ui/Toasts';
import { formatTime } from './format';
import { may, presetOf } from './permissions';
import { inOrder, titleOf, totalMs } from './queue_order';

// With all that dragging takes: fetched when there is something to drag.
const QueueList = lazy(() => import('./QueueList'));

interface Props {
  room: RoomState;
  me: string;
  onCommand: (command: Command) => Promise<boolean>;
  onHistory: () => void;
}

const FIRST_SHOWN = 60;

/** What plays next, in order. */
export function Queue({ room, me, onCommand, onHistory }: Props) {
  const strings = useStrings();
  const toast = useToast();
  const [all, setAll] = useState(false);
  // As it was dragged, until the server tells the same.
  const [dragged, setDragged] = useState<{ of: QueueItem[]; ids: string[] } | null>(null);
  const items = useMemo(() => {
    if (dragged?.of !== room.queue) return inOrder(room);
    const places = new Map(dragged.ids.map((id, place) => [id, place]));
    return [...room.queue].sort((a, b) => (places.get(a.id) ?? 0) - (places.get(b.id) ?? 0));
  }, [room, dragged]);
  const { byVotes } = room.rights;
  const mayReorder = may(room, me, 'reorder');
  const canDrag = mayReorder && !byVotes;
  const shown = all ? items : items.slice(0, FIRST_SHOWN);
  const total = totalMs(items);

  const move = (item: string, over: string) => {
    const ids = items.map((each) => each.id);
    const moved = ids.filter((id) => id !== item);
    moved.splice(ids.indexOf(over), 0, item);
    setDragged({ of: room.queue, ids: moved });
    void onCommand({ op: 'move', item, before: moved[moved.indexOf(item) + 1] ?? null }).then((taken) => { if (!taken) setDragged(null); });
  };
  const putBack = (gone: QueueItem[], before: string | null) =>
    void onCommand({ op: 'addMany', items: gone.map(listedOf), before });
  const remove = (item: QueueItem) => {
    const before = room.queue[room.queue.indexOf(item) + 1]?.id ?? null;
    void onCommand({ op: 'remove', item: item.id }).then((taken) => {
      if (taken) toast({ text: strings.queue.removed(titleOf(item)), undo: () => { putBack([item], before); } });
    });
  };
  const clear = () => {
    const gone = room.queue;
    void onCommand({ op: 'clear' }).then((taken) => {
      if (taken) toast({ text: strings.queue.cleared(gone.length), undo: () => { putBack(gone, null); } });
    });
  };

  const letVote = () => {
    const before = presetOf(room.rights);
    void onCommand({ op: 'rights', preset: byVotes ? 'everyone' : 'vote' }).then((taken) => {
      if (taken) toast({ text: byVotes ? strings.queue.votesDecideNot : strings.queue.votesDecide, ...(before ? { undo: () => void onCommand({ op: 'rights', preset: before }) } : {}) });
    });
  };

  return (
    <section className="queue card" aria-labelledby="queue-title">
      <header>
        <h2 id="queue-title">{strings.queue.title}</h2>
        {items.length > 0 && <span className="muted">{strings.queue.total(items.length, total ? formatTime(total) : '')}</span>}
        <span className="tools">
          <button type="button" className="icon" aria-label={strings.queue.history} title={strings.queue.history} onClick={onHistory}>
            <History aria-hidden="true" />
          </button>
          {may(room, me, 'host') && (items.length > 1 || byVotes) && (
            <button type="button" className="icon" aria-pressed={byVotes} aria-label={strings.queue.letVote} title={strings.queue.letVote} onClick={letVote}>
              <Vote aria-hidden="true" />
            </button>
          )}
          {canDrag && items.length > 1 && (
            <button type="button" className="icon" aria-label={strings.now.shuffle} title={strings.now.shuffle} onClick={() => void onCommand({ op: 'shuffle' })}>
              <Shuffle aria-hidden="true" />
            </button>
          )}
          {mayReorder && items.length > 0 && (
            <button type="button" className="icon" aria-label={strings.queue.clear} title={strings.queue.clear} onClick={clear}>
              <Trash2 aria-hidden="true" />
            </button>
          )}
        </span>
      </header>
      {byVotes && <p className="muted">{strings.queue.byVotes}</p>}
      {items.length === 0 ? (
        <div className="teach">
          <ListMusic aria-hidden="true" />
          <div>
            <strong>{strings.queue.empty}</strong>
            <p className="muted">{strings.queue.emptyHint}</p>
          </div>
        </div>
      ) : (
        <Suspense fallback={<div className="skeleton row-skeleton" />}>
          <QueueList room={room} me={me} items={items} shown={shown} canDrag={canDrag} onCommand={onCommand} onMove={move} onRemove={remove} />
        </Suspense>
      )}
      {shown.length < items.length && (
        <button type="button" className="quiet" onClick={() => { setAll(true); }}>
          {strings.queue.more(items.length - shown.length)}
        </button>
      )}
    </section>
  );
}
