import { closestCenter, DndContext, KeyboardSensor, PointerSensor, useSensor, useSensors } from '@dnd-kit/core';
import { SortableContext, sortableKeyboardCoordinates, useSortable, verticalListSortingStrategy } from '@dnd-kit/sortable';
import { CSS } from '@dnd-kit/utilities';
import { ChevronUp, GripVertical, Play, TriangleAlert, X } from 'lucide-react';
import { useMemo } from 'react';
import { useStrings } from '../i18n';
import type { Command } from '../player/protocol';
import type { QueueItem, RoomState } from '../player/room_state';
import { Parts } from '../ui/Parts';
import { formatTime } from './format';
import { may } from './permissions';
import { duplicates, titleOf } from './queue_order';

interface Props {
  room: RoomState;
  me: string;
  /** All, in the order in which they play. */
  items: QueueItem[];
  /** The first of them. */
  shown: QueueItem[];
  canDrag: boolean;
  onCommand: (command: Command) => Promise<boolean>;
  /** `item` takes the place of `over`. */
  onMove: (item: string, over: string) => void;
  onRemove: (item: QueueItem) => void;
}

export default function QueueList({ room, me, items, shown, canDrag, onCommand, onMove, onRemove }: Props) {
  const strings = useStrings();
  const twice = useMemo(() => duplicates(items), [items]);
  const sensors = useSensors(useSensor(PointerSensor, { activationConstraint: { distance: 6 } }), useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }));
  const titleOfId = (id: string | number): string => {
    const item = items.find((each) => each.id === id);
    return item ? titleOf(item) : '';
  };
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={closestCenter}
      onDragEnd={({ active, over }) => { if (over && active.id !== over.id) onMove(String(active.id), String(over.id)); }}
      accessibility={{
        screenReaderInstructions: { draggable: strings.queue.dragHelp },
        announcements: {
          onDragStart: ({ active }) => strings.queue.lifted(titleOfId(active.id)),
          onDragOver: ({ active, over }) => (over ? strings.queue.over(titleOfId(active.id), items.findIndex((item) => item.id === over.id) + 1) : undefined),
          onDragEnd: ({ active }) => strings.queue.dropped(titleOfId(active.id)),
          onDragCancel: ({ active }) => strings.queue.dropped(titleOfId(active.id)),
        },
      }}
    >
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
              onRemove={may(room, me, 'reorder') || (item.member === me && may(room, me, 'add')) ? () => { onRemove(item); } : null}
            />
          ))}
        </ol>
      </SortableContext>
    </DndContext>
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
  const about = [item.artist, item.durationMs ? formatTime(item.durationMs) : '', item.requestedBy && strings.queue.addedBy(item.requestedBy)];
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
            <TriangleAlert aria-hidden="true" size={14} /> <bdi>{strings.queue.unplayable(item.unplayable)}</bdi>
          </span>
        ) : (
          <span className="muted row-about">
            {item.listing && <span className="spinner small" aria-hidden="true" />}
            <span className="clipped">{item.listing ? strings.queue.listing : <Parts of={about} />}</span>
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
