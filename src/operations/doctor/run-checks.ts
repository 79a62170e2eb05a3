import { type CheckupLine, type CheckupName, checkupNames, checkupTitles, type Finding, failed } from './checkup.ts';

/** What looks at one thing. Where it throws, its words are the finding. */
export type Probe = (signal: AbortSignal) => Promise<Finding>;

export type Probes = { readonly [Name in CheckupName]?: Probe | undefined };

export interface DoctorTools {
  /** What is asked, for a person who asks in this channel. */
  readonly probes: (channel: string) => Probes;
}

const patienceMs = 3000;

/** All at once, each with its own deadline: the slowest decides how long it takes, and none can hang the answer. */
export async function runChecks(probes: Probes, waitMs = patienceMs): Promise<readonly CheckupLine[]> {
  const asked = checkupNames.flatMap((name) => {
    const probe = probes[name];
    return probe === undefined ? [] : [{ name, probe }];
  });
  return Promise.all(
    asked.map(async ({ name, probe }): Promise<CheckupLine> => {
      const { state, found, fixes = [] } = await findingOf(probe, waitMs);
      return { name, title: checkupTitles[name], state, found, fixes };
    }),
  );
}

async function findingOf(probe: Probe, waitMs: number): Promise<Finding> {
  const giveUp = new AbortController();
  const { promise: tooLate, resolve } = Promise.withResolvers<Finding>();
  const timer = setTimeout(() => {
    resolve(failed(`no answer in ${waitMs / 1000} s`));
    giveUp.abort(new Error('not waited for'));
  }, waitMs);
  try {
    return await Promise.race([asked(probe, giveUp.signal), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

async function asked(probe: Probe, signal: AbortSignal): Promise<Finding> {
  try {
    return await probe(signal);
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}
