import { AlreadyExistsError } from '../../lib/index.ts';
import type { ApiClient } from './api-client.ts';
import { timestamp } from './pod-status.ts';

/** The one machine that all pods run on. */
export const NODE_NAME = 'sandbox';

const CAPACITY = { cpu: '64', memory: '256Gi', pods: '20000' };

/** Makes the node known, as a kubelet does when it starts: `kubectl get nodes` shows it, and endpoints may name it. */
export async function registerNode(client: ApiClient, port: number, nowMs: number): Promise<void> {
  const labels = { 'kubernetes.io/hostname': NODE_NAME, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE_NAME, labels } };
  const path = `/api/v1/nodes/${NODE_NAME}/status`;
  const daemonEndpoints = { kubeletEndpoint: { Port: port } };
  try {
    await client.create('/api/v1/nodes', node, 'kubelet');
  } catch (error) {
    if (!(error instanceof AlreadyExistsError)) throw error;
    // An earlier process was elsewhere.
    await client.mergePatch(path, { status: { daemonEndpoints } }, 'kubelet');
    return;
  }
  const status = { ...describeNode(timestamp(nowMs)), daemonEndpoints };
  await client.mergePatch(path, { status }, 'kubelet');
}

function describeNode(now: string) {
  const times = { lastHeartbeatTime: now, lastTransitionTime: now };
  return {
    capacity: CAPACITY,
    allocatable: CAPACITY,
    conditions: [
      { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status', ...times },
    ],
    addresses: [
      { type: 'InternalIP', address: '10.0.0.1' },
      { type: 'Hostname', address: NODE_NAME },
    ],
    nodeInfo: {
      machineID: '',
      systemUUID: '',
      bootID: '',
      kernelVersion: '6.1.0-sandbox',
      osImage: 'Sandbox',
      containerRuntimeVersion: 'sandbox://1.0',
      kubeletVersion: 'v1.34.4',
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
  };
}
