import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { Player } from '../player/player';
import type { Membership, PlayerSnapshot, PlayerStats } from '../player/snapshot';
import type { Command, Problem } from '../player/protocol';
import type { Sound } from '../player/sound';
import { ErrorNote } from '../ui/ErrorNote';
import { Logo } from '../ui/Logo';
import { Library } from './Library';
import { InviteButton } from './InviteButton';
import { LinkForm } from './LinkForm';
import { Listeners } from './Listeners';
import { NowPlaying } from './NowPlaying';
import { Queue } from './Queue';
import { SyncPanel } from './SyncPanel';
import { rememberedQuality } from './quality';
import { rememberedTrim } from './trim';
import { forgetMembership } from './membership';

declare global {
  interface Window {
    musicspace?: { stats(): PlayerStats };
  }
}

const VOLUME_KEY = 'musicspace.volume';
const rememberedVolume = (): number => Math.min(1, Math.max(0, Number(localStorage.getItem(VOLUME_KEY) ?? '1') || 0));

interface Props {
  membership: Membership;
  onLeft: () => void;
}

/** `takeSound`: what has been made for the player already, once; null when there is none. */
export function RoomPage({ membership, takeSound, onLeft }: Props & { takeSound: () => Sound | null }) {
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
  return player && <Room player={player} membership={membership} onLeft={onLeft} />;
}

function Room({ player, membership, onLeft }: Props & { player: Player }) {
  const snapshot = useSyncExternalStore(player.subscribe, player.snapshot);
  const [problem, setProblem] = useState<Problem | null>(null);
  const { room } = snapshot;

  const send = useCallback(
    async (command: Command): Promise<boolean> => {
      setProblem(null);
      const result = await player.command(command);
      if (result && result.code !== 'superseded') setProblem(result);
      return result === null;
    },
    [player],
  );

  const onVolume = (volume: number) => {
    localStorage.setItem(VOLUME_KEY, String(volume));
    player.setVolume(volume);
  };

  if (snapshot.ended) return <Ended problem={snapshot.ended} code={membership.code} onLeft={onLeft} />;

  return (
    <div className="room">
      <header>
        <Logo />
        <div className="room-code">
          Room <strong className="code">{membership.code}</strong>
        </div>
        <InviteButton code={membership.code} />
        <button type="button" className="quiet" onClick={onLeft}>
          Leave room
        </button>
      </header>
      <main>
        <Banner snapshot={snapshot} onTap={() => void player.unlock()} />
        {problem && (
          <ErrorNote
            problem={problem}
            onDismiss={() => {
              setProblem(null);
            }}
          />
        )}
        <LinkForm
          pending={room?.pending ?? null}
          onPlay={(link) => send({ op: 'play', link })}
          onAdd={(link) => send({ op: 'add', link })}
        />
        <NowPlaying snapshot={snapshot} positionMs={player.positionMs} onCommand={send} onVolume={onVolume} />
        <Library membership={membership} onCommand={send} />
        {room && <Queue room={room} onCommand={send} />}
        <SyncPanel player={player} metronome={room?.metronome ?? false} onCommand={send} />
      </main>
      <Listeners listeners={room?.listeners ?? null} count={room?.listenerCount ?? 0} me={membership.member.id} errorsMs={snapshot.errorsMs} />
    </div>
  );
}

function Banner({ snapshot, onTap }: { snapshot: PlayerSnapshot; onTap: () => void }) {
  if (snapshot.connection === 'waiting' || (snapshot.connection === 'connecting' && snapshot.room)) {
    return (
      <p className="banner" role="status">
        The connection is lost. Trying again…
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
        Your browser wants a tap before it plays sound.
        <button type="button" className="primary" onClick={onTap}>
          Start listening
        </button>
      </p>
    );
  }
  if (snapshot.waitsForSound) {
    return (
      <p className="banner" role="status">
        The sound has not come through yet. It goes on by itself, in time with the others.
      </p>
    );
  }
  return null;
}

function Ended({ problem, code, onLeft }: { problem: Problem; code: string; onLeft: () => void }) {
  const joinAgain = () => {
    forgetMembership(code);
    location.reload();
  };
  return (
    <main className="home">
      <Logo />
      <h1>{problem.title}</h1>
      <p className="lead">{problem.detail}</p>
      <div className="row">
        {problem.code === 'bad-token' && (
          <button type="button" className="primary" onClick={joinAgain}>
            Join again
          </button>
        )}
        <button type="button" onClick={onLeft}>
          Back to the start
        </button>
      </div>
    </main>
  );
}
