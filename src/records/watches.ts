import type { AnalysisRun } from '../analysis/index.ts';
import { wouldHaveFailed } from '../rollout/index.ts';
import type { NewEntry } from './records.ts';
import { entry, type Scene } from './scene.ts';
import type { Seen } from './sight.ts';
import { factOf } from './verdicts.ts';

/** Metrics on trial (`dryRun`) of this revision's runs that would have ended them badly: told once each, as a notice and never a verdict. */
export function watchesOf(scene: Scene): { readonly seen: Seen; readonly entries: readonly NewEntry[] } {
  const { look, record } = scene;
  const raised = look.world.analysisRuns
    .filter((run) => run.metadata.annotations['rollout.argoproj.io/revision'] === String(look.revision))
    .flatMap((run) => watchedResults(run).map((result) => ({ run, result, key: keyOf(run, result.name) })));
  const untold = raised.filter(({ key }) => record.seen[key] === undefined);
  return {
    seen: Object.fromEntries(untold.map(({ key, result }) => [key, result.phase])),
    entries: untold.map(({ run, result }) => {
      const [name, fact] = factOf(run, result);
      const text = `${name} is on trial (dryRun) and would have been ${fact}`;
      return entry(scene, 'watchRaised', { text, facts: { run: run.metadata.name, [name]: fact } });
    }),
  };
}

function watchedResults(run: AnalysisRun) {
  return run.status.metricResults.filter((result) => result.dryRun === true && wouldHaveFailed(result));
}

/** Begins as all that a record remembers of a run and keeps (`keptOf`). */
function keyOf(run: AnalysisRun, metric: string): string {
  return `run:${run.metadata.name}/watch/${metric}`;
}
