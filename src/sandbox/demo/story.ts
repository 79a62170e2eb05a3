import type { KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { type SeenObject, watchObjects } from '../watch-objects.ts';

export interface StoryEnd {
  readonly story: 'good' | 'bad';
  readonly phase: string;
  /** Every weight that the router's object said, in order, each once in a row. */
  readonly weights: readonly number[];
  readonly reason: string;
  readonly endedAsTold: boolean;
}

/** The person of the story: types and clicks in the Slack that is there. */
export interface StoryPerson {
  say(command: string): Promise<void>;
  /** Clicks the button with this label on the newest message that has it. */
  click(label: string): Promise<void>;
  /** The text of every message that is in the channel now. */
  messages(): readonly string[];
}

const Status = z.looseObject({
  phase: z.string().optional(),
  message: z.string().optional(),
  abort: z.boolean().optional(),
  stableRS: z.string().optional(),
  currentPodHash: z.string().optional(),
  pauseConditions: z.array(z.looseObject({ reason: z.string() })).optional(),
});
type Status = z.infer<typeof Status>;
const Rollout = z.looseObject({ status: Status.default({}) });
const Ingress = z.looseObject({
  metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).default({}) }),
});
const AnalysisRun = z.looseObject({ status: z.looseObject({ phase: z.string().optional() }).default({}) });

const told = {
  good: { image: '2.0.0', weights: [10, 25, 50, 75, 100] },
  bad: { image: '3.0.0', weights: [10, 0] },
} as const;
const longestStoryMs = 150_000;

/**
 * Plays one release the way the page would: a person types, the cluster is watched from outside, every event is told.
 * Ends when the rollout has ended and the channel was told.
 */
export async function playStory(
  story: 'good' | 'bad',
  world: { readonly kubeConfig: KubeConfig; readonly person: StoryPerson },
  onEvent: (event: Readonly<Record<string, unknown>>) => void,
): Promise<StoryEnd> {
  const ending = new AbortController();
  const startedAt = performance.now();
  const tell = (event: Readonly<Record<string, unknown>>) =>
    onEvent({ atSeconds: Number(((performance.now() - startedAt) / 1000).toFixed(2)), ...event });

  const weights: number[] = [];
  const phaseOf = new Map<string, string>();
  let status: Status = {};
  let phase = '';
  let hasBegun = false;
  let isGateAnswered = false;

  function seeRollout(object: SeenObject): void {
    if (object.metadata.name !== 'checkout') return;
    status = Rollout.parse(object).status;
    hasBegun ||= status.stableRS !== undefined && status.currentPodHash !== status.stableRS;
    const now = `${status.phase ?? ''}${status.message ? `: ${status.message}` : ''}`;
    if (now === phase) return;
    phase = now;
    tell({ event: 'phase', phase: status.phase, message: status.message });
    if (status.pauseConditions?.[0]?.reason === 'CanaryPauseStep' && !isGateAnswered) {
      isGateAnswered = true;
      void answerGate();
    }
  }

  async function answerGate(): Promise<void> {
    await waitFor(() => world.person.messages().some((text) => /waits for you/i.test(text)), 10_000);
    tell({ event: 'click', button: 'Promote' });
    await world.person.click('Promote');
  }

  function seeIngress(object: SeenObject): void {
    if (object.metadata.name !== 'checkout-checkout-canary') return;
    const { annotations } = Ingress.parse(object).metadata;
    const weight = Number(annotations['nginx.ingress.kubernetes.io/canary-weight'] ?? 0);
    // What comes before the first share is no part of the story, nor is the 0 after the canary has become stable.
    const isPromoted = hasBegun && status.currentPodHash === status.stableRS;
    if ((weights.at(-1) ?? 0) === weight || isPromoted) return;
    weights.push(weight);
    tell({ event: 'weight', canaryPercent: weight });
  }

  function seeRun(object: SeenObject): void {
    const runPhase = AnalysisRun.parse(object).status.phase ?? 'Pending';
    if (phaseOf.get(object.metadata.name) === runPhase) return;
    phaseOf.set(object.metadata.name, runPhase);
    tell({ event: 'analysisRun', name: object.metadata.name, phase: runPhase });
  }

  const argo = '/apis/argoproj.io/v1alpha1/namespaces/shop';
  const watches = [
    watchObjects(world.kubeConfig, `${argo}/rollouts`, seeRollout, ending.signal),
    watchObjects(world.kubeConfig, `${argo}/analysisruns`, seeRun, ending.signal),
    watchObjects(world.kubeConfig, '/apis/networking.k8s.io/v1/namespaces/shop/ingresses', seeIngress, ending.signal),
  ];
  try {
    await waitFor(() => status.phase === 'Healthy', 30_000);
    weights.length = 0;
    const command = `/rollout start checkout ${told[story].image}`;
    tell({ event: 'command', text: command });
    await world.person.say(command);
    await waitFor(() => hasBegun && hasEnded(story, status, world.person.messages()), longestStoryMs);
  } finally {
    ending.abort();
    await Promise.all(watches);
  }
  const end = { story, phase: status.phase ?? '', weights, reason: status.message ?? '' };
  return { ...end, endedAsTold: isAsTold(end) };
}

function hasEnded(story: 'good' | 'bad', status: Status, messages: readonly string[]): boolean {
  if (story === 'bad') return status.abort === true && messages.some((text) => /rolled back/i.test(text));
  const isPromoted = status.phase === 'Healthy' && status.stableRS === status.currentPodHash;
  return isPromoted && messages.some((text) => /2\.0\.0 is live/.test(text));
}

function isAsTold(end: Omit<StoryEnd, 'endedAsTold'>): boolean {
  const hasToldWeights = JSON.stringify(end.weights) === JSON.stringify(told[end.story].weights);
  if (end.story === 'good') return hasToldWeights && end.phase === 'Healthy';
  return hasToldWeights && end.phase === 'Degraded' && /success-rate/.test(end.reason);
}

async function waitFor(condition: () => boolean, timeoutMs: number): Promise<void> {
  const endAt = performance.now() + timeoutMs;
  while (!condition() && performance.now() < endAt) await new Promise((resolve) => setTimeout(resolve, 50));
}
