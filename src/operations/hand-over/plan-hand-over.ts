import type { ArgoController } from '../../kubernetes/index.ts';
import { overlayOf } from '../doctor/judge-cluster.ts';
import {
  type HandOverPlan,
  type HandOverRow,
  honoursLease,
  isOurs,
  isRunning,
  nameOf,
  runnerOf,
  type Sides,
} from './hand-over.ts';

/** What a take-over would do, in order. Pure. */
export function planTakeOver(sides: Sides, rows: readonly HandOverRow[]): HandOverPlan {
  const { installation, argo, holder, missingRights } = sides;
  const running = argo.filter(isRunning);
  const obstacles: string[] = [];
  if (installation === undefined) obstacles.push(notInstalled);
  // Of what it watches: that stays as it is.
  const overlay = overlayOf({ isDriving: false, isSome: (installation?.settings.WATCH_NAMESPACES ?? '') !== '' });
  if (missingRights.length > 0)
    obstacles.push(
      `the service account of Stepwise lacks ${missingRights.length} rights (${missingRights.slice(0, 3).join(', ')} …): with CONTROLLER=drive kept in it, kubectl apply --server-side -k manifests/install/overlays/${overlay}`,
    );
  if (holder !== undefined && !isOurs(holder) && argo.length === 0)
    obstacles.push(
      `${holder} holds the Lease ${sides.lease}, and no Deployment labelled app.kubernetes.io/name=argo-rollouts is in ${namespaceOf(sides)}: scale what it is to 0 first`,
    );
  const isDone = isOurs(holder) && running.length === 0 && installation?.settings.CONTROLLER === 'own';
  return {
    direction: 'takeOver',
    argoName: argo[0] === undefined ? undefined : nameOf(argo[0]),
    rows,
    obstacles,
    steps: isDone || installation === undefined ? [] : takeOverSteps(sides, running),
    runner: runnerOf(sides),
    isDone,
  };
}

const notInstalled =
  'no Deployment of Stepwise with its settings in a ConfigMap was found: install it first, with CONTROLLER=drive';

function takeOverSteps(sides: Sides, running: readonly ArgoController[]): readonly string[] {
  const begin = 'Stepwise gets CONTROLLER=own, and its pods are replaced';
  const stop = running.map(
    (one) =>
      `Deployment ${one.namespace}/${one.name} is scaled from ${one.wantedReplicas} to 0, with a note of it in an annotation`,
  );
  if (isStartedFirst(sides, running)) {
    return [
      `${begin}; they wait while Argo holds the Lease`,
      ...stop,
      'its Lease runs out, at most 15 s later: Stepwise takes it and goes on',
    ];
  }
  const gap = 'It does not honour the Lease: until Stepwise has begun nobody moves anything, and an abort waits';
  return [
    ...stop.map((step) => `${step}. ${gap}`),
    `when its pods are gone, ${begin}`,
    'Stepwise takes the Lease and goes on',
  ];
}

/** Whether the successor may be started beside the predecessor: the Lease keeps them apart. */
export function isStartedFirst({ holder }: Sides, running: readonly ArgoController[]): boolean {
  return running.every(honoursLease) && (running.length === 0 || holder !== undefined);
}

/** What a hand-back would do, in order. Pure. */
export function planHandBack(sides: Sides, rows: readonly HandOverRow[]): HandOverPlan {
  const { installation, argo, holder } = sides;
  const [controller] = argo;
  const obstacles: string[] = [];
  if (installation === undefined) obstacles.push(notInstalled);
  if (controller === undefined)
    obstacles.push(
      `no Deployment labelled app.kubernetes.io/name=argo-rollouts in ${namespaceOf(sides)}: install Argo Rollouts first, at 0 replicas`,
    );
  const isDone =
    holder !== undefined && !isOurs(holder) && installation?.settings.CONTROLLER === 'drive' && installation.isRolled;
  return {
    direction: 'handBack',
    argoName: controller === undefined ? undefined : nameOf(controller),
    rows,
    obstacles,
    steps: isDone || controller === undefined || installation === undefined ? [] : handBackSteps(controller),
    runner: runnerOf(sides),
    isDone,
  };
}

function handBackSteps(controller: ArgoController): readonly string[] {
  const start = `Deployment ${controller.namespace}/${controller.name} is scaled to ${replicasToGiveBack(controller)}`;
  const end = 'Stepwise gets CONTROLLER=drive, and its pods are replaced';
  if (honoursLease(controller)) {
    return [
      `${start}; it waits while Stepwise holds the Lease`,
      `${end}; the last one gives the Lease back`,
      'Argo takes it and goes on',
    ];
  }
  const gap = 'Argo does not honour the Lease: until it has begun nobody moves anything, and an abort waits';
  return [`${end}. ${gap}`, `when they are gone, ${start}`];
}

/** As many as it had before the take-over; one where nobody noted it. */
export function replicasToGiveBack({ annotations, wantedReplicas }: ArgoController): number {
  if (wantedReplicas > 0) return wantedReplicas;
  const noted = Number(annotations['stepwise.dev/replicas-before-take-over']);
  return Number.isInteger(noted) && noted > 0 ? noted : 1;
}

function namespaceOf({ lease }: Sides): string {
  return lease.split('/')[0] ?? '';
}
