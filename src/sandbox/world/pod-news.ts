import type { ContainerRun } from './container-life.ts';
import type { ToldEvent } from './event-writer.ts';
import type { ImageFacts } from './image-list.ts';
import type { Pod } from './objects.ts';

type News = Omit<ToldEvent, 'component'>;

/** What a kubelet tells in events of a container that does not become ready. */
export function troublesOf(pod: Pod, container: ContainerRun, facts: ImageFacts): readonly News[] {
  const { phase, image, name } = container;
  const warning = (reason: string, message: string): News => {
    return { type: 'Warning', reason, message, fieldPath: `spec.containers{${name}}` };
  };
  if (phase.kind === 'running')
    return facts.probe === 'failing' && !phase.isReady
      ? [warning('Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503')]
      : [];
  if (phase.kind !== 'waiting') return [];
  switch (phase.reason) {
    case 'ErrImagePull':
      return [
        warning('Failed', `Failed to pull image "${image}": ${phase.message}`),
        warning('Failed', 'Error: ErrImagePull'),
      ];
    case 'ImagePullBackOff':
      return [
        { ...warning('BackOff', `Back-off pulling image "${image}"`), type: 'Normal' },
        warning('Failed', 'Error: ImagePullBackOff'),
      ];
    case 'CrashLoopBackOff': {
      const { name: podName, namespace, uid } = pod.metadata;
      return [
        warning('BackOff', `Back-off restarting failed container ${name} in pod ${podName}_${namespace}(${uid})`),
      ];
    }
    default:
      return [];
  }
}

/** What a kubelet tells of a container's first start. */
export function beginningOf({ name, image }: ContainerRun): readonly News[] {
  const told = (reason: string, message: string): News => {
    return { type: 'Normal', reason, message, fieldPath: `spec.containers{${name}}` };
  };
  return [
    told('Pulled', `Container image "${image}" already present on machine`),
    told('Created', `Created container: ${name}`),
    told('Started', `Started container ${name}`),
  ];
}
