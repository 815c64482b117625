import { createContext, useContext, useSyncExternalStore } from 'react';
import { AccountStore, type AccountSnapshot } from './account';

const AccountContext = createContext(new AccountStore());
export const AccountProvider = AccountContext.Provider;

export function useAccount(): AccountSnapshot & { store: AccountStore } {
  const store = useContext(AccountContext);
  return { ...useSyncExternalStore(store.subscribe, store.snapshot), store };
}
