import { useEffect, useState } from 'react';

export type Theme = 'light' | 'dark';
export type Width = 'desktop' | 'phone';

/** A choice that outlives a reload, when the browser lets us keep one. */
export function useKept<T extends string>(key: string, first: T, allowed: readonly T[]): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => allowed.find((one) => one === readKept(key)) ?? first);
  return [
    value,
    (next) => {
      setValue(next);
      try {
        localStorage.setItem(key, next);
      } catch {
        // Private windows may refuse; the choice then lasts as long as the page.
      }
    },
  ];
}

function readKept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function preferredTheme(): Theme {
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** The time, again every second: for what says "12 seconds ago". */
export function useNowMs(everyMs = 1000): number {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs;
}
