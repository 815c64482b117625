import { useEffect, useState } from 'react';
import { useAccount } from '../account/context';
import { useStrings } from '../i18n';
import type { Problem } from '../player/protocol';
import type { Membership } from '../player/snapshot';
import { Logo } from '../ui/Logo';
import { forgetMembership, joinRoom } from './membership';

/** A server that ended each new membership at once would be asked again and again. */
const REJOIN_PAUSE_MS = 60_000;
let rejoinedAtMs = -Infinity;

/**
 * Says why this page is out of the room, and how to get back. A new password ends all memberships of an account: whoever is signed in here
 * still, since they changed it here, joins again without being asked.
 */
export function Ended({ problem, membership, onLeft, onJoined }: { problem: Problem; membership: Membership; onLeft: () => void; onJoined: (membership: Membership) => void }) {
  const strings = useStrings();
  const { store } = useAccount();
  const { code, member } = membership;
  const [rejoins] = useState(() => problem.code === 'bad-token' && performance.now() > rejoinedAtMs + REJOIN_PAUSE_MS);
  // It is worth nothing any more; opened again, this address asks for a name.
  useEffect(() => {
    if (problem.code !== 'bad-hello') forgetMembership(code);
  }, [problem, code]);
  useEffect(() => {
    if (!rejoins) return;
    const rejoin = async (): Promise<Membership | null> => {
      if (!(await store.outlived())) return null;
      rejoinedAtMs = performance.now();
      return joinRoom(code, member.name, '');
    };
    let wanted = true;
    rejoin().then(
      (joined) => {
        if (wanted && joined) onJoined(joined);
      },
      () => undefined, // the button is there
    );
    return () => {
      wanted = false;
    };
  }, [rejoins, store, code, member.name, onJoined]);
  const joinAgain = () => {
    location.reload();
  };
  return (
    <main className="home">
      <Logo />
      <h1>{problem.title}</h1>
      <p className="lead">
        <bdi>{problem.detail}</bdi>
      </p>
      <div className="row">
        {problem.code === 'bad-token' && (
          <button type="button" className="primary" onClick={joinAgain}>
            {strings.room.joinAgain}
          </button>
        )}
        <button type="button" onClick={onLeft}>
          {strings.room.back}
        </button>
      </div>
    </main>
  );
}
