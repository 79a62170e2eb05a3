import type { Logger } from 'pino';
import { ConflictError, NotNowError } from '../lib/index.ts';
import type { BuildNotice, MessagePlace, Notifier } from '../notifications/index.ts';
import type { TurnKey } from '../queue-stores/index.ts';
import type { BuildLine, HeardImage, HeardImages } from '../records/index.ts';
import type { TurnOutcome } from './reconcile.ts';

/** One turn tells all that is to be told: builds are few. */
export const buildsKey: TurnKey = { kind: 'builds', namespace: '', name: 'heard' };

export interface BuildTools {
  readonly heard: HeardImages;
  /** To whom a build is news that was not told yet, and what is said there. */
  readonly noticesOf: (
    build: HeardImage,
    signal: AbortSignal,
  ) => Promise<readonly { readonly channel: string; readonly notice: BuildNotice }[]>;
  /** Undefined: no Slack. */
  readonly notifier: Pick<Notifier, 'tellBuild'> | undefined;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/** A build that could not be told for so long is no news any more. */
const newsMs = 60 * 60_000;
/** A claim older than this was left by a process that died: longer than any call to Slack may take. */
const staleClaimMs = 12_000;
const soonestMs = 1000;

/**
 * Tells what was heard and not told yet: level-based, as cards are, so that a kill, a doubled turn or a Slack that is down loses nothing
 * and doubles nothing (but for the one moment that the product's promises name).
 */
export async function takeBuildsTurn(tools: BuildTools, signal: AbortSignal): Promise<TurnOutcome> {
  const { notifier } = tools;
  if (notifier === undefined) return {};
  let againAfterMs: number | undefined;
  for (const build of await tools.heard.list(undefined, signal)) {
    if (tools.nowMs() - Date.parse(build.heardAt) > newsMs) continue;
    for (const { channel, notice } of await tools.noticesOf(build, signal)) {
      const line = build.told[`${notice.namespace}/${notice.name}`];
      if (line?.state === 'told') continue;
      const waitMs = await tellOne({ build, channel, notice, line, notifier }, tools, signal);
      if (waitMs !== undefined) againAfterMs = Math.min(againAfterMs ?? waitMs, waitMs);
    }
  }
  return againAfterMs === undefined ? {} : { wakeAfterMs: Math.max(soonestMs, againAfterMs) };
}

interface ToTell {
  readonly build: HeardImage & { readonly repository: string };
  readonly channel: string;
  readonly notice: BuildNotice;
  readonly line: BuildLine | undefined;
  readonly notifier: Pick<Notifier, 'tellBuild'>;
}

/** Claims, tells, writes down where. Gives when to come back where it could not; one channel that is closed holds up no other. */
async function tellOne(
  { build, channel, notice, line, notifier }: ToTell,
  tools: BuildTools,
  signal: AbortSignal,
): Promise<number | undefined> {
  const claimedAtMs = line?.claimedAt === undefined ? undefined : Date.parse(line.claimedAt);
  const ageMs = claimedAtMs === undefined ? Number.POSITIVE_INFINITY : tools.nowMs() - claimedAtMs;
  if (ageMs < staleClaimMs) return staleClaimMs - ageMs;
  const rollout = `${notice.namespace}/${notice.name}`;
  const of = { repository: build.repository, image: build.image, rollout };
  const claimedAt = new Date(tools.nowMs()).toISOString();
  const claim: BuildLine = { state: 'claimed', channel, claimedAt };
  try {
    await tools.heard.setTold(of, claim, line, signal);
  } catch (error) {
    if (error instanceof ConflictError) return soonestMs;
    throw error;
  }
  let place: MessagePlace;
  try {
    const where = { channel, claim: `${rollout}/${build.image}/${build.heardAt}`, mayBeThereSinceMs: claimedAtMs };
    place = await notifier.tellBuild(notice, where, signal);
  } catch (error) {
    if (!(error instanceof NotNowError)) throw error;
    // It may have arrived all the same: whoever comes when the claim is stale looks it up first.
    if (error.cause !== undefined) return Math.max(error.retryAfterMs, staleClaimMs);
    // Surely not sent: the claim is given back, so that nobody need wait for it.
    await tools.heard.setTold(of, { state: 'claimed', channel }, claim, signal);
    return error.retryAfterMs;
  }
  await tools.heard.setTold(of, { state: 'told', ...place }, undefined, signal);
  tools.log.info({ rollout, image: build.image, channel: place.channel }, 'build told');
  return undefined;
}
