import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { createRedisStore } from '../../src/queue-stores/index.ts';

// A process that takes turns on one Redis, until it is killed. It writes one line for each turn's begin and end:
// `begin <key> <ns>` and `end <key> <ns>`, by the machine's monotonic clock, which all processes share.

const [url = '', prefix = '', seed = '1'] = process.argv.slice(2);
const store = createRedisStore({ url, prefix, log: pino({ enabled: false }) });
let state = Number(seed);

function tell(what: string, key: string): void {
  process.stdout.write(`${what} ${key} ${process.hrtime.bigint()}\n`);
}

/** A turn's length in ms: mostly short, sometimes 300. */
function nextTurnMs(): number {
  state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
  return state % 20 === 0 ? 300 : state % 40;
}

await store.start(async (key) => {
  tell('begin', key.name);
  await sleep(nextTurnMs());
  // The others have nothing but their nudges.
  if (key.name.startsWith('waking')) await store.wake(key, 1_000);
  tell('end', key.name);
});
tell('ready', '-');
