import { describe, expect, it } from 'vitest';
import { checkupNames, runChecks } from '../../../../src/operations/index.ts';

describe('a checkup', () => {
  it('tells its lines in their order, whatever comes back first', async () => {
    const fine = async () => ({ state: 'ok', found: 'fine' }) as const;
    const lines = await runChecks(Object.fromEntries(checkupNames.toReversed().map((name) => [name, fine])));
    expect(lines.map(({ name }) => name)).toEqual([...checkupNames]);
  });

  it('no check can hang it, and each is told to give up', async () => {
    let isToldToGiveUp = false;
    const [clock] = await runChecks(
      {
        clock: (signal) =>
          new Promise(() => {
            signal.addEventListener('abort', () => {
              isToldToGiveUp = true;
            });
          }),
      },
      20,
    );
    expect(clock).toMatchObject({ state: 'failed', found: 'no answer in 0.02 s' });
    expect(isToldToGiveUp).toBe(true);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('connect ECONNREFUSED'))],
    [
      'throws',
      () => {
        throw new Error('connect ECONNREFUSED');
      },
    ],
  ])('one that %s is told in its own words', async (_, probe) => {
    const [line] = await runChecks({ prometheus: probe });
    expect(line).toMatchObject({ title: 'Prometheus', state: 'failed', found: 'connect ECONNREFUSED' });
  });

  it('what is not there is not asked', async () => {
    expect(await runChecks({ userGroups: undefined })).toEqual([]);
  });
});
