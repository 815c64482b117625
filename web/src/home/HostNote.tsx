import { useEffect, useState } from 'react';

/** What whoever hosts this server should know; nothing when all is well. */
export function HostNote() {
  const [warning, setWarning] = useState('');
  useEffect(() => {
    const abort = new AbortController();
    fetchWarning(abort.signal).then(setWarning, () => undefined);
    return () => {
      abort.abort();
    };
  }, []);
  if (!warning) return null;
  return (
    <p className="banner" role="note">
      <span>
        <strong>For whoever hosts this server:</strong> {warning}
      </span>
    </p>
  );
}

async function fetchWarning(signal: AbortSignal): Promise<string> {
  const answer = (await (await fetch('/api/about', { signal })).json()) as { ytDlp?: { warning?: unknown } };
  const warning = answer.ytDlp?.warning;
  return typeof warning === 'string' ? warning : '';
}
