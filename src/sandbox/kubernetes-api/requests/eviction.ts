import type { Api, Write } from '../api.ts';
import { ApiError, methodNotAllowed, tooManyRequests } from '../api-error.ts';
import { isObject, labelsOf, numberAt, objectAt, type StoredObject } from '../kubernetes-object.ts';
import { deleteObject, parseDeleteOptions } from '../objects/delete.ts';
import { placeOf } from '../store/store.ts';
import { type Answer, jsonAnswer } from './answer.ts';
import { type ApiRequest, readObjectBody } from './request.ts';
import { matchesLabelSelector } from './selectors.ts';

const budgets = 'poddisruptionbudgets.policy';

/** `POST pods/<name>/eviction`: a deletion that asks the pod's disruption budget first, and uses it up. */
export function answerEviction(api: Api, request: ApiRequest, write: Write, pod: StoredObject): Answer {
  if (request.method !== 'POST') throw methodNotAllowed();
  const labels = labelsOf(pod);
  const matching = api.store
    .collection(budgets)
    .list(write.namespace)
    .filter((budget) => {
      const { selector } = objectAt(budget, 'spec');
      return isObject(selector) && matchesLabelSelector(selector, labels);
    });
  if (matching.length > 1) {
    const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new ApiError(500, 'InternalError', message);
  }
  const [budget] = matching;
  if (budget !== undefined) spendBudget(api, write, budget, pod);
  const options = parseDeleteOptions(objectAt(readObjectBody(request), 'deleteOptions'), request.query);
  deleteObject(api, write, pod, options);
  return jsonAnswer({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, 201);
}

function spendBudget(api: Api, write: Write, budget: StoredObject, pod: StoredObject): void {
  const status = objectAt(budget, 'status');
  const allowed = numberAt(status, 'disruptionsAllowed') ?? 0;
  if (allowed <= 0) {
    const desired = numberAt(status, 'desiredHealthy') ?? 0;
    const healthy = numberAt(status, 'currentHealthy') ?? 0;
    throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", [
      {
        reason: 'DisruptionBudget',
        message: `The disruption budget ${budget.metadata.name} needs ${desired} healthy pods and has ${healthy} currently`,
      },
    ]);
  }
  if (write.isDryRun) return;
  const disrupted = { ...objectAt(status, 'disruptedPods'), [pod.metadata.name]: new Date(api.nowMs()).toISOString() };
  const used = { ...status, disruptionsAllowed: allowed - 1, disruptedPods: disrupted };
  api.store.put(placeOf(budgets, budget), { ...budget, status: used });
}
