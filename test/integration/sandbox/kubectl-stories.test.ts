import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createKubernetesApi } from '../../../src/sandbox/kubernetes-api/index.ts';
import { createCluster } from '../../../src/sandbox/world/cluster.ts';
import { createWorld } from '../../../src/sandbox/world/index.ts';
import { startKubelet } from '../../../src/sandbox/world/kubelet.ts';
import { hasKubectl } from '../../support/kubectl.ts';
import { kubeconfigOf, playStory, type Target } from './kubectl/play.ts';
import { parseTranscript, writeTranscript } from './kubectl/transcript.ts';

// Each story is a transcript of real kubectl. What it printed was recorded against a real kube-apiserver and kube-controller-manager 1.34.4:
// with REAL_KUBE_APISERVER_URL and REAL_KUBE_APISERVER_TOKEN the stories run there, and RECORD=1 writes down what was said.
// There: a fresh server without ServiceAccount admission and metrics, and the controllers deployment, replicaset, garbage-collector, namespace,
// horizontal-pod-autoscaler (--horizontal-pod-autoscaler-sync-period=2s), resourcequota, endpointslice, disruption, job,
// ttl-after-finished-controller and clusterrole-aggregation. STORY plays one alone.
const stories = new URL('../../fixtures/kubectl/stories/', import.meta.url);
const manifests = fileURLToPath(new URL('../../../manifests', import.meta.url));
const names = readdirSync(stories)
  .map((file) => file.replace(/\.txt$/, ''))
  .filter((name) => process.env.STORY === undefined || name === process.env.STORY);
const realUrl = process.env.REAL_KUBE_APISERVER_URL;

const isThere = hasKubectl('nothing proves that real kubectl works on the sandbox');

/** A server with the kinds installed that the stories speak of. */
interface Stage {
  readonly target: Target;
  stop(): Promise<void>;
}

async function targetAt(url: string, token: string): Promise<Target> {
  const home = mkdtempSync(join(tmpdir(), 'kubectl-'));
  const target = { url, token, home, manifests };
  const crds = ['argo', 'ours'].map((folder) => join(manifests, 'install', folder === 'argo' ? 'crds-argo' : 'crds'));
  const widgets = fileURLToPath(new URL('../widgets.yaml', stories));
  const files = [...crds.flatMap((folder) => ['-k', folder]), '-f', widgets];
  writeFileSync(join(home, 'kubeconfig'), kubeconfigOf(target, 'default'));
  for (let at = 0; at < files.length; at += 2) {
    const words = ['apply', '--server-side', ...files.slice(at, at + 2)];
    await promisify(execFile)('kubectl', words, {
      env: { PATH: process.env.PATH, HOME: home, KUBECONFIG: join(home, 'kubeconfig') },
    });
  }
  return target;
}

async function openStandIn(): Promise<Stage> {
  const tokens = { admin: { user: 'admin', groups: ['system:masters'] } };
  const api = await createKubernetesApi({ port: 0, tokens });
  const world = await createWorld({ kubernetesUrl: api.url, token: 'admin', port: 0 });
  const target = await targetAt(api.url, 'admin');
  return {
    target,
    async stop() {
      await world.stop();
      await api.stop();
      rmSync(target.home, { recursive: true, force: true });
    },
  };
}

/** There the controllers are Kubernetes' own; only what a node does, the sandbox does. */
async function openRealServer(url: string): Promise<Stage> {
  const token = process.env.REAL_KUBE_APISERVER_TOKEN ?? '';
  const onProblem = () => undefined;
  const cluster = createCluster({ url, token, skipTlsVerify: true, configNamespace: 'default', onProblem });
  const kubelet = startKubelet({ cluster, images: () => new Map(), onProblem });
  const target = await targetAt(url, token);
  return {
    target,
    async stop() {
      kubelet.stop();
      cluster.stop();
      rmSync(target.home, { recursive: true, force: true });
    },
  };
}

function describeStories(title: string, isSkipped: boolean, open: () => Promise<Stage>, isRecording = false): void {
  describe.skipIf(isSkipped)(title, { concurrent: true }, () => {
    let stage: Stage | undefined;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(async () => {
      await stage?.stop();
    });
    test.for(names)('%s', { timeout: 300_000 }, async (name, { expect }) => {
      if (stage === undefined) throw new Error('no server to play on');
      const file = new URL(`${name}.txt`, stories);
      const text = readFileSync(file, 'utf8');
      const played = writeTranscript(await playStory(stage.target, name, parseTranscript(text)));
      if (isRecording) writeFileSync(file, played);
      else expect(played).toBe(text);
    });
  });
}

describeStories('kubectl prints on the sandbox what it prints on Kubernetes', !isThere, openStandIn);
describeStories(
  'kubectl prints on Kubernetes what is written here',
  !isThere || realUrl === undefined,
  () => openRealServer(realUrl ?? ''),
  process.env.RECORD === '1',
);
