import { CircleUserRound } from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useStrings } from '../i18n';
import { useAccount } from './context';

const AccountDialog = lazy(() => import('./AccountDialog'));

/** Opens all about the account; on the first page with the rooms one has been in. */
export function AccountCorner({ withRooms = false }: { withRooms?: boolean }) {
  const strings = useStrings();
  const { account, store } = useAccount();
  const [open, setOpen] = useState(false);
  const [rooms, setRooms] = useState<string[]>([]);
  useEffect(() => {
    if (account && withRooms) void store.rooms().then(setRooms);
  }, [account, store, withRooms]);
  return (
    <>
      {account && withRooms && rooms.length > 0 && (
        <section className="card" aria-labelledby="your-rooms">
          <h2 id="your-rooms">{strings.account.rooms}</h2>
          <ul className="your-rooms">
            {rooms.map((code) => (
              <li key={code}>
                <a href={`/r/${code}`} className="code">{code}</a>
              </li>
            ))}
          </ul>
        </section>
      )}
      <button type="button" className="quiet" onClick={() => { setOpen(true); }}>
        <CircleUserRound aria-hidden="true" />
        {account ? <bdi className="clipped">{account.name}</bdi> : strings.account.signIn}
      </button>
      <Suspense>{open && <AccountDialog onClose={() => { setOpen(false); }} />}</Suspense>
    </>
  );
}
