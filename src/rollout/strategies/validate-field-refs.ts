import { explainFieldPath } from '../field-path.ts';
import { invalid } from '../problems.ts';
import type { RolloutAnalysis } from '../strategy-spec.ts';
import type { World } from '../world.ts';

/** Arguments of an analysis that refer to a field which the Rollout can never have. */
export function validateFieldRefs({ rollout }: World, { args }: RolloutAnalysis, path: string): string[] {
  return args.flatMap(({ valueFrom }, index) => {
    const fieldPath = valueFrom?.fieldRef?.fieldPath;
    const reason = fieldPath === undefined ? undefined : explainFieldPath(rollout, fieldPath);
    const field = `${path}[${index}].valueFrom.fieldRef.fieldPath`;
    return reason === undefined || fieldPath === undefined ? [] : [invalid(field, fieldPath, reason)];
  });
}
