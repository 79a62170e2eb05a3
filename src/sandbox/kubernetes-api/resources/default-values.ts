import type { GoKnowledge } from '../schema/schema.ts';

const core = 'io.k8s.api.core.v1';
const apps = 'io.k8s.api.apps.v1';
const fileMode = 0o644;

/**
 * What Kubernetes' defaulting code sets in built-in kinds. The published schemas do not say it, and clients trip on it: a ReplicaSet's pod
 * template comes back fuller than it was sent, the template of a custom kind does not.
 */
export const defaultValues: GoKnowledge['defaults'] = {
  [`${core}.PodSpec`]: {
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  },
  [`${core}.Container`]: {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  },
  [`${core}.EphemeralContainer`]: {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  },
  [`${core}.Probe`]: { failureThreshold: 3, periodSeconds: 10, successThreshold: 1, timeoutSeconds: 1 },
  [`${core}.HTTPGetAction`]: { path: '/', scheme: 'HTTP' },
  [`${core}.ObjectFieldSelector`]: { apiVersion: 'v1' },
  [`${core}.SecretVolumeSource`]: { defaultMode: fileMode },
  [`${core}.ConfigMapVolumeSource`]: { defaultMode: fileMode },
  [`${core}.DownwardAPIVolumeSource`]: { defaultMode: fileMode },
  [`${core}.ProjectedVolumeSource`]: { defaultMode: fileMode },
  [`${core}.ServiceAccountTokenProjection`]: { expirationSeconds: 3600 },
  [`${core}.HostPathVolumeSource`]: { type: '' },
  [`${core}.ServiceSpec`]: { type: 'ClusterIP', sessionAffinity: 'None' },
  [`${core}.EndpointPort`]: { protocol: 'TCP' },
  [`${core}.Secret`]: { type: 'Opaque' },
  [`${core}.PersistentVolumeClaimSpec`]: { volumeMode: 'Filesystem' },
  [`${apps}.DeploymentSpec`]: { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600, strategy: {} },
  [`${apps}.DeploymentStrategy`]: { type: 'RollingUpdate' },
  [`${apps}.ReplicaSetSpec`]: { replicas: 1 },
  [`${apps}.StatefulSetSpec`]: {
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    podManagementPolicy: 'OrderedReady',
    replicas: 1,
    revisionHistoryLimit: 10,
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
  },
  [`${apps}.DaemonSetSpec`]: {
    revisionHistoryLimit: 10,
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
  },
  'io.k8s.api.batch.v1.CronJobSpec': {
    concurrencyPolicy: 'Allow',
    failedJobsHistoryLimit: 1,
    successfulJobsHistoryLimit: 3,
    suspend: false,
  },
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec': {
    minReplicas: 1,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
  },
  'io.k8s.api.discovery.v1.Endpoint': { conditions: {} },
  'io.k8s.api.discovery.v1.EndpointPort': { name: '', protocol: 'TCP' },
  'io.k8s.api.rbac.v1.RoleRef': { apiGroup: 'rbac.authorization.k8s.io' },
};
