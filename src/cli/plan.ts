import { type ImageChange, type PlanAnswer, planWords } from '../operations/index.ts';
import { type CliCommand, ExitCode } from './commands.ts';
import { readTarget, refused } from './target.ts';

/** `stepwise plan checkout 2.0.0`: what a start would do. */
export const planCommand: CliCommand = {
  usage: 'plan [namespace/]name [image…]',
  about: 'what a start would do: steps, time, gates, metrics with what they can see, who may',
  async run({ words, flags, isJson }, tools) {
    const [name, ...rest] = words;
    const target = readTarget(name, [], 'plan');
    const images = rest.map(readImage);
    return tools.withCluster(flags, async (cluster) => {
      const answer = await cluster.plan({ namespace: cluster.namespace, ...target }, images);
      if (!answer.done) return refused(answer, { isJson, tools });
      if (isJson) tools.print(JSON.stringify(jsonOf(answer), null, 2));
      else printPlan(answer, tools.print);
      return answer.plan.problems.length > 0 ? ExitCode.mend : ExitCode.well;
    });
  },
};

/** `2.0.0`, `repo:tag`, `web=repo/web:2`, `image=2.0.0`. */
function readImage(word: string): ImageChange {
  const equals = word.indexOf('=');
  const container = equals < 0 ? '' : word.slice(0, equals);
  const image = word.slice(equals + 1);
  return container === '' || container === 'image' ? { image } : { container, image };
}

function printPlan(answer: PlanAnswer, print: (line: string) => void): void {
  const { title, rows } = planWords(answer);
  print(`Plan of ${title}`);
  const width = Math.max(...rows.map(({ label }) => label.length)) + 2;
  for (const { label, lines } of rows) {
    for (const [index, line] of lines.entries()) {
      print(index === 0 ? `${label.padEnd(width)}${line}` : `${' '.repeat(width + 2)}${line}`);
    }
  }
}

/** Without what only takes measurements. */
function jsonOf({ plan, access }: PlanAnswer): object {
  const text = JSON.stringify({ ...plan, access: { you: access.you, others: access.others } }, (key, value: unknown) =>
    key === 'run' ? undefined : value,
  );
  return JSON.parse(text) as object;
}
