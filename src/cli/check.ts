import { type CheckAnswer, type CheckedMetric, checkWords } from '../operations/index.ts';
import { type CliCommand, ExitCode } from './commands.ts';
import { readTarget, refused } from './target.ts';

/** `stepwise check checkout`: every metric measured once, now, from where this runs. */
export const checkCommand: CliCommand = {
  usage: 'check [namespace/]name',
  about: 'measure each metric of its analyses once, now, without a rollout',
  async run({ words, flags, isJson }, tools) {
    const [name, ...others] = words;
    const target = readTarget(name, others, 'check');
    return tools.withCluster(flags, async (cluster) => {
      const answer = await cluster.check({ namespace: cluster.namespace, ...target });
      if (!answer.done) return refused(answer, { isJson, tools });
      if (isJson) tools.print(JSON.stringify(jsonOf(answer), null, 2));
      else printCheck(answer, tools.print);
      if (flags.prometheus === undefined && answer.metrics.some(({ reading }) => reading.kind === 'failed'))
        tools.complain(
          'If Prometheus is not reached from here: --prometheus http://localhost:9090 and a kubectl port-forward.',
        );
      return needsMending(answer) ? ExitCode.mend : ExitCode.well;
    });
  },
};

function printCheck(answer: CheckAnswer, print: (line: string) => void): void {
  const { title, lines, foot } = checkWords(answer);
  print(title);
  for (const { mark, text } of lines) print(`${mark} ${text}`);
  print(foot);
}

function jsonOf({ done: _, ...answer }: CheckAnswer): object {
  return answer;
}

/** A metric on trial decides nothing, and one that waits for an update cannot be judged without one. */
function needsMending({ metrics, problems, update }: CheckAnswer): boolean {
  return problems.length > 0 || metrics.some((metric) => !metric.isDryRun && isBad(metric, update));
}

function isBad({ reading, sight }: CheckedMetric, update: CheckAnswer['update']): boolean {
  switch (reading.kind) {
    case 'measured':
      return reading.verdict !== 'passes';
    case 'noData':
      // Without an update there is no canary that it could say anything of.
      return sight.kind !== 'canary' || update === 'underWay';
    case 'waitsForUpdate':
      return false;
    case 'failed':
    case 'notAsked':
      return true;
  }
}
