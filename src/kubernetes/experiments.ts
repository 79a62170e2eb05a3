import type { NewService } from '../experiment/index.ts';
import { ConflictError, type JsonObject, mergePatchOf, NotFoundError } from '../lib/index.ts';
import { Experiment, type ExperimentStatus, type NewExperiment } from '../rollout/index.ts';
import type { Cluster, ObjectName, Reflector, WriteOptions } from './cluster.ts';
import { controllerUidOf, withoutEmptyLists } from './objects.ts';
import { controllerReference, createOwned, type Owner } from './owner.ts';
import { resources } from './resources.ts';

/** Experiments, and the Services that belong to them. They have no status subresource. */
export interface Experiments {
  /** Live; undefined when it is gone. */
  read(name: ObjectName, signal: AbortSignal): Promise<Experiment | undefined>;
  /** Owned by the Rollout; one of its own by that name is kept as it is: names are deterministic. */
  create(rollout: Owner, experiment: NewExperiment, options: WriteOptions): Promise<void>;
  /** Asks it to end. Gone already is success. */
  terminate(name: ObjectName, options: WriteOptions): Promise<void>;
  remove(name: ObjectName, uid: string, options: WriteOptions): Promise<void>;
  /** Precondition: the resourceVersion that was read. Equal statuses write nothing. */
  writeStatus(experiment: Experiment, status: ExperimentStatus, options: WriteOptions): Promise<Experiment>;
  /** Owned by the Experiment; one of its own by that name is success, somebody else's an AlreadyExistsError. */
  createService(experiment: Experiment, service: NewService, options: WriteOptions): Promise<void>;
  /** Only one that belongs to this Experiment; gone already is success. */
  deleteService(experiment: Experiment, name: string, options: WriteOptions): Promise<void>;
}

type Learner = Pick<Reflector<unknown>, 'learn'>;

export function createExperiments(
  cluster: Cluster,
  caches: { readonly experiments: Learner; readonly services: Learner },
): Experiments {
  return {
    async read(name, signal) {
      const found = await cluster.get(resources.experiments, name, signal);
      return found === undefined ? undefined : Experiment.parse(found);
    },
    async create(rollout, { name, labels, annotations, spec }, options) {
      const { namespace } = rollout.metadata;
      const ownerReferences = [controllerReference(rollout)];
      const manifest: JsonObject = {
        metadata: { name, namespace, labels, annotations, ownerReferences },
        spec: withoutEmptyLists({ ...spec, analyses: spec.analyses.map(withoutEmptyLists) }) as JsonObject,
      };
      const wish = { resource: resources.experiments, owner: rollout, name, manifest, ifTaken: 'conflict' } as const;
      caches.experiments.learn(await createOwned(cluster, wish, options));
    },
    async terminate(name, options) {
      try {
        const body = { spec: { terminate: true } };
        caches.experiments.learn(await cluster.patchMerge(resources.experiments, name, body, options));
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
      }
    },
    async remove(name, uid, options) {
      await cluster.delete(resources.experiments, name, uid, options);
    },
    async writeStatus(experiment, status, options) {
      // Both are JSON: one came from the API, the other is built from it.
      const difference = mergePatchOf(
        { status: experiment.status as JsonObject },
        { status: status as JsonObject },
      )?.status;
      if (difference === undefined) return experiment;
      const { namespace, name, resourceVersion = '' } = experiment.metadata;
      const body = { metadata: { resourceVersion }, status: difference };
      try {
        const answer = await cluster.patchMerge(resources.experiments, { namespace, name }, body, options);
        caches.experiments.learn(answer);
        return Experiment.parse(answer);
      } catch (error) {
        if (error instanceof NotFoundError) throw new ConflictError('it was deleted meanwhile', { cause: error });
        throw error;
      }
    },
    async createService(experiment, { name, annotations, selector, ports }, options) {
      const { namespace } = experiment.metadata;
      const ownerReferences = [controllerReference(experiment, 'Experiment')];
      const manifest: JsonObject = {
        metadata: { name, namespace, annotations, ownerReferences },
        spec: { selector, ports: ports.map((port) => ({ ...port })) },
      };
      const ifTaken = 'refusedUnlessLeft';
      const wish = { resource: resources.services, owner: experiment, name, manifest, ifTaken } as const;
      caches.services.learn(await createOwned(cluster, wish, options));
    },
    async deleteService(experiment, name, options) {
      const { namespace, uid } = experiment.metadata;
      const there = await cluster.get(resources.services, { namespace, name }, options.signal);
      if (there === undefined || controllerUidOf(there) !== uid) return;
      await cluster.delete(resources.services, { namespace, name }, there.metadata.uid, options);
    },
  };
}
