import { closestCenter, DndContext, KeyboardSensor, PointerSensor, useSensor, useSensors, type DragEndEvent } from '@dnd-kit/core';
import { SortableContext, sortableKeyboardCoordinates, useSortable, verticalListSortingStrategy, arrayMove } from '@dnd-kit/sortable';
import { CSS } from '@dnd-kit/utilities';
import { ChevronUp, GripVertical, History, ListMusic, Play, Shuffle, Trash2, TriangleAlert, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useStrings } from '../i18n';
import type { Command } from '../player/protocol';
import type { QueueItem, RoomState } from '../player/room_state';
import { useToast } from '../ui/Toasts';
import { formatTime } from './format';
import { may } from './permissions';
import { duplicates, inOrder, titleOf, totalMs } from './queue_order';

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
  const twice = useMemo(() => duplicates(items), [items]);
  const mayReorder = may(room, me, 'reorder');
  const canDrag = mayReorder && !room.rights.byVotes;
  const sensors = useSensors(useSensor(PointerSensor, { activationConstraint: { distance: 6 } }), useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }));
  const shown = all ? items : items.slice(0, FIRST_SHOWN);
  const total = totalMs(items);

  const onDragEnd = ({ active, over }: DragEndEvent) => {
    if (!over || active.id === over.id) return;
    const ids = items.map((item) => item.id);
    const moved = arrayMove(ids, ids.indexOf(String(active.id)), ids.indexOf(String(over.id)));
    setDragged({ of: room.queue, ids: moved });
    const before = moved[moved.indexOf(String(active.id)) + 1] ?? null;
    void onCommand({ op: 'move', item: String(active.id), before }).then((taken) => { if (!taken) setDragged(null); });
  };
  const putBack = (gone: QueueItem[], before: string | null) =>
    void onCommand({ op: 'addMany', items: gone.map(({ link, title, artist, durationMs }) => ({ link, title, artist, durationMs })), before });
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

  return (
    <section className="queue card" aria-labelledby="queue-title">
      <header>
        <h2 id="queue-title">{strings.queue.title}</h2>
        {items.length > 0 && <span className="muted">{strings.queue.total(items.length, total ? formatTime(total) : '')}</span>}
        <span className="tools">
          <button type="button" className="icon" aria-label={strings.queue.history} title={strings.queue.history} onClick={onHistory}>
            <History aria-hidden="true" />
          </button>
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
      {room.rights.byVotes && <p className="muted">{strings.queue.byVotes}</p>}
      {items.length === 0 ? (
        <div className="teach">
          <ListMusic aria-hidden="true" />
          <div>
            <strong>{strings.queue.empty}</strong>
            <p className="muted">{strings.queue.emptyHint}</p>
          </div>
        </div>
      ) : (
        <DndContext sensors={sensors} collisionDetection={closestCenter} onDragEnd={onDragEnd} accessibility={{ screenReaderInstructions: { draggable: strings.queue.dragHelp } }}>
          <SortableContext items={shown.map((item) => item.id)} strategy={verticalListSortingStrategy} disabled={!canDrag}>
            <ol aria-label={strings.queue.list} className="rows">
              {shown.map((item) => (
                <Row
                  key={item.id}
                  item={item}
                  title={(room.upcoming && item === items[0] && !item.title && room.upcoming.track?.title) || titleOf(item)}
                  twice={twice.has(item.id)}
                  canDrag={canDrag}
                  votable={room.rights.byVotes}
                  voted={item.voters.includes(me)}
                  onVote={(on) => void onCommand({ op: 'vote', item: item.id, on })}
                  onPlay={may(room, me, 'control') ? () => void onCommand({ op: 'playItem', item: item.id }) : null}
                  onRemove={mayReorder || (item.member === me && may(room, me, 'add')) ? () => { remove(item); } : null}
                />
              ))}
            </ol>
          </SortableContext>
        </DndContext>
      )}
      {shown.length < items.length && (
        <button type="button" className="quiet" onClick={() => { setAll(true); }}>
          {strings.queue.more(items.length - shown.length)}
        </button>
      )}
    </section>
  );
}

interface RowProps {
  item: QueueItem;
  title: string;
  twice: boolean;
  canDrag: boolean;
  votable: boolean;
  voted: boolean;
  onVote: (on: boolean) => void;
  onPlay: (() => void) | null;
  onRemove: (() => void) | null;
}

function Row({ item, title, twice, canDrag, votable, voted, onVote, onPlay, onRemove }: RowProps) {
  const strings = useStrings();
  const { attributes, listeners, setNodeRef, setActivatorNodeRef, transform, transition, isDragging } = useSortable({ id: item.id });
  const about = [item.artist, item.durationMs ? formatTime(item.durationMs) : '', item.requestedBy && strings.queue.addedBy(item.requestedBy)].filter(Boolean).join(' · ');
  return (
    <li ref={setNodeRef} style={{ transform: CSS.Translate.toString(transform), transition }} className="track-row" data-dragging={isDragging} data-unplayable={item.unplayable !== ''}>
      {canDrag && (
        <button type="button" ref={setActivatorNodeRef} className="icon grip" {...attributes} {...listeners} aria-label={strings.queue.move(title)}>
          <GripVertical aria-hidden="true" />
        </button>
      )}
      {votable && (
        <button type="button" className="vote" aria-pressed={voted} aria-label={strings.queue.vote(title, item.votes)} onClick={() => { onVote(!voted); }}>
          <ChevronUp aria-hidden="true" />
          {item.votes}
        </button>
      )}
      <span className="row-text">
        <bdi className="row-title" title={item.link}>{title}</bdi>
        {item.unplayable ? (
          <span className="row-about bad">
            <TriangleAlert aria-hidden="true" size={14} /> {strings.queue.unplayable(item.unplayable)}
          </span>
        ) : (
          <span className="muted row-about">
            {item.listing && <span className="spinner small" aria-hidden="true" />}
            {item.listing ? strings.queue.listing : about}
            {twice && <em className="twice">{strings.queue.twice}</em>}
          </span>
        )}
      </span>
      {onPlay && (
        <button type="button" className="icon" aria-label={strings.queue.playItem(title)} onClick={onPlay}>
          <Play aria-hidden="true" />
        </button>
      )}
      {onRemove && (
        <button type="button" className="icon" aria-label={strings.queue.remove(title)} onClick={onRemove}>
          <X aria-hidden="true" />
        </button>
      )}
    </li>
  );
}
