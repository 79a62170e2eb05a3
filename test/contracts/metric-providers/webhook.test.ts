import { createMetricProviders } from '../../../src/metric-providers/index.ts';
import { createWebhooks } from '../../../src/webhooks/index.ts';
import { startWebServer } from '../../support/web-server.ts';
import { describeLastingMetricProvider, type LastingSource } from './describe-lasting-metric-provider.ts';

interface Work {
  readonly uid: string;
  isOver: boolean;
}

async function start(): Promise<LastingSource> {
  const begun = new Map<string, Work>();
  const server = await startWebServer(({ url, body }, response) => {
    const { operation, key, analysisRun } = JSON.parse(body) as {
      operation: string;
      key: string;
      analysisRun: { uid: string };
    };
    const known = begun.get(key);
    const end = url.pathname.slice(1);
    const isDone = known !== undefined && end !== 'never';
    const phase = { succeeds: 'Successful', fails: 'Failed' }[end] ?? 'Running';
    if (operation === 'Run') begun.set(key, { uid: analysisRun.uid, isOver: isDone });
    else if (known !== undefined) known.isOver = true;
    const answer = isDone || operation !== 'Run' ? { phase, message: `it ${end}` } : { phase: 'Running' };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  const webhooks = createWebhooks({ secret: 's', hosts: ['127.0.0.1'], nowMs: Date.now });
  const unheard = createWebhooks({ secret: '', hosts: ['127.0.0.1'], nowMs: Date.now });
  const providerOf = (calls: typeof webhooks) => {
    const chosen = createMetricProviders({ webhooks: calls }).chooseLasting({ plugin: { 'stepwise/webhook': {} } });
    if (chosen === undefined) throw new Error('there is no provider of webhooks');
    return chosen.provider;
  };
  return {
    provider: providerOf(webhooks),
    unreachable: providerOf(unheard),
    run: async () => ({ namespace: 'shop', name: 'checkout-7d9f-2', uid: crypto.randomUUID() }),
    settings: (end) => ({ 'stepwise/webhook': { url: `${server.url}/${end}` } }),
    begunOf: async ({ uid }) => [...begun].filter(([, work]) => work.uid === uid).map(([key]) => key),
    runningOf: async ({ uid }) => [...begun].filter(([, work]) => work.uid === uid && !work.isOver).map(([key]) => key),
    stop: () => server.stop(),
  };
}

describeLastingMetricProvider('webhook', {
  start,
  nonsense: [undefined, {}, { 'stepwise/webhook': {} }, { 'stepwise/webhook': { url: 'ftp://x' } }, { other: {} }],
});
