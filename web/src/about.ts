// What the server tells of itself.

import { useEffect, useState } from 'react';

export interface About {
  /** What whoever hosts it should know; empty when all is well. */
  warning: string;
  /** It has files of its own to offer. */
  library: boolean;
  /** This computer's in its network, told to itself alone; empty when there is none. */
  address: string;
  /** Which people may create rooms. */
  create: 'anyone' | 'accounts' | 'key';
  /** People may make accounts themselves. */
  registration: boolean;
}

async function fetchAbout(): Promise<About> {
  const answer = (await (await fetch('/api/about')).json()) as { ytDlp?: { warning?: unknown }; library?: unknown; address?: unknown; create?: unknown; registration?: unknown };
  const warning = answer.ytDlp?.warning;
  return { warning: typeof warning === 'string' ? warning : '', library: answer.library === true, address: typeof answer.address === 'string' ? answer.address : '', create: answer.create === 'accounts' || answer.create === 'key' ? answer.create : 'anyone', registration: answer.registration !== false };
}

/** Asked for once; again after it has failed. */
let asked: Promise<About> | null = null;

/** Null until it is known. */
export function useAbout(): About | null {
  const [about, setAbout] = useState<About | null>(null);
  useEffect(() => {
    let wanted = true;
    asked ??= fetchAbout();
    asked.then(
      (answer) => {
        if (wanted) setAbout(answer);
      },
      () => {
        asked = null;
      },
    );
    return () => {
      wanted = false;
    };
  }, []);
  return about;
}
