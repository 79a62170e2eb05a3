import type { Json, JsonObject } from '../../../lib/index.ts';
import { isObject, listAt, numberAt, objectAt, textAt } from '../kubernetes-object.ts';

const defaultPercent = 80;

/** autoscaling/v1 knows one number, the share of requested CPU; autoscaling/v2, in which autoscalers are stored, a list of metrics. */
export const autoscalerConversion = {
  toServed(stored: JsonObject): JsonObject {
    const { metrics: _metrics, behavior: _behavior, ...spec } = objectAt(stored, 'spec');
    const { currentMetrics: _current, conditions: _conditions, ...status } = objectAt(stored, 'status');
    const wanted = numberAt(
      objectAt(cpuOf(listAt(objectAt(stored, 'spec'), 'metrics')), 'target'),
      'averageUtilization',
    );
    const seen = objectAt(cpuOf(listAt(objectAt(stored, 'status'), 'currentMetrics')), 'current');
    const used = numberAt(seen, 'averageUtilization');
    return {
      ...stored,
      apiVersion: 'autoscaling/v1',
      spec: { ...spec, ...(wanted === undefined ? {} : { targetCPUUtilizationPercentage: wanted }) },
      status: {
        currentReplicas: 0,
        ...status,
        ...(used === undefined ? {} : { currentCPUUtilizationPercentage: used }),
      },
    };
  },
  toStored(served: JsonObject): JsonObject {
    const { targetCPUUtilizationPercentage: percent, ...spec } = objectAt(served, 'spec');
    const target = { type: 'Utilization', averageUtilization: typeof percent === 'number' ? percent : defaultPercent };
    const metrics: Json[] = [{ type: 'Resource', resource: { name: 'cpu', target } }];
    const { currentCPUUtilizationPercentage: _used, ...status } = objectAt(served, 'status');
    return { ...served, apiVersion: 'autoscaling/v2', spec: { minReplicas: 1, metrics, ...spec }, status };
  },
};

function cpuOf(metrics: readonly Json[]): JsonObject {
  const cpu = metrics.filter(isObject).find((metric) => textAt(objectAt(metric, 'resource'), 'name') === 'cpu');
  return objectAt(cpu, 'resource');
}
