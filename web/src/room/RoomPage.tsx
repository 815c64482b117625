import { Keyboard, LogOut, MessageCircle, Music, QrCode, Settings, Users } from 'lucide-react';
import { lazy, Suspense, useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { flushSync } from 'react-dom';
import { useAbout } from '../about';
import { useStrings } from '../i18n';
import { Player } from '../player/player';
import type { Command, Problem } from '../player/protocol';
import type { Membership, PlayerSnapshot, PlayerStats } from '../player/snapshot';
import type { Sound } from '../player/sound';
import { ErrorNote } from '../ui/ErrorNote';
import { Logo } from '../ui/Logo';
import { AddBox } from './AddBox';
import { Chat, FlyingReactions } from './Chat';
import { Ended } from './Ended';
import { Listeners } from './Listeners';
import { NowPlaying } from './NowPlaying';
import { may, skipOf } from './permissions';
import { rememberedQuality } from './quality';
import { Queue } from './Queue';
import { useShortcuts } from './shortcuts';
import { SyncPanel } from './SyncPanel';
import { rememberedTrim } from './trim';
import { rememberedVolume, rememberVolume } from './volume';

const HelpDialog = lazy(() => import('./HelpDialog'));
const Library = lazy(() => import('./Library'));
const HistoryDialog = lazy(() => import('./HistoryDialog'));
const InviteDialog = lazy(() => import('./InviteDialog'));
const SettingsDialog = lazy(() => import('./SettingsDialog'));

declare global {
  interface Window {
    musicspace?: { stats(): PlayerStats };
  }
}

interface Props {
  membership: Membership;
  onLeft: () => void;
  onJoined: (membership: Membership) => void;
}

/** `takeSound`: what has been made for the player already, once; null when there is none. */
export default function RoomPage({ membership, takeSound, onLeft, onJoined }: Props & { takeSound: () => Sound | null }) {
  const [player, setPlayer] = useState<Player | null>(null);
  useEffect(() => {
    const created = new Player(membership, rememberedVolume(), rememberedQuality(), takeSound());
    created.setTrim(rememberedTrim());
    window.musicspace = { stats: () => created.stats() };
    setPlayer(created);
    return () => {
      delete window.musicspace;
      created.close();
    };
  }, [membership, takeSound]);
  return player && <Room player={player} membership={membership} onLeft={onLeft} onJoined={onJoined} />;
}

type Open = 'invite' | 'settings' | 'history' | 'help' | null;
const VIEWS = [
  { name: 'music', Icon: Music },
  { name: 'people', Icon: Users },
  { name: 'chat', Icon: MessageCircle },
] as const;
type View = (typeof VIEWS)[number]['name'];

const VOLUME_STEP = 0.05;

function Room({ player, membership, onLeft, onJoined }: Props & { player: Player }) {
  const strings = useStrings();
  const snapshot = useSyncExternalStore(player.subscribe, player.snapshot);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [open, setOpen] = useState<Open>(null);
  const [view, setView] = useState<View>('music');
  const { room, volume, chat } = snapshot;
  const me = membership.member.id;
  const hasLibrary = useAbout()?.library ?? false;
  const [readAtMs, setReadAtMs] = useState(0);
  const lastSaidAtMs = chat.at(-1)?.atMs ?? 0;
  if (view === 'chat' && readAtMs < lastSaidAtMs) setReadAtMs(lastSaidAtMs);
  const unread = chat.filter((line) => line.atMs > readAtMs && line.member !== me).length;

  const send = useCallback(
    async (command: Command): Promise<boolean> => {
      setProblem(null);
      const result = await player.command(command);
      // Where another was faster, what was wanted has happened.
      const settled = result?.code === 'superseded' || (command.op === 'skip' && result?.code === 'stale-epoch');
      if (result && !settled) setProblem(result);
      return result === null;
    },
    [player],
  );
  const close = useCallback(() => {
    setOpen(null);
  }, []);
  const bufferMs = useCallback(() => player.stats().bufferMs, [player]);
  const serverNowUs = useCallback(() => player.serverNowUs(), [player]);

  const onVolume = (wanted: number) => {
    player.setVolume(rememberVolume(wanted));
  };

  useTitle(room?.track?.title ?? '', room?.name ?? '');
  const control = room !== null && may(room, me, 'control');
  const when = (allowed: boolean, command: () => Command) => () => {
    if (allowed && room?.track) void send(command());
  };
  const toggle = when(control, () => ({ op: room?.status === 'paused' ? 'resume' : 'pause' }));
  const seekBy = (ms: number) => when(control && room.track?.isLive === false, () => ({ op: 'seek', positionMs: Math.max(0, player.positionMs() + ms) }));
  const skips = room !== null && may(room, me, 'skip');
  const focus = (id: string, inView: View) => () => {
    // At once: what is typed next belongs in there.
    flushSync(() => { setView(inView); });
    document.getElementById(id)?.focus();
  };
  useShortcuts({
    ' ': toggle,
    k: toggle,
    ArrowLeft: seekBy(-5_000),
    ArrowRight: seekBy(5_000),
    j: seekBy(-10_000),
    l: seekBy(10_000),
    n: room ? when(skips, () => skipOf(room)) : () => undefined,
    p: when(skips, () => ({ op: 'previous' })),
    ArrowUp: () => { onVolume(volume + VOLUME_STEP); },
    ArrowDown: () => { onVolume(volume - VOLUME_STEP); },
    m: () => { onVolume(volume > 0 ? 0 : 1); },
    '/': focus('add-box', 'music'),
    c: focus('chat-box', 'chat'),
    i: () => { setOpen('invite'); },
    '?': () => { setOpen('help'); },
  });

  if (snapshot.ended) return <Ended problem={snapshot.ended} membership={membership} onLeft={onLeft} onJoined={onJoined} />;

  return (
    <div className="room" data-view={view}>
      <header>
        <Logo />
        <h1 className="room-title">
          {room?.name && <bdi title={room.name}>{room.name}</bdi>}
          <span className="room-code">
            <span className="room-word">{strings.room.room}</span> <strong className="code">{membership.code}</strong>
          </span>
        </h1>
        <button type="button" onClick={() => { setOpen('invite'); }}>
          <QrCode aria-hidden="true" />
          {strings.room.invite}
        </button>
        <button type="button" className="icon keyboard" aria-label={strings.help.open} title={strings.help.open} onClick={() => { setOpen('help'); }}>
          <Keyboard aria-hidden="true" />
        </button>
        <button type="button" className="icon" aria-label={strings.room.settings} title={strings.room.settings} onClick={() => { setOpen('settings'); }}>
          <Settings aria-hidden="true" />
        </button>
        <button type="button" className="icon" aria-label={strings.room.leave} title={strings.room.leave} onClick={onLeft}>
          <LogOut aria-hidden="true" />
        </button>
      </header>
      <main>
        <div className="music">
          <Banner snapshot={snapshot} onTap={() => void player.unlock()} />
          {problem && <ErrorNote problem={problem} onDismiss={() => { setProblem(null); }} />}
          <AddBox room={room} membership={membership} onCommand={send} onProblem={setProblem} />
          <NowPlaying snapshot={snapshot} me={me} positionMs={player.positionMs} bufferMs={bufferMs} serverNowUs={serverNowUs} onCommand={send} onVolume={onVolume} />
          {room && <Queue room={room} me={me} onCommand={send} onHistory={() => { setOpen('history'); }} />}
          {hasLibrary && (
            <Suspense>
              <Library membership={membership} onCommand={send} />
            </Suspense>
          )}
          <SyncPanel player={player} metronome={room?.metronome ?? false} mayClick={control} onCommand={send} />
        </div>
        <div className="company">
          <Listeners room={room} me={me} errorsMs={snapshot.errorsMs} onCommand={send} />
          <Chat lines={chat} listeners={room?.listeners ?? NOBODY} me={me} onCommand={send} />
        </div>
      </main>
      <nav aria-label={strings.room.views}>
        {VIEWS.map(({ name, Icon }) => (
          <button key={name} type="button" aria-pressed={view === name} onClick={() => { setView(name); }}>
            <Icon aria-hidden="true" />
            {strings.room[name]}
            {name === 'people' && room && <span className="badge">{room.listenerCount}</span>}
            {name === 'chat' && unread > 0 && (
              <span className="badge unread">
                {unread} <span className="visually-hidden">{strings.room.unread}</span>
              </span>
            )}
          </button>
        ))}
      </nav>
      <FlyingReactions reactions={snapshot.reactions} />
      <Suspense>
        {open === 'invite' && <InviteDialog code={membership.code} onClose={close} />}
        {open === 'settings' && room && <SettingsDialog room={room} membership={membership} serverNowUs={serverNowUs} onCommand={send} onClose={close} />}
        {open === 'history' && room && <HistoryDialog room={room} membership={membership} onCommand={send} onClose={close} />}
        {open === 'help' && <HelpDialog onClose={close} />}
      </Suspense>
    </div>
  );
}

const NOBODY: [] = [];

/** What the browser's tab says. */
function useTitle(track: string, room: string): void {
  useEffect(() => {
    document.title = [track, room, 'Music Space'].filter(Boolean).join(' · ');
    return () => {
      document.title = 'Music Space';
    };
  }, [track, room]);
}

function Banner({ snapshot, onTap }: { snapshot: PlayerSnapshot; onTap: () => void }) {
  const strings = useStrings();
  if (snapshot.connection === 'waiting' || (snapshot.connection === 'connecting' && snapshot.room)) {
    return (
      <p className="banner" role="status">
        {strings.room.lost}
      </p>
    );
  }
  if (snapshot.silentReason) {
    return (
      <p className="banner" role="alert">
        {snapshot.silentReason}
      </p>
    );
  }
  if (snapshot.needsTap) {
    return (
      <p className="banner" role="status">
        {snapshot.isInterrupted ? strings.room.interrupted : strings.room.wantsTap}
        <button type="button" className="primary" onClick={onTap}>
          {strings.room.startListening}
        </button>
      </p>
    );
  }
  if (snapshot.waitsForSound) {
    return (
      <p className="banner" role="status">
        {strings.room.waitsForSound}
      </p>
    );
  }
  return null;
}
