import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MetricProvider } from '../../../src/metric-providers/index.ts';
import type { SeenRequest, WebServer } from '../../support/web-server.ts';
import { startWebServer } from '../../support/web-server.ts';

/** What the suite must know of a vendor: how its source answers, and the settings that ask it. */
export interface ProviderUnderTest {
  create(): MetricProvider;
  /** Settings of a metric whose source is at this address. */
  settings(address: string, more?: { readonly timeoutSeconds?: number }): object;
  /** The body with which the source answers these numbers, NaN among them; none: no data. */
  body(numbers: readonly number[]): string;
  /** The reading of these numbers. */
  reading(numbers: readonly number[]): { readonly result: unknown; readonly value: string };
  /** Settings that can never be right. */
  readonly nonsense: readonly unknown[];
}

const NOW_MS = Date.parse('2026-11-20T10:00:00Z');
const signal = new AbortController().signal;

export function describeMetricProvider(vendor: string, under: ProviderUnderTest): void {
  describe(`${vendor} takes a measurement`, () => {
    const provider = under.create();
    let answer: (
      request: SeenRequest,
    ) => { status: number; body: string; headers?: Record<string, string> } | undefined;
    let server: WebServer;

    beforeAll(async () => {
      server = await startWebServer((request, response) => {
        const said = answer(request);
        if (said === undefined) return;
        response.writeHead(said.status, { 'Content-Type': 'application/json', ...said.headers });
        response.end(said.body);
      });
    });
    afterAll(() => server.stop());

    function measure(more?: { readonly timeoutSeconds?: number }, stop: AbortSignal = signal) {
      return provider.measure(under.settings(server.url, more), NOW_MS, stop);
    }
    const who = () => new URL(server.url).host;

    test.each([[[0.98]], [[1, 2.5, -3]], [[Number.NaN]], [[Number.POSITIVE_INFINITY]], [[]]])(
      'reads %j',
      async (numbers) => {
        answer = () => ({ status: 200, body: under.body(numbers) });

        expect(await measure()).toMatchObject(under.reading(numbers));
      },
    );

    test('asks anew each time, and each on its own', async () => {
      let count = 0;
      answer = () => ({ status: 200, body: under.body([++count]) });
      const readings = await Promise.all([measure(), measure(), measure()]);

      expect(new Set(readings.map((reading) => reading.value)).size).toBe(3);
    });

    test.each([400, 401, 403, 404, 429, 500, 503])(
      'an answer of %i is an error that says who answered it',
      async (status) => {
        answer = () => ({ status, body: 'no such thing' });

        await expect(measure()).rejects.toThrow(new RegExp(`${who()} answered ${status}: no such thing`));
      },
    );

    test('does not follow redirects', async () => {
      answer = ({ url }) =>
        url.pathname === '/elsewhere'
          ? { status: 200, body: under.body([1]) }
          : { status: 307, body: '', headers: { Location: `${server.url}/elsewhere` } };

      await expect(measure()).rejects.toThrow(`${who()} answered 307, a redirect`);
    });

    test.each([
      '',
      'hello',
      '<html>',
      '[]',
      'null',
      '{"data":',
      '{"status":"success","data":{"resultType":"vector","result":[{}]}',
    ])('takes %j for an error, never for a value', async (body) => {
      answer = () => ({ status: 200, body });

      await expect(measure()).rejects.toThrow(who());
    });

    test('reads no more than 10 MiB', async () => {
      answer = () => ({ status: 200, body: ' '.repeat(11 * 2 ** 20) });

      await expect(measure()).rejects.toThrow(`${who()} answered more than 10 MiB`);
    });

    test('waits no longer than its timeout', async () => {
      answer = () => undefined;

      await expect(measure({ timeoutSeconds: 1 })).rejects.toThrow(`${who()} did not answer within 1 s`);
    });

    test('stops when it is told to', async () => {
      const controller = new AbortController();
      answer = () => {
        controller.abort();
        return undefined;
      };

      await expect(measure(undefined, controller.signal)).rejects.toThrow('was interrupted');
    });

    test('says that nobody listens', async () => {
      const gone = await startWebServer(() => undefined);
      await gone.stop();

      await expect(provider.measure(under.settings(gone.url), NOW_MS, signal)).rejects.toThrow(
        `${new URL(gone.url).host} could not be asked`,
      );
    });

    test.each(under.nonsense.map((settings) => [settings]))(
      'refuses the settings %j without asking',
      async (settings) => {
        const before = server.requests.length;

        await expect(provider.measure(settings, NOW_MS, signal)).rejects.toThrow(/./);
        expect(provider.describe?.(settings) ?? {}).toBeTypeOf('object');
        expect(server.requests).toHaveLength(before);
      },
    );
  });
}
