// What the server tells of itself.

import { useEffect, useState } from 'react';

export interface About {
  /** What whoever hosts it should know; empty when all is well. */
  warning: string;
  /** It has files of its own to offer. */
  library: boolean;
}

async function fetchAbout(signal: AbortSignal): Promise<About> {
  const answer = (await (await fetch('/api/about', { signal })).json()) as { ytDlp?: { warning?: unknown }; library?: unknown };
  const warning = answer.ytDlp?.warning;
  return { warning: typeof warning === 'string' ? warning : '', library: answer.library === true };
}

/** Null until it is known. */
export function useAbout(): About | null {
  const [about, setAbout] = useState<About | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    fetchAbout(abort.signal).then(setAbout, () => undefined);
    return () => {
      abort.abort();
    };
  }, []);
  return about;
}
