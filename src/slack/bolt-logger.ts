import { LogLevel } from '@slack/bolt';
import type { Logger } from 'pino';
import { redact } from '../lib/index.ts';

/** Bolt's logger, written to pino. The level is never DEBUG: there Bolt writes whole payloads, tokens included. */
export type BoltLogger = ReturnType<typeof createBoltLogger>;

export function createBoltLogger(log: Logger) {
  const write = (level: 'warn' | 'info' | 'error', words: readonly unknown[]) => {
    log[level]({ said: redact(words.map(String).join(' ')).slice(0, 1000) }, 'slack library said');
  };
  return {
    debug: () => undefined,
    // Bolt's info is our debug: connections opened and closed are told by our own lines.
    info: (...words: unknown[]) =>
      log.debug({ said: redact(words.map(String).join(' ')).slice(0, 1000) }, 'slack library said'),
    // The library logs what it also throws: whoever handles the error logs it.
    warn: (...words: unknown[]) =>
      log.debug({ said: redact(words.map(String).join(' ')).slice(0, 1000) }, 'slack library warned'),
    error: (...words: unknown[]) => write('warn', words),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}
