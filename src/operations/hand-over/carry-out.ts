import { setTimeout as sleep } from 'node:timers/promises';
import type { ArgoController, Installation } from '../../kubernetes/index.ts';
import { ConflictError } from '../../lib/index.ts';
import { honoursLease, isOurs, isRunning, type Sides } from './hand-over.ts';
import { isStartedFirst, replicasToGiveBack } from './plan-hand-over.ts';

/** What a hand-over does to the cluster; each may be done twice. */
export interface HandOverTools {
  readonly readSides: (signal: AbortSignal) => Promise<Sides>;
  readonly switchController: (installation: Installation, mode: 'own' | 'drive', signal: AbortSignal) => Promise<void>;
  readonly scale: (
    controller: ArgoController,
    change: { readonly replicas: number; readonly note: string | null },
    signal: AbortSignal,
  ) => Promise<void>;
  /** Pods of this controller that are there, ending ones among them. */
  readonly podsOf: (controller: ArgoController, signal: AbortSignal) => Promise<readonly string[]>;
  /** One line when a step is done. */
  readonly tell: (line: string) => void;
  /** How long one step may take, and how often it is looked at. */
  readonly patienceMs?: number;
  readonly lookEveryMs?: number;
}

/** How a hand-over ended. */
export type HandOverEnd =
  | { readonly done: true; readonly holder: string }
  /** Stopped there; whoever held the Lease goes on, and the same command goes on from there. */
  | { readonly done: false; readonly at: string };

const longestStepMs = 5 * 60_000;
const lookEveryMs = 500;

/** Gives the Rollouts to Stepwise. Begins wherever an earlier try ended. */
export async function takeOver(tools: HandOverTools, signal: AbortSignal): Promise<HandOverEnd> {
  const sides = await tools.readSides(signal);
  const running: ArgoController[] = [];
  // A pod that ends acts until it is gone, whatever its Deployment says.
  for (const controller of sides.argo)
    if (isRunning(controller) || (await tools.podsOf(controller, signal)).length > 0) running.push(controller);
  const startsFirst = isStartedFirst(sides, running);
  if (startsFirst && !(await start('own', tools, signal))) return { done: false, at: notRolled };
  for (const controller of running) {
    if (!(await stopArgo(controller, tools, signal)))
      return { done: false, at: `pods of ${controller.name} are still there` };
  }
  if (!startsFirst && !(await start('own', tools, signal))) return { done: false, at: notRolled };
  return untilHeld(isOurs, 'Stepwise did not take the Lease', tools, signal);
}

/** Gives them back to the Argo controller that is installed. */
export async function handBack(tools: HandOverTools, signal: AbortSignal): Promise<HandOverEnd> {
  const { argo } = await tools.readSides(signal);
  const [controller] = argo;
  if (controller === undefined) return { done: false, at: 'no Argo controller is installed' };
  const startsFirst = honoursLease(controller);
  const noPods = { done: false, at: `${controller.name} has no ready pod` } as const;
  if (startsFirst && !(await startArgo(controller, tools, signal))) return noPods;
  if (!(await start('drive', tools, signal))) return { done: false, at: notRolled };
  if (!startsFirst && !(await startArgo(controller, tools, signal))) return noPods;
  // One without leader election holds no Lease.
  if (controller.ignoresLease) return { done: true, holder: controller.name };
  const isTheirs = (holder: string | undefined) => holder !== undefined && !isOurs(holder);
  return untilHeld(isTheirs, `${controller.name} did not take the Lease`, tools, signal);
}

const notRolled = 'the pods of Stepwise are not all replaced and ready';

/** Stepwise in this mode; true when all of its pods are. */
async function start(mode: 'own' | 'drive', tools: HandOverTools, signal: AbortSignal): Promise<boolean> {
  const { installation } = await tools.readSides(signal);
  if (installation === undefined) return false;
  if (installation.settings.CONTROLLER !== mode) await tools.switchController(installation, mode, signal);
  const isReady = await eventually(
    async () => {
      const { installation: now } = await tools.readSides(signal);
      return now?.settings.CONTROLLER === mode && now.isRolled && now.wantedReplicas > 0;
    },
    tools,
    signal,
  );
  if (isReady) tools.tell(`Stepwise runs with CONTROLLER=${mode}`);
  return isReady;
}

async function stopArgo(seen: ArgoController, tools: HandOverTools, signal: AbortSignal): Promise<boolean> {
  await scaleTo(seen, () => 0, tools, signal);
  const isGone = await eventually(async () => (await tools.podsOf(seen, signal)).length === 0, tools, signal);
  if (isGone) tools.tell(`${seen.name} is scaled to 0, its pods are gone`);
  return isGone;
}

async function startArgo(seen: ArgoController, tools: HandOverTools, signal: AbortSignal): Promise<boolean> {
  await scaleTo(seen, replicasToGiveBack, tools, signal);
  const isReady = await eventually(
    async () => ((await find(seen, tools, signal))?.readyReplicas ?? 0) > 0,
    tools,
    signal,
  );
  if (isReady) tools.tell(`${seen.name} is scaled up and ready`);
  return isReady;
}

/** Notes on the way down what it had, and takes the note away on the way up. Somebody else's change in between is looked at again. */
async function scaleTo(
  seen: ArgoController,
  wanted: (controller: ArgoController) => number,
  tools: HandOverTools,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const now = await find(seen, tools, signal);
    if (now === undefined || now.wantedReplicas === wanted(now)) return;
    const replicas = wanted(now);
    try {
      return await tools.scale(now, { replicas, note: replicas === 0 ? String(now.wantedReplicas) : null }, signal);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

async function find({ uid }: ArgoController, tools: HandOverTools, signal: AbortSignal) {
  return (await tools.readSides(signal)).argo.find((one) => one.uid === uid);
}

async function untilHeld(
  isRight: (holder: string | undefined) => boolean,
  otherwise: string,
  tools: HandOverTools,
  signal: AbortSignal,
): Promise<HandOverEnd> {
  let holder: string | undefined;
  const isHeld = await eventually(
    async () => {
      ({ holder } = await tools.readSides(signal));
      return isRight(holder);
    },
    tools,
    signal,
  );
  return isHeld && holder !== undefined ? { done: true, holder } : { done: false, at: otherwise };
}

async function eventually(isSo: () => Promise<boolean>, tools: HandOverTools, signal: AbortSignal): Promise<boolean> {
  const endAtMs = performance.now() + (tools.patienceMs ?? longestStepMs);
  for (;;) {
    if (await isSo()) return true;
    if (performance.now() > endAtMs) return false;
    await sleep(tools.lookEveryMs ?? lookEveryMs, undefined, { signal });
  }
}
