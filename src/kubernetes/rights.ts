/** One right that the service itself needs. What people may do is asked per click and stands in roles.yaml. */
export interface Right {
  readonly group: string;
  /** `rollouts`, `rollouts/status` */
  readonly resource: string;
  readonly verbs: readonly string[];
  /** Only these objects; absent: all. */
  readonly names?: readonly string[];
  /** In each watched namespace; of kinds without one, or of one object; where the Lease lives; where Stepwise itself lives. */
  readonly scope: 'watched' | 'cluster' | 'lease' | 'own';
  /** What does not work without it. */
  readonly why: string;
}

function watched(group: string, resource: string, verbs: string, why: string): Right {
  return { group, resource, verbs: verbs.split(' '), scope: 'watched', why };
}

function cluster(group: string, resource: string, verbs: string, why: string, names?: readonly string[]): Right {
  return { group, resource, verbs: verbs.split(' '), scope: 'cluster', why, ...(names === undefined ? {} : { names }) };
}

function lease(group: string, resource: string, verbs: string, why: string): Right {
  return { group, resource, verbs: verbs.split(' '), scope: 'lease', why };
}

function own(resource: string, verbs: string, why: string, names?: readonly string[]): Right {
  return { group: '', resource, verbs: verbs.split(' '), scope: 'own', why, ...(names === undefined ? {} : { names }) };
}

/** Definitions that must be installed, ours last. */
export const neededDefinitions = [
  'rollouts.argoproj.io',
  'analysisruns.argoproj.io',
  'analysistemplates.argoproj.io',
  'clusteranalysistemplates.argoproj.io',
  'experiments.argoproj.io',
  'deliveryrecords.stepwise.dev',
  'deliverypolicies.stepwise.dev',
] as const;

/** Every right of manifests/install/app/rbac.yaml: a test holds the two to each other, and `doctor` asks for each. */
export const neededRights: readonly Right[] = [
  watched('argoproj.io', 'rollouts', 'get list watch patch', 'rollouts are read, started and moved'),
  watched('argoproj.io', 'rollouts/status', 'get patch', 'the state machine is the status'),
  watched('argoproj.io', 'rollouts/finalizers', 'update', 'objects that name a Rollout as blocking owner are let in'),
  watched('argoproj.io', 'experiments', 'get list watch create patch delete', 'experiments run'),
  watched(
    'argoproj.io',
    'experiments/finalizers',
    'update',
    'objects that name an Experiment as blocking owner are let in',
  ),
  watched('argoproj.io', 'analysisruns', 'get list watch create patch delete', 'analyses run'),
  watched(
    'argoproj.io',
    'analysisruns/finalizers',
    'update',
    'Jobs that name an AnalysisRun as blocking owner are let in',
  ),
  watched('argoproj.io', 'analysistemplates', 'get list watch', 'templates are read'),
  cluster('argoproj.io', 'clusteranalysistemplates', 'get list watch', 'cluster-wide templates are read'),
  watched('apps', 'replicasets', 'get list watch create patch delete', 'each revision has its pods'),
  watched(
    'apps',
    'deployments',
    'get list watch patch',
    'guarded Deployments are watched, and a workloadRef is followed',
  ),
  watched('apps', 'deployments/finalizers', 'update', 'runs that name a Deployment as blocking owner are let in'),
  watched('', 'podtemplates', 'get list watch patch', 'a workloadRef is followed'),
  watched('', 'services', 'get list watch create patch delete', 'Services lead to their pods'),
  watched('', 'pods', 'get list patch', 'why a pod is not ready is told, and pods are labelled for their role'),
  watched('', 'pods/eviction', 'create', 'restart replaces pods'),
  watched('batch', 'jobs', 'get create delete', 'analyses with a Job are measured'),
  watched('', 'pods/log', 'get', 'why a Job failed is told'),
  watched('discovery.k8s.io', 'endpointslices', 'list', 'why a Service leads nowhere is told'),
  watched('', 'secrets', 'get', 'analyses with a secretKeyRef are measured'),
  watched('networking.k8s.io', 'ingresses', 'get list watch create patch', 'ingress-nginx is driven'),
  watched('gateway.networking.k8s.io', 'httproutes', 'get list watch patch', 'Gateway API is driven'),
  watched('events.k8s.io', 'events', 'create get list', 'events are written, and those of pods read'),
  watched('', 'events', 'create get', 'events are written'),
  watched('stepwise.dev', 'deliveryrecords', 'get list create patch delete', 'each revision has its record'),
  watched('stepwise.dev', 'deliverypolicies', 'get list watch', 'which channel is bound is read'),
  cluster('authorization.k8s.io', 'subjectaccessreviews', 'create', 'Kubernetes is asked who may'),
  ...['roles', 'rolebindings'].map((resource) =>
    watched('rbac.authorization.k8s.io', resource, 'list', 'plans and why say whom to ask'),
  ),
  ...['clusterroles', 'clusterrolebindings'].map((resource) =>
    cluster('rbac.authorization.k8s.io', resource, 'list', 'plans and why say whom to ask'),
  ),
  cluster('', 'namespaces', 'get', 'the cluster has its name', ['kube-system']),
  cluster('apiextensions.k8s.io', 'customresourcedefinitions', 'get', 'schemas are read', neededDefinitions),
  lease('coordination.k8s.io', 'leases', 'get list watch create patch update', 'there is one keeper'),
  lease('apps', 'deployments', 'list', 'an Argo controller beside us is seen'),
  own('configmaps', 'get patch', 'images of builds are remembered', ['stepwise-heard-images']),
  own('configmaps', 'create', 'images of builds are remembered'),
  {
    group: 'coordination.k8s.io',
    resource: 'leases',
    verbs: ['get', 'list', 'watch', 'create', 'patch'],
    scope: 'own',
    why: 'with CONTROLLER=drive one replica tells people',
  },
];

const writtenInDrive: readonly string[] = [
  'apps/deployments',
  'apps/deployments/finalizers',
  '/podtemplates',
  'argoproj.io/analysisruns',
  'events.k8s.io/events',
];

/** What people ask for is written there, no more. */
const patchedInDrive: readonly string[] = ['argoproj.io/experiments'];

const reading: readonly string[] = ['get', 'list', 'watch'];

/**
 * Beside an Argo controller (CONTROLLER=drive) nothing of others is written but what people ask for of a Rollout, of its workload, or of an
 * Experiment, and what guards plain Deployments: themselves, their runs (which Argo measures), an event of what became of them.
 */
function isWrittenInDrive({ group, resource, scope }: Right): boolean {
  if (scope === 'cluster' || scope === 'own' || group === 'stepwise.dev') return true;
  if (scope === 'watched' && writtenInDrive.includes(`${group}/${resource}`)) return true;
  return group === 'argoproj.io' && (resource === 'rollouts' || resource === 'rollouts/status');
}

/** Read only by what does not run there. */
const unreadInDrive: readonly string[] = ['batch/jobs', '/pods/log', '/events'];

/** Every right of manifests/install/overlays/drive. */
export const drivenRights: readonly Right[] = [
  ...neededRights.flatMap((right) => {
    if (isWrittenInDrive(right)) return [right];
    const isPatched = patchedInDrive.includes(`${right.group}/${right.resource}`);
    const verbs = right.verbs.filter((verb) => reading.includes(verb) || (isPatched && verb === 'patch'));
    return verbs.length === 0 || unreadInDrive.includes(`${right.group}/${right.resource}`)
      ? []
      : [{ ...right, verbs }];
  }),
];
