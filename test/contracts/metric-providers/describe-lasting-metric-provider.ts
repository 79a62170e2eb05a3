import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  BegunMeasurement,
  LastingMetricProvider,
  LastingReading,
  MeasurementPlace,
} from '../../../src/metric-providers/index.ts';
import { waitFor } from '../../support/wait-for.ts';

/** What the suite must know of a vendor: settings for each end, and what its source has begun. */
export interface LastingProviderUnderTest {
  start(): Promise<LastingSource>;
  /** Settings that can never be right. */
  readonly nonsense: readonly unknown[];
}

export interface LastingSource {
  readonly provider: LastingMetricProvider;
  /** The same, asking where nobody answers. */
  readonly unreachable: LastingMetricProvider;
  /** Makes a run for measurements to belong to. */
  run(): Promise<MeasurementPlace['run']>;
  settings(end: 'succeeds' | 'fails' | 'never'): unknown;
  /** What was begun at the source for this run of this suite, ended or not; each by its own name. */
  begunOf(run: MeasurementPlace['run']): Promise<readonly string[]>;
  /** Those of it that are still at work. */
  runningOf(run: MeasurementPlace['run']): Promise<readonly string[]>;
  stop(): Promise<void>;
}

const signal = new AbortController().signal;

export function describeLastingMetricProvider(vendor: string, under: LastingProviderUnderTest): void {
  describe(`${vendor} takes a measurement that lasts`, () => {
    let source: LastingSource;
    beforeAll(async () => {
      source = await under.start();
    });
    afterAll(() => source?.stop());

    /** A run of its own for each test. */
    async function aPlace(): Promise<MeasurementPlace> {
      return { run: await source.run(), metricName: 'migration', number: 1 };
    }

    function begun(place: MeasurementPlace, end: Parameters<LastingSource['settings']>[0], metadata?: LastingReading) {
      const settings = source.settings(end);
      return { ...place, startedAtMs: Date.now(), settings, metadata: metadata?.metadata } satisfies BegunMeasurement;
    }

    const start = (place: MeasurementPlace, end: Parameters<LastingSource['settings']>[0]) =>
      source.provider.start(source.settings(end), place, Date.now(), signal);

    function untilJudged(measurement: BegunMeasurement): Promise<LastingReading & { kind: 'judged' }> {
      return waitFor(async () => {
        const reading = await source.provider.poll(measurement, Date.now(), signal);
        if (reading.kind !== 'judged') throw new Error('it is under way');
        return reading;
      });
    }

    test.each([
      ['succeeds', 'Successful'],
      ['fails', 'Failed'],
    ] as const)('one that %s is begun, looked at again, and %s in the end', async (end, phase) => {
      const place = await aPlace();
      const first = await start(place, end);
      const last = first.kind === 'judged' ? first : await untilJudged(begun(place, end, first));

      expect(last.phase).toBe(phase);
      expect(Object.keys(last.metadata)).not.toEqual([]);
      if (phase === 'Failed') expect(last.message).toMatch(/\S/);
      expect(await source.begunOf(place.run)).toHaveLength(1);
    });

    test('under way it says when to look again, and what to look at', async () => {
      const place = await aPlace();
      const nowMs = Date.now();
      const reading = await start(place, 'never');

      expect(reading.kind).toBe('underWay');
      if (reading.kind === 'underWay') expect(reading.resumeAtMs).toBeGreaterThan(nowMs);
      const again = await source.provider.poll(begun(place, 'never', reading), Date.now(), signal);
      expect(again).toMatchObject({ kind: 'underWay', metadata: reading.metadata });
      await source.provider.discard(begun(place, 'never', reading), signal);
    });

    test('asked to begin again after a kill, it finds what was begun', async () => {
      const place = await aPlace();
      const first = await start(place, 'never');
      const [second, third] = await Promise.all([start(place, 'never'), start(place, 'never')]);

      expect([second.metadata, third.metadata]).toEqual([first.metadata, first.metadata]);
      expect(await source.begunOf(place.run)).toHaveLength(1);
      await source.provider.discard(begun(place, 'never', first), signal);
    });

    test('looked at without what nobody had stored, it is the same one', async () => {
      const place = await aPlace();
      const first = await start(place, 'never');
      const reading = await source.provider.poll(begun(place, 'never'), Date.now(), signal);

      expect(reading.metadata).toEqual(first.metadata);
      expect(await source.begunOf(place.run)).toHaveLength(1);
      await source.provider.discard(begun(place, 'never', first), signal);
    });

    test('each number, each metric and each run has one of its own', async () => {
      const place = await aPlace();
      const places = [place, { ...place, number: 2 }, { ...place, metricName: 'smoke' }, await aPlace()];
      const readings = await Promise.all(places.map((one) => start(one, 'never')));

      expect(new Set(readings.map(({ metadata }) => JSON.stringify(metadata))).size).toBe(places.length);
      expect(await source.begunOf(place.run)).toHaveLength(3);
      await Promise.all(places.map((one, at) => source.provider.discard(begun(one, 'never', readings[at]), signal)));
    });

    test('taken back, it works no more, and that may be asked again and again', async () => {
      const place = await aPlace();
      const reading = await start(place, 'never');
      await source.provider.discard(begun(place, 'never', reading), signal);
      await waitFor(async () => expect(await source.runningOf(place.run)).toEqual([]));
      await source.provider.discard(begun(place, 'never', reading), signal);
    });

    test('taken back by its place alone, as after a kill', async () => {
      const place = await aPlace();
      await start(place, 'never');
      await source.provider.discard(begun(place, 'never'), signal);

      await waitFor(async () => expect(await source.runningOf(place.run)).toEqual([]));
    });

    test('what was never begun is taken back without a word', async () => {
      await source.provider.discard(begun(await aPlace(), 'never'), signal);
    });

    test('where nobody answers nothing is begun, and nothing is judged', async () => {
      const place = await aPlace();
      const { unreachable } = source;

      await expect(unreachable.start(source.settings('succeeds'), place, Date.now(), signal)).rejects.toThrow(/\S/);
      await expect(unreachable.poll(begun(place, 'succeeds'), Date.now(), signal)).rejects.toThrow(/\S/);
      expect(await source.begunOf(place.run)).toEqual([]);
    });

    test('stops when it is told to', async () => {
      const stopped = AbortSignal.abort();
      const place = await aPlace();

      await expect(source.provider.start(source.settings('never'), place, Date.now(), stopped)).rejects.toThrow(/\S/);
    });

    test.each(under.nonsense.map((settings) => ({ settings })))('refuses $settings', async ({ settings }) => {
      const place = await aPlace();

      await expect(source.provider.start(settings, place, Date.now(), signal)).rejects.toThrow(/\S/);
      expect(await source.begunOf(place.run)).toEqual([]);
    });
  });
}
