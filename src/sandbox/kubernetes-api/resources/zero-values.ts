const core = 'io.k8s.api.core.v1';
const apps = 'io.k8s.api.apps.v1';

/**
 * Numbers and flags that Go leaves out when they are zero: a ReplicaSet with no ready pod has no `readyReplicas` at all. Where a zero says
 * something (`spec.replicas`), Go has a pointer and keeps it.
 */
export const zeroIsAbsent: { readonly [definition: string]: readonly string[] } = {
  [`${apps}.DeploymentSpec`]: ['minReadySeconds', 'paused'],
  [`${apps}.DeploymentStatus`]: [
    'observedGeneration',
    'replicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
    'unavailableReplicas',
  ],
  [`${apps}.ReplicaSetSpec`]: ['minReadySeconds'],
  [`${apps}.ReplicaSetStatus`]: ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'],
  [`${apps}.StatefulSetSpec`]: ['minReadySeconds'],
  [`${apps}.StatefulSetStatus`]: ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'observedGeneration'],
  [`${apps}.DaemonSetSpec`]: ['minReadySeconds'],
  [`${apps}.DaemonSetStatus`]: ['observedGeneration', 'updatedNumberScheduled', 'numberAvailable', 'numberUnavailable'],
  'io.k8s.api.batch.v1.JobStatus': ['active', 'succeeded', 'failed'],
  'io.k8s.api.policy.v1.PodDisruptionBudgetStatus': ['observedGeneration'],
  [`${core}.Probe`]: ['initialDelaySeconds'],
  [`${core}.Container`]: ['stdin', 'stdinOnce', 'tty'],
  [`${core}.ContainerPort`]: ['hostPort'],
  [`${core}.Event`]: ['count'],
  [`${core}.PodSpec`]: ['hostNetwork', 'hostPID', 'hostIPC'],
  [`${core}.ServicePort`]: ['nodePort'],
  [`${core}.ServiceSpec`]: ['publishNotReadyAddresses'],
  [`${core}.VolumeMount`]: ['readOnly'],
};
