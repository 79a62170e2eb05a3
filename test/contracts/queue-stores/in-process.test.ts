import { pino } from 'pino';
import { createInProcessStore } from '../../../src/queue-stores/index.ts';
import { describeQueueStore } from './describe-queue-store.ts';

describeQueueStore('in-process', async () => createInProcessStore({ log: pino({ enabled: false }) }));
