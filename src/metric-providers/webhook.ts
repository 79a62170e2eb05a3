import { readWebhookSettings, type WebhookSettings, webhookPlugin } from '../analysis/index.ts';
import { InvalidError } from '../lib/index.ts';
import type { WebhookOperation, Webhooks } from '../webhooks/index.ts';
import type { BegunMeasurement, LastingMetricProvider, LastingReading, MeasurementPlace } from './metric-provider.ts';

const DEFAULT_DEADLINE_MS = 600_000;
const TERMINATE_TRIES = 2;
/** Under which key it was begun: by the time it is ended, its run counts it already. */
const keyKey = 'webhook-key';
/** What its last answer carried, told again with the next call. */
const statusKey = 'webhook-status';

/**
 * Metric provider `plugin` with `stepwise/webhook`: an address is called until it says how it went; as with Argo's metric plugins, it
 * judges for itself. Every call about one measurement carries the same key, so one that is repeated after a kill begins nothing twice.
 */
export function createWebhookProvider(webhooks: Webhooks): LastingMetricProvider {
  async function ask(
    operation: WebhookOperation,
    settings: WebhookSettings,
    { run, metricName, number, metadata }: MeasurementPlace & Pick<BegunMeasurement, 'metadata'>,
    signal: AbortSignal,
  ) {
    const key = metadata?.[keyKey] ?? keyOf({ run, metricName, number });
    const about = {
      analysisRun: { namespace: run.namespace, name: run.name, uid: run.uid },
      metric: metricName,
      measurement: Number(key.split('/').at(-1)),
    };
    return webhooks.call({ settings, operation, key, about, status: parseJson(metadata?.[statusKey]) }, signal);
  }

  async function measure(
    place: MeasurementPlace & Pick<BegunMeasurement, 'metadata' | 'settings' | 'startedAtMs'>,
    nowMs: number,
    signal: AbortSignal,
  ): Promise<LastingReading> {
    const settings = settingsOf(place.settings);
    const { phase, message, value, requeueAfterMs, status } = await ask('Run', settings, place, signal);
    const metadata = {
      ...place.metadata,
      [keyKey]: place.metadata?.[keyKey] ?? keyOf(place),
      ...(status === undefined ? {} : { [statusKey]: JSON.stringify(status) }),
    };
    const words = message === undefined ? {} : { message };
    if (phase !== 'Running') {
      return { kind: 'judged', phase, metadata, ...words, ...(value === undefined ? {} : { value }) };
    }
    const deadlineMs = settings.deadlineMs ?? DEFAULT_DEADLINE_MS;
    if (nowMs >= place.startedAtMs + deadlineMs) {
      const last = message === undefined ? '' : `: ${message}`;
      throw new Error(`${new URL(settings.url).host} is not done after ${deadlineMs / 1000} s${last}`);
    }
    return {
      kind: 'underWay',
      resumeAtMs: Math.min(nowMs + requeueAfterMs, place.startedAtMs + deadlineMs),
      metadata,
      ...words,
    };
  }

  return {
    kind: 'plugin',
    isElsewhere: true,
    start: (settings, place, nowMs, signal) =>
      measure({ ...place, settings, startedAtMs: nowMs, metadata: undefined }, nowMs, signal),
    poll: measure,
    async discard(begun, signal) {
      const settings = settingsOf(begun.settings);
      for (let attempt = 1; ; attempt++) {
        try {
          await ask('Terminate', settings, begun, signal);
          return;
        } catch (error) {
          // A courtesy: a run that is over must not wait for ever for an address that is gone.
          if (attempt === TERMINATE_TRIES) throw new InvalidError(messageOf(error), { cause: error });
        }
      }
    },
  };
}

function keyOf({ run, metricName, number }: MeasurementPlace): string {
  return `${run.uid}/${metricName}/${number}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** @param byName `provider.plugin` of a metric: one plugin's name and its settings. Others than ours are refused before a run begins. */
function settingsOf(byName: unknown): WebhookSettings {
  const read = readWebhookSettings((byName as Readonly<Record<string, unknown>> | undefined)?.[webhookPlugin]);
  if (!read.isValid) throw new Error(`${webhookPlugin}: ${read.mistakes.join('; ')}`);
  return read.settings;
}

function parseJson(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text);
}
