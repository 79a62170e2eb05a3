import type { JsonObject } from '../../../lib/index.ts';
import type { FieldCause } from '../api-error.ts';
import {
  isObject,
  isSame,
  labelsOf,
  numberAt,
  objectAt,
  type StoredObject,
  textAt,
  valueAt,
  withValueAt,
} from '../kubernetes-object.ts';
import { matchesLabelSelector } from '../requests/selectors.ts';
import { checkPodSpec } from './pod-checks.ts';
import { fillTemplateAt } from './pod-template.ts';

export function fillDeployment(object: JsonObject): JsonObject {
  const filled = fillTemplateAt(object, ['spec', 'template', 'spec']);
  const strategy = valueAt(filled, ['spec', 'strategy']);
  if (!isObject(strategy) || strategy.type !== 'RollingUpdate') return filled;
  const rollingUpdate = { maxSurge: '25%', maxUnavailable: '25%', ...objectAt(strategy, 'rollingUpdate') };
  return withValueAt(filled, ['spec', 'strategy', 'rollingUpdate'], rollingUpdate);
}

export function fillTemplate(object: JsonObject): JsonObject {
  return fillTemplateAt(object, ['spec', 'template', 'spec']);
}

/** The rules of every kind that has a selector and a pod template; the selector never changes. */
export function checkWorkload(object: StoredObject, causes: FieldCause[], old: StoredObject | undefined): void {
  const spec = objectAt(object, 'spec');
  const replicas = numberAt(spec, 'replicas');
  if (replicas !== undefined && replicas < 0) causes.push(negative('spec.replicas', replicas));
  const template = objectAt(spec, 'template');
  const metadata = objectAt(template, 'metadata');
  const { selector } = spec;
  if (!isObject(selector) || !matchesLabelSelector(selector, labelsOf({ metadata }))) {
    const shown = JSON.stringify(objectAt(metadata, 'labels'));
    causes.push({
      field: 'spec.template.metadata.labels',
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${shown}: \`selector\` does not match template \`labels\``,
    });
  }
  checkCounts(objectAt(object, 'status'), causes);
  const before = valueAt(old, ['spec', 'selector']);
  if (before !== undefined && selector !== undefined && !isSame(before, selector)) {
    const message = `Invalid value: ${JSON.stringify(selector)}: field is immutable`;
    causes.push({ field: 'spec.selector', reason: 'FieldValueInvalid', message });
  }
  const strategy = objectAt(spec, 'strategy');
  if (strategy.type === 'Recreate' && isObject(strategy.rollingUpdate)) {
    const message = "Forbidden: may not be specified when strategy `type` is 'Recreate'";
    causes.push({ field: 'spec.strategy.rollingUpdate', reason: 'FieldValueForbidden', message });
  }
  checkTimes(spec, causes);
  checkPodSpec(objectAt(template, 'spec'), 'spec.template.spec', causes);
  const policy = textAt(objectAt(template, 'spec'), 'restartPolicy');
  if (policy !== '' && policy !== 'Always') {
    const message = `Unsupported value: ${JSON.stringify(policy)}: supported values: "Always"`;
    causes.push({ field: 'spec.template.spec.restartPolicy', reason: 'FieldValueNotSupported', message });
  }
}

/** A Deployment's pods must be able to be ready for long enough before its deadline. */
function checkTimes(spec: JsonObject, causes: FieldCause[]): void {
  for (const field of ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds']) {
    const value = numberAt(spec, field) ?? 0;
    if (value < 0) causes.push(negative(`spec.${field}`, value));
  }
  const deadline = numberAt(spec, 'progressDeadlineSeconds');
  if (deadline === undefined || deadline > (numberAt(spec, 'minReadySeconds') ?? 0)) return;
  const message = `Invalid value: ${deadline}: must be greater than minReadySeconds`;
  causes.push({ field: 'spec.progressDeadlineSeconds', reason: 'FieldValueInvalid', message });
}

const counted = ['fullyLabeledReplicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'];

/** A status counts no more of its replicas than it has. */
function checkCounts(status: JsonObject, causes: FieldCause[]): void {
  const all = numberAt(status, 'replicas') ?? 0;
  for (const field of counted) {
    const count = numberAt(status, field) ?? 0;
    const message = `Invalid value: ${count}: cannot be greater than status.replicas`;
    if (count > all) causes.push({ field: `status.${field}`, reason: 'FieldValueInvalid', message });
  }
  const available = numberAt(status, 'availableReplicas') ?? 0;
  if (available <= (numberAt(status, 'readyReplicas') ?? 0)) return;
  const message = `Invalid value: ${available}: cannot be greater than readyReplicas`;
  causes.push({ field: 'status.availableReplicas', reason: 'FieldValueInvalid', message });
}

function negative(field: string, value: number): FieldCause {
  const message = `Invalid value: ${value}: must be greater than or equal to 0`;
  return { field, reason: 'FieldValueInvalid', message };
}

const jobDefaults = {
  backoffLimit: 6,
  completionMode: 'NonIndexed',
  manualSelector: false,
  parallelism: 1,
  podReplacementPolicy: 'TerminatingOrFailed',
  suspend: false,
};

/** Only a Job itself is filled: the job template of a CronJob stays as it was sent. */
export function fillJob(object: JsonObject): JsonObject {
  const filled = fillTemplate(object);
  const spec = objectAt(filled, 'spec');
  const isSingle = spec.completions === undefined && spec.parallelism === undefined;
  return { ...filled, spec: { ...jobDefaults, ...(isSingle ? { completions: 1 } : {}), ...spec } };
}

/** A Job finds its pods by its own uid. */
export function beginJob(job: StoredObject): StoredObject {
  const spec = objectAt(job, 'spec');
  if (spec.manualSelector === true) return { ...job, status: {} };
  const { uid, name } = job.metadata;
  const template = objectAt(spec, 'template');
  const metadata = objectAt(template, 'metadata');
  const labels = {
    ...objectAt(metadata, 'labels'),
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  const selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
  const own = Object.keys(objectAt(job.metadata, 'labels')).length === 0 ? { labels } : {};
  return {
    ...job,
    metadata: { ...job.metadata, ...own },
    spec: { ...spec, selector, template: { ...template, metadata: { ...metadata, labels } } },
    status: {},
  };
}

export function checkJob(object: StoredObject, causes: FieldCause[]): void {
  const policy = textAt(objectAt(objectAt(objectAt(object, 'spec'), 'template'), 'spec'), 'restartPolicy');
  if (policy === 'OnFailure' || policy === 'Never') return;
  const message = `Required value: valid values: "OnFailure", "Never"`;
  causes.push({ field: 'spec.template.spec.restartPolicy', reason: 'FieldValueRequired', message });
}
