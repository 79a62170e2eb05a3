import { describe, expect, it } from 'vitest';
import { decide, needsTemplates } from '../../../src/rollout/index.ts';
import { PodTemplate } from '../../../src/rollout/pod-template.ts';
import { isSameTemplate } from '../../../src/rollout/template-equality.ts';
import { aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const WRITTEN = PodTemplate.parse({
  metadata: { labels: { app: 'x' } },
  spec: {
    serviceAccountName: 'x',
    containers: [
      {
        name: 'x',
        image: 'x:1',
        ports: [{ containerPort: 8080 }],
        env: [
          { name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'B', value: '' },
        ],
        resources: { limits: { cpu: '1000m', memory: '1024Mi' } },
        readinessProbe: { httpGet: { port: 8080 } },
        tty: false,
      },
    ],
    volumes: [{ name: 'c', configMap: { name: 'c' } }],
  },
});

// The same as the API server gives it back in a ReplicaSet.
const DEFAULTED = PodTemplate.parse({
  metadata: { creationTimestamp: null, labels: { app: 'x', 'rollouts-pod-template-hash': 'abc' } },
  spec: {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    terminationGracePeriodSeconds: 30,
    securityContext: {},
    serviceAccountName: 'x',
    serviceAccount: 'x',
    containers: [
      {
        name: 'x',
        image: 'x:1',
        imagePullPolicy: 'IfNotPresent',
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        ports: [{ containerPort: 8080, protocol: 'TCP' }],
        env: [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }, { name: 'B' }],
        resources: { limits: { cpu: '1', memory: '1Gi' } },
        readinessProbe: {
          httpGet: { path: '/', port: 8080, scheme: 'HTTP' },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
      },
    ],
    volumes: [{ name: 'c', configMap: { name: 'c', defaultMode: 420 } }],
  },
});

describe('two templates', () => {
  it('are the same when only defaults stand between them', () => {
    expect(isSameTemplate(WRITTEN, DEFAULTED)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['another image', { ...WRITTEN.spec, containers: [{ ...WRITTEN.spec?.containers[0], image: 'x:2' }] }],
    [
      'another pull policy',
      { ...WRITTEN.spec, containers: [{ ...WRITTEN.spec?.containers[0], imagePullPolicy: 'Always' }] },
    ],
    [
      'another limit',
      {
        ...WRITTEN.spec,
        containers: [{ ...WRITTEN.spec?.containers[0], resources: { limits: { cpu: '2', memory: '1Gi' } } }],
      },
    ],
    [
      'one more container',
      { ...WRITTEN.spec, containers: [...(WRITTEN.spec?.containers ?? []), { name: 'y', image: 'y' }] },
    ],
    ['an account', { ...WRITTEN.spec, serviceAccountName: 'y' }],
    ['a host network', { ...WRITTEN.spec, hostNetwork: true }],
  ])('differ by %s', (_what, spec) => {
    expect(isSameTemplate(PodTemplate.parse({ ...WRITTEN, spec }), DEFAULTED)).toBe(false);
  });
});

describe('a ReplicaSet under a hash that we do not compute', () => {
  function takenOver(): SimulatedCluster {
    const cluster = new SimulatedCluster(aRollout().routed().steps({ setWeight: 10 }).build());
    cluster.settle();
    const stable = cluster.replicaSets[0];
    if (stable === undefined) throw new Error('no ReplicaSet');
    // As another Argo would have named it.
    stable.podHash = 'abcdef';
    stable.name = 'checkout-abcdef';
    cluster.patch({ status: { stableRS: 'abcdef', currentPodHash: 'abcdef' } });
    for (const service of Object.values(cluster.services)) {
      cluster.services[service.name] = {
        ...service,
        selector: { ...service.selector, 'rollouts-pod-template-hash': 'abcdef' },
      };
    }
    return cluster;
  }

  it('is found by what it runs: no pod is replaced', () => {
    const cluster = takenOver();
    const before = cluster.performed.length;
    cluster.settle();
    const kinds = cluster.performed.slice(before).map((effect) => effect.kind);
    expect(kinds.filter((kind) => kind !== 'writeStatus' && kind !== 'sendEvent')).toEqual([]);
    expect(cluster.rollout.status).toMatchObject({ stableRS: 'abcdef', phase: 'Healthy' });
  });

  it('is looked for live before anything is decided', () => {
    const world = takenOver().world();
    const cached = { ...world, replicaSets: world.replicaSets.map(({ template: _template, ...view }) => view) };
    expect(needsTemplates(cached)).toBe(true);
    expect(decide(cached).effects).toEqual([]);
  });

  it('with a name that belongs to other pods leads to another name', () => {
    const cluster = new SimulatedCluster(aRollout().routed().steps({ setWeight: 10 }, { pause: {} }).build());
    cluster.settle();
    cluster.release('app:2');
    const hash = cluster.world();
    const effect = decide(hash).effects.find((one) => one.kind === 'createReplicaSet');
    cluster.turn({ crashAfterEffects: 2 });
    const created = decide(cluster.world()).effects.find((one) => one.kind === 'createReplicaSet') ?? effect;
    if (created?.kind !== 'createReplicaSet') throw new Error('nothing created');
    const world = { ...cluster.world(), takenReplicaSetName: created.replicaSet.name };
    const [write] = decide(world).effects;
    expect(write).toMatchObject({ kind: 'writeStatus', status: { collisionCount: 1 } });
    cluster.patch({ status: { collisionCount: 1 } });
    cluster.settle();
    expect(cluster.rollout.status.phase).toBe('Paused');
    expect(cluster.canary()?.name).not.toBe(created.replicaSet.name);
  });
});
