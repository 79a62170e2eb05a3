import { pino } from 'pino';
import { createEmbeddedStore } from '../../src/queue-stores/index.ts';

// A process that holds the folder of an embedded store, with one wake planned, until it is killed.

const [dataFolder = ''] = process.argv.slice(2);
const store = createEmbeddedStore({ dataFolder, log: pino({ enabled: false }) });
await store.start(async () => undefined);
await store.wake({ kind: 'rollout', namespace: 'shop', name: 'kept' }, 600_000);
process.stdout.write('planned\n');
