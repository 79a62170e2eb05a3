import type { JsonObject } from '../../../lib/index.ts';
import type { FieldCause } from '../api-error.ts';
import { isObject, isSame, listAt, objectAt, type StoredObject, textAt, withField } from '../kubernetes-object.ts';
import { checkLabelName } from '../objects/metadata.ts';

/** What trips people in a pod's spec, in Kubernetes' words: no containers, unnamed or doubled ones, no image. */
export function checkPodSpec(spec: JsonObject, path: string, causes: FieldCause[]): void {
  if (listAt(spec, 'containers').length === 0) {
    causes.push({ field: `${path}.containers`, reason: 'FieldValueRequired', message: 'Required value' });
  }
  const names = new Set<string>();
  for (const list of ['initContainers', 'containers']) {
    for (const [index, container] of listAt(spec, list).entries()) {
      if (!isObject(container)) continue;
      const at = `${path}.${list}[${index}]`;
      const name = textAt(container, 'name');
      if (name === '') causes.push({ field: `${at}.name`, reason: 'FieldValueRequired', message: 'Required value' });
      else if (names.has(name)) {
        causes.push({ field: `${at}.name`, reason: 'FieldValueDuplicate', message: `Duplicate value: "${name}"` });
      } else checkLabelName(name, `${at}.name`, causes);
      names.add(name);
      if (textAt(container, 'image') === '') {
        causes.push({ field: `${at}.image`, reason: 'FieldValueRequired', message: 'Required value' });
      }
    }
  }
}

/** Of a pod's spec only the images, the deadline, tolerations, gates and the node may change. */
export function checkPod(object: StoredObject, causes: FieldCause[], old: StoredObject | undefined): void {
  checkPodSpec(objectAt(object, 'spec'), 'spec', causes);
  if (old === undefined || isSame(frozenSpec(object), frozenSpec(old))) return;
  const message =
    'Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
    '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` ' +
    '(allow it to be set to 1 if it was previously negative)';
  causes.push({ field: 'spec', reason: 'FieldValueForbidden', message });
}

function frozenSpec(object: StoredObject): JsonObject {
  const {
    activeDeadlineSeconds: _a,
    tolerations: _t,
    // Set once, by a scheduler through pods/binding; stand-ins of one set it themselves.
    nodeName: _n,
    schedulingGates: _g,
    ...spec
  } = objectAt(object, 'spec');
  const withoutImages = (field: string) =>
    listAt(spec, field).map((container) => (isObject(container) ? withField(container, 'image', '') : container));
  return { ...spec, containers: withoutImages('containers'), initContainers: withoutImages('initContainers') };
}
