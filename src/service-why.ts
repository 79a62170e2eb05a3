import type { Config } from './config/index.ts';
import { type Engine, glance, lookAt, type ObserveTools, readLastSample } from './engine/index.ts';
import { type AccessRules, type ConnectedCluster, keeperLeaseName } from './kubernetes/index.ts';
import type { MetricProviders } from './metric-providers/index.ts';
import type { Study, WhyTools } from './operations/index.ts';
import { type Records, writerOf } from './records/index.ts';
import {
  foreignWriter,
  instanceIdLabel,
  needsController,
  plainDeployment,
  type Rollout,
  type Standing,
} from './rollout/index.ts';
import type { DrivenController } from './service-controller.ts';
import type { Deliver } from './service-reading.ts';
import type { TrafficRouters } from './traffic-routers/index.ts';

interface WhyHands {
  readonly cluster: ConnectedCluster;
  readonly config: Config;
  readonly observing: ObserveTools;
  readonly routers: TrafficRouters;
  readonly records: Records;
  readonly deliver: Deliver;
  readonly providers: MetricProviders;
  readonly access: AccessRules;
  readonly engine: () => Engine;
  /** The controller that runs the Rollouts in our place; undefined: we do. */
  readonly driven: DrivenController | undefined;
}

const ourHolder = /^stepwise_/;

/** What `why` reads beside the caches; what cannot be read is named, and the rest is answered. */
export function createWhyTools(
  hands: WhyHands,
): Pick<WhyTools, 'study' | 'standing' | 'pausedBy' | 'lastSample' | 'mayDo'> {
  const { cluster, records, deliver, observing, access } = hands;
  return {
    async study(name, signal) {
      const unread: { what: string; why: string }[] = [];
      const tell = (what: string) => (error: unknown) => {
        unread.push({ what, why: error instanceof Error ? error.message : String(error) });
        return undefined;
      };
      const routers = patient(hands.routers, tell);
      // Ours or not: that is one of the answers.
      const world = await glance(name, { ...observing, routers, isOurs: () => true }, signal);
      if (world === undefined) return undefined;
      const look = lookAt(world);
      const record = await records.find(world.rollout.metadata, look.revision, signal).catch(tell('its record'));
      const study: Study = {
        world,
        record,
        delivery: deliver(record ?? records.empty(world.rollout, look.revision), look),
        unread,
      };
      return study;
    },
    standing: (rollout) => standingOf(rollout, hands),
    pausedBy: (rollout) => writerOf(rollout, ['spec', 'paused']),
    lastSample: (metric, signal) => readLastSample(metric, hands.providers, cluster.nowMs(), signal),
    mayDo: (verbs, on, signal) => access.subjectsOf(verbs, on, signal),
  };
}

/** Who takes turns for this Rollout. */
function standingOf(rollout: Rollout, { cluster, config, engine, driven }: WhyHands): Standing {
  const wanted = rollout.metadata.labels[instanceIdLabel] ?? '';
  if (wanted !== config.INSTANCE_ID) return { kind: 'instance', wanted, own: config.INSTANCE_ID };
  const lease = `${config.ARGO_NAMESPACE}/${keeperLeaseName(config.INSTANCE_ID)}`;
  if (driven !== undefined) {
    if (driven.holder() !== undefined || !needsController(rollout)) return { kind: 'ours' };
    const runBy = driven.runBy();
    const controller = runBy?.name ?? 'an Argo controller';
    const measuresOnly = plainDeployment(rollout.metadata.name) !== undefined;
    return { kind: 'silent', controller, lease, sinceMs: runBy?.silentSinceMs, measuresOnly };
  }
  const { holder, heldSinceMs } = engine().standing();
  if (holder === undefined || holder === '') return { kind: 'nobody', lease };
  const other = foreignWriter(rollout, { nowMs: cluster.nowMs(), heldSinceMs });
  if (other !== undefined && ourHolder.test(holder)) return { kind: 'beside', controller: other };
  return ourHolder.test(holder) ? { kind: 'ours' } : { kind: 'other', holder, lease };
}

/** Routers whose objects cannot be read say no weight, instead of ending the answer. */
function patient(routers: TrafficRouters, tell: (what: string) => (error: unknown) => undefined): TrafficRouters {
  return {
    ...routers,
    choose: (routing) =>
      routers.choose(routing).map((router) => ({
        ...router,
        async read(target, signal) {
          return (
            (await router.read(target, signal).catch(tell(`the route (${router.kind})`))) ?? {
              canaryWeight: undefined,
              objects: [],
            }
          );
        },
      })),
  };
}
