import { useCallback, useEffect, useState } from 'react';
import { Home } from './home/Home';
import type { Membership } from './player/player';
import { RoomPage } from './room/RoomPage';
import { forgetMembership, rememberedMembership } from './room/membership';

/** The room's code in the address, if there is one: /r/CODE. */
const codeInAddress = (): string | null => /^\/r\/([^/]+)$/.exec(location.pathname)?.[1]?.toUpperCase() ?? null;

export function App() {
  const [code, setCode] = useState(codeInAddress);
  const [membership, setMembership] = useState<Membership | null>(() => (code ? rememberedMembership(code) : null));

  useEffect(() => {
    const onPopState = () => {
      const next = codeInAddress();
      setCode(next);
      setMembership(next ? rememberedMembership(next) : null);
    };
    window.addEventListener('popstate', onPopState);
    return () => {
      window.removeEventListener('popstate', onPopState);
    };
  }, []);

  const onJoined = useCallback((joined: Membership) => {
    if (codeInAddress() !== joined.code) history.pushState(null, '', `/r/${joined.code}`);
    setCode(joined.code);
    setMembership(joined);
  }, []);

  const onLeft = useCallback(() => {
    if (code) forgetMembership(code);
    history.pushState(null, '', '/');
    setCode(null);
    setMembership(null);
  }, [code]);

  return membership ? (
    <RoomPage key={membership.token} membership={membership} onLeft={onLeft} />
  ) : (
    <Home invitedTo={code} onJoined={onJoined} />
  );
}
