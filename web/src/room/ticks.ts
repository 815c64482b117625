import { useEffect, useState } from 'react';

/** Renders anew every so many milliseconds. */
export function useTicks(ms: number): void {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      setTick((tick) => tick + 1);
    }, ms);
    return () => {
      clearInterval(timer);
    };
  }, [ms]);
}
