import type { Finding } from './finding.ts';
import type { SourceDocument } from './source-document.ts';

/** Kubernetes' own kinds that stand beside rollouts. A group that is not here belongs to somebody else, and is left alone. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  v1: [
    'ConfigMap',
    'Endpoints',
    'Event',
    'LimitRange',
    'List',
    'Namespace',
    'Node',
    'PersistentVolume',
    'PersistentVolumeClaim',
    'Pod',
    'PodTemplate',
    'ReplicationController',
    'ResourceQuota',
    'Secret',
    'Service',
    'ServiceAccount',
  ],
  'apps/v1': ['ControllerRevision', 'DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet'],
  'batch/v1': ['CronJob', 'Job'],
  'networking.k8s.io/v1': ['Ingress', 'IngressClass', 'IPAddress', 'NetworkPolicy', 'ServiceCIDR'],
  'policy/v1': ['PodDisruptionBudget'],
  'autoscaling/v1': ['HorizontalPodAutoscaler'],
  'autoscaling/v2': ['HorizontalPodAutoscaler'],
};

/** That the kind exists, and what a Deployment cannot be without. */
export function checkBuiltIn(document: SourceDocument): readonly Finding[] {
  const { apiVersion, kind } = document;
  const known = Object.hasOwn(kinds, apiVersion) ? kinds[apiVersion] : undefined;
  if (known !== undefined && !known.includes(kind)) {
    return [document.find(['kind'], 'mistake', `no matches for kind "${kind}" in version "${apiVersion}"`)];
  }
  return apiVersion === 'apps/v1' && kind === 'Deployment' ? checkDeployment(document) : [];
}

function checkDeployment(document: SourceDocument): readonly Finding[] {
  const { spec = {} } = document.content as { spec?: DeploymentSpec };
  const labels = spec.template?.metadata?.labels;
  const wanted = spec.selector?.matchLabels;
  const findings: Finding[] = [];
  if (spec.selector === undefined) {
    findings.push(document.find(['spec', 'selector'], 'mistake', 'spec.selector: Required value'));
  }
  const isMatching = Object.entries(wanted ?? {}).every(([name, value]) => labels?.[name] === value);
  if (spec.selector === undefined || !isMatching) {
    const value = JSON.stringify(labels ?? null);
    const message = `spec.template.metadata.labels: Invalid value: ${value}: \`selector\` does not match template \`labels\``;
    findings.push(document.find(['spec', 'template', 'metadata', 'labels'], 'mistake', message));
  }
  return findings;
}

interface DeploymentSpec {
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly template?: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } };
}
