import { invalid, required } from '../../problems.ts';
import type { BlueGreenStrategy } from '../../strategy-spec.ts';
import type { World } from '../../world.ts';
import { validateAnalysis, validateAntiAffinity, validateMetadata, validateService } from '../validate-parts.ts';

const PATH = 'spec.strategy.blueGreen';
// Where Argo looks at no other object it leaves the strategy's name out.
const SHORT_PATH = 'spec.strategy';
const DEFAULT_REVISIONS = 10;
const NOT_NEGATIVE = [
  'previewReplicaCount',
  'autoPromotionSeconds',
  'scaleDownDelaySeconds',
  'scaleDownDelayRevisionLimit',
  'abortScaleDownDelaySeconds',
] as const;

/** What a blue-green strategy asks for that cannot be, and what it names that is missing or does not fit. */
export function validateBlueGreen(world: World, blueGreen: BlueGreenStrategy): string[] {
  const problems: string[] = [];
  const { activeService = '', previewService = '', scaleDownDelayRevisionLimit } = blueGreen;
  if (activeService === '') {
    problems.push(
      required(`${SHORT_PATH}.activeService`, "Rollout has missing field '.spec.strategy.blueGreen.activeService'"),
    );
  } else if (activeService === previewService) {
    const message =
      'This rollout uses the same service for the active and preview services, but two different services are required.';
    problems.push(invalid(`${SHORT_PATH}.activeService`, activeService, message));
  }
  const history = world.rollout.spec.revisionHistoryLimit ?? DEFAULT_REVISIONS;
  if (scaleDownDelayRevisionLimit !== undefined && scaleDownDelayRevisionLimit > history) {
    const message = "This rollout's revision history limit can not be smaller than the rollout's scale down limit";
    problems.push(invalid(`${SHORT_PATH}.scaleDownDelayRevisionLimit`, scaleDownDelayRevisionLimit, message));
  }
  // Unlike Argo, which checks none of these: a negative size could only fail later.
  for (const field of NOT_NEGATIVE) {
    const value = blueGreen[field];
    if (value === undefined || (Number.isInteger(value) && value >= 0)) continue;
    problems.push(invalid(`${SHORT_PATH}.${field}`, value, 'must be greater than or equal to 0'));
  }
  problems.push(...validateAntiAffinity(blueGreen.antiAffinity));
  problems.push(...validateMetadata(world, `${PATH}.previewMetadata.labels`, blueGreen.previewMetadata));
  problems.push(...validateMetadata(world, `${PATH}.activeMetadata.labels`, blueGreen.activeMetadata));
  problems.push(...validateService(world, `${PATH}.activeService`, activeService));
  problems.push(...validateService(world, `${PATH}.previewService`, previewService));
  for (const field of ['prePromotionAnalysis', 'postPromotionAnalysis'] as const) {
    const analysis = blueGreen[field];
    if (analysis === undefined || analysis.templates.length === 0) continue;
    problems.push(...validateAnalysis(world, analysis, `${PATH}.${field}.templates`, 'ends'));
  }
  return problems;
}
