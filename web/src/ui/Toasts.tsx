import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { useStrings } from '../i18n';

export interface Toast {
  text: string;
  undo?: () => void;
}

const SHOWN_MS = 6_000;
const MOST = 3;

const ToastContext = createContext<(toast: Toast) => void>(() => undefined);
/** Shows a word for a few seconds; what can be undone, can be from there. */
export const useToast = (): ((toast: Toast) => void) => useContext(ToastContext);

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<(Toast & { key: number })[]>([]);
  const show = useCallback((toast: Toast) => {
    setToasts((shown) => [...shown, { ...toast, key: (shown.at(-1)?.key ?? 0) + 1 }].slice(-MOST));
  }, []);
  const drop = useCallback((key: number) => {
    setToasts((shown) => shown.filter((each) => each.key !== key));
  }, []);
  const strings = useStrings();
  const list = useMemo(() => toasts.map((toast) => <Item key={toast.key} toast={toast} onGone={() => { drop(toast.key); }} />), [toasts, drop]);
  return (
    <ToastContext.Provider value={show}>
      {children}
      <div className="toasts" role="status" aria-label={strings.ui.notices}>
        {list}
      </div>
    </ToastContext.Provider>
  );
}

function Item({ toast, onGone }: { toast: Toast; onGone: () => void }) {
  const strings = useStrings();
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(onGone, SHOWN_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [held, onGone]);
  return (
    <div className="toast" onPointerEnter={() => { setHeld(true); }} onPointerLeave={() => { setHeld(false); }} onFocus={() => { setHeld(true); }} onBlur={() => { setHeld(false); }}>
      <bdi>{toast.text}</bdi>
      {toast.undo && (
        <button
          type="button"
          onClick={() => {
            toast.undo?.();
            onGone();
          }}
        >
          {strings.ui.undo}
        </button>
      )}
    </div>
  );
}
