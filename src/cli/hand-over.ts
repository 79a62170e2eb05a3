import { redact } from '../lib/index.ts';
import type { Direction, HandOverPlan, HandOverRow } from '../operations/index.ts';
import { type CliCommand, type CliTools, type ClusterQuestions, ExitCode } from './commands.ts';
import { UsageError } from './read-arguments.ts';

/** `stepwise take-over`: Stepwise goes on with what an Argo controller runs. */
export const takeOverCommand = handOverCommand('takeOver', {
  usage: 'take-over [--dry-run] [--yes] [--anyway]',
  about: 'run the Rollouts in place of an Argo controller: shows what each would mean, asks, does it',
});

/** `stepwise hand-back`: the other way. */
export const handBackCommand = handOverCommand('handBack', {
  usage: 'hand-back [--dry-run] [--yes] [--anyway]',
  about: 'give the Rollouts back to the Argo controller: the same',
});

function handOverCommand(direction: Direction, { usage, about }: Pick<CliCommand, 'usage' | 'about'>): CliCommand {
  return {
    usage,
    about,
    flags: ['--dry-run', '--yes', '--anyway'],
    async run({ words, flags, isJson, switches }, tools) {
      if (words.length > 0) throw new UsageError(`did not understand "${words.join(' ')}"`);
      return tools.withCluster(flags, async (cluster) => {
        const plan = await cluster.planHandOver(direction);
        if (isJson) tools.print(redact(JSON.stringify(plan, null, 2)));
        else printPlan(plan, (line) => tools.print(redact(line)));
        if (plan.obstacles.length > 0) return ExitCode.mend;
        if (plan.isDone) return ExitCode.well;
        const refused = plan.rows.filter(isLeftBehind).length;
        if (switches.has('--dry-run')) return refused > 0 ? ExitCode.mend : ExitCode.well;
        if (refused > 0 && !switches.has('--anyway')) {
          tools.complain(`Nothing was done: ${leftBehindWords(direction, refused)}. Mend them, or say --anyway.`);
          return ExitCode.mend;
        }
        return carryOut(direction, { isSure: switches.has('--yes'), cluster, tools });
      });
    },
  };
}

interface Carrying {
  readonly isSure: boolean;
  readonly cluster: ClusterQuestions;
  readonly tools: CliTools;
}

async function carryOut(direction: Direction, { isSure, cluster, tools }: Carrying): Promise<ExitCode> {
  const answer = isSure || (await tools.confirm(direction === 'takeOver' ? 'Take over?' : 'Hand back?'));
  if (answer !== true) {
    tools.complain(
      answer === false ? 'Nothing was done.' : 'Nothing was done: nobody is there to be asked. Say --yes.',
    );
    return ExitCode.notDone;
  }
  const end = await cluster.handOver(direction, (line) => tools.print(`✓ ${line}`));
  if (!end.done) {
    const again = direction === 'takeOver' ? 'take-over' : 'hand-back';
    tools.complain(`Stopped: ${end.at}. Whoever holds the Lease goes on; stepwise ${again} goes on from here.`);
    return ExitCode.mend;
  }
  tools.print(`✓ ${end.holder} runs the Rollouts`);
  const mode = direction === 'takeOver' ? 'own' : 'drive';
  tools.print(
    `Write CONTROLLER=${mode} into what installs Stepwise, too: whoever applies it next must not put back what was.`,
  );
  return ExitCode.well;
}

function isLeftBehind({ adoption, unknown = [] }: HandOverRow): boolean {
  return adoption?.kind === 'refused' || unknown.length > 0;
}

function leftBehindWords(direction: Direction, count: number): string {
  const whose = count === 1 ? '1 Rollout' : `${count} Rollouts`;
  return direction === 'takeOver'
    ? `${whose} would stand still: pods and requests stay as they are, and nobody moves them`
    : `${whose} would not go on as planned`;
}

const runners: Readonly<Record<HandOverPlan['runner'], string>> = {
  argo: 'an Argo controller',
  stepwise: 'Stepwise',
  nobody: 'nobody',
};

function printPlan(plan: HandOverPlan, print: (line: string) => void): void {
  const { direction, argoName = 'Argo Rollouts', rows } = plan;
  print(direction === 'takeOver' ? `Take-over: ${argoName} → Stepwise` : `Hand-back: Stepwise → ${argoName}`);
  print(`Now ${plan.runner === 'argo' ? argoName : runners[plan.runner]} runs the Rollouts.`);
  const width = Math.max(0, ...rows.map(({ namespace, name }) => namespace.length + name.length + 1)) + 2;
  for (const row of rows) {
    const [first = '', ...more] = rowLines(row);
    print(`  ${`${row.namespace}/${row.name}`.padEnd(width)}${first}`);
    for (const line of more) print(`  ${' '.repeat(width)}${line}`);
  }
  const refused = rows.filter(isLeftBehind).length;
  print(`${rows.length} Rollouts${refused === 0 ? '' : `, of which ${leftBehindWords(direction, refused)}`}.`);
  for (const obstacle of plan.obstacles) print(`✗ ${obstacle}`);
  if (plan.isDone) print('Nothing is left to do.');
  for (const [index, step] of plan.obstacles.length > 0 ? [] : plan.steps.entries()) print(`${index + 1}. ${step}.`);
}

function rowLines(row: HandOverRow): readonly string[] {
  const { adoption, unknown = [] } = row;
  if (adoption === undefined) return unknown.length === 0 ? [`goes on ${whereWords(row)}`] : unknown;
  if (adoption.kind === 'refused') return adoption.why.map((why, index) => (index === 0 ? `refused: ${why}` : why));
  const by = { hash: 'adopted by hash', meaning: 'adopted by meaning (other hash)', new: 'has no pods yet' };
  return [`${by[adoption.by]}, ${whereWords(row)}`, ...adoption.firstActs.map((act) => `at once: ${act}`)];
}

/** `at 25 %, step 2 of 4, gate` */
function whereWords({ state, weightPercent, step, revision }: HandOverRow): string {
  if (state === 'live') return `rev ${revision}, live`;
  const steps = step.count === 0 ? '' : `, step ${Math.min(step.index + 1, step.count)} of ${step.count}`;
  return `rev ${revision}, at ${weightPercent} %${steps}, ${state}`;
}
