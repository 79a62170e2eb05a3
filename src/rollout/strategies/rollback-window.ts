import type { Ground } from '../scene.ts';

/**
 * Whether the canary is an earlier revision that the author lets come back without steps: made before stable, with fewer than
 * `rollbackWindow.revisions` made between them. By creation times, not by revision numbers.
 */
export function isWithinRollbackWindow(scene: Ground): boolean {
  const { canary, stable } = scene;
  const size = scene.spec.rollbackWindow?.revisions ?? 0;
  if (size <= 0 || canary === undefined || stable === undefined || canary.createdAtMs >= stable.createdAtMs)
    return false;
  const between = scene.retired.filter(
    (one) => one.createdAtMs > canary.createdAtMs && one.createdAtMs < stable.createdAtMs,
  );
  return between.length < size;
}
