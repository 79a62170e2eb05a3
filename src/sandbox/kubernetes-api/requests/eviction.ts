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
  const matching = isBudgetless(pod) ? [] : budgetsOf(api, write, pod);
  if (matching.length > 1) {
    const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new ApiError(500, 'InternalError', message);
  }
  const [budget] = matching;
  if (budget !== undefined && !isBrokenAnyway(budget, pod)) spendBudget(api, write, budget, pod);
  const options = parseDeleteOptions(objectAt(readObjectBody(request), 'deleteOptions'), request.query);
  deleteObject(api, write, pod, options);
  return jsonAnswer({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, 201);
}

function budgetsOf(api: Api, write: Write, pod: StoredObject): readonly StoredObject[] {
  const labels = labelsOf(pod);
  return api.store
    .collection(budgets)
    .list(write.namespace)
    .filter((budget) => {
      const { selector } = objectAt(budget, 'spec');
      return isObject(selector) && matchesLabelSelector(selector, labels);
    });
}

/** What has not begun, is over or is going serves nobody. */
function isBudgetless(pod: StoredObject): boolean {
  const { phase } = objectAt(pod, 'status');
  const isAtWork = phase !== 'Pending' && phase !== 'Succeeded' && phase !== 'Failed';
  return !isAtWork || pod.metadata.deletionTimestamp !== undefined;
}

/** A pod that is not ready may go while enough others are healthy (`unhealthyPodEvictionPolicy: IfHealthyBudget`), or always. */
function isBrokenAnyway(budget: StoredObject, pod: StoredObject): boolean {
  const { conditions } = objectAt(pod, 'status');
  const isReady =
    Array.isArray(conditions) &&
    conditions.some((one) => isObject(one) && one.type === 'Ready' && one.status === 'True');
  if (isReady) return false;
  if (objectAt(budget, 'spec').unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const status = objectAt(budget, 'status');
  const desired = numberAt(status, 'desiredHealthy') ?? 0;
  return desired > 0 && (numberAt(status, 'currentHealthy') ?? 0) >= desired;
}

const refused = "Cannot evict pod as it would violate the pod's disruption budget.";

function spendBudget(api: Api, write: Write, budget: StoredObject, pod: StoredObject): void {
  const status = objectAt(budget, 'status');
  const { name } = budget.metadata;
  if ((numberAt(status, 'observedGeneration') ?? 0) < (numberAt(budget.metadata, 'generation') ?? 0)) {
    const message = `The disruption budget ${name} is still being processed by the server.`;
    throw tooManyRequests(refused, [{ reason: 'DisruptionBudget', message }], { retryAfterSeconds: 10 });
  }
  const allowed = numberAt(status, 'disruptionsAllowed') ?? 0;
  if (allowed <= 0) {
    const desired = numberAt(status, 'desiredHealthy') ?? 0;
    const healthy = numberAt(status, 'currentHealthy') ?? 0;
    throw tooManyRequests(refused, [
      {
        reason: 'DisruptionBudget',
        message: `The disruption budget ${name} needs ${desired} healthy pods and has ${healthy} currently`,
      },
    ]);
  }
  if (write.isDryRun) return;
  const disrupted = { ...objectAt(status, 'disruptedPods'), [pod.metadata.name]: new Date(api.nowMs()).toISOString() };
  const used = { ...status, disruptionsAllowed: allowed - 1, disruptedPods: disrupted };
  api.store.put(placeOf(budgets, budget), { ...budget, status: used });
}
