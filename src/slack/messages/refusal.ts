import type { Refusal, RefusalReason } from '../../operations/index.ts';
import { trialNamed } from '../../rollout/index.ts';
import type { Command } from '../commands/command.ts';
import { print } from '../commands/print.ts';
import { deploymentRefusal } from './deployment-words.ts';
import { gitRefusalWords } from './git-refusal.ts';
import { capital, code, type Mrkdwn, quote } from './mrkdwn.ts';
import { forcedAbortLine, guidance } from './no-return-words.ts';
import { trialRefusals } from './trial-words.ts';
import { versionOf } from './version.ts';

export interface RefusalWords {
  readonly why: Mrkdwn;
  /** Lines that would work, copyable. */
  readonly works: readonly string[];
  /** Lines behind buttons, at most five. */
  readonly buttons: readonly { readonly text: string; readonly line: string; readonly isConfirmed: boolean }[];
}

type Facts = Readonly<Record<string, string>>;
type Words = (facts: Facts, command: Command) => { readonly why: Mrkdwn; readonly works?: readonly string[] };

/** No, in words: why it cannot be, and what would work. One entry per reason; the compiler counts them. */
const words: Readonly<Record<RefusalReason, Words>> = {
  unknownRollout: (facts, command) => ({
    why: `there is no rollout ${name(facts, command)}${facts.namespace ? ` in ${fact(facts, 'namespace')}` : ''} that you may see.`,
    works: ['list'],
  }),
  ambiguousName: (facts, command) => ({ why: `there is more than one ${name(facts, command)}: which one?` }),
  notAllowed: (facts, command) => ({
    why: `Kubernetes does not allow ${fact(facts, 'user', 'you')} to ${code(fact(facts, 'verb', command.verb))} in ${fact(facts, 'namespace', 'this namespace')}${facts.rule ? ` (${fact(facts, 'rule')})` : ''}. ${whoCanHelp(facts, command)}${facts.isUnbound === 'true' ? unboundToo(facts) : ''}`,
  }),
  accessUnknown: () => ({
    why: 'Kubernetes could not say whether you may. Nothing was changed; try again in a moment.',
  }),
  unboundChannel: (facts) => ({
    why: `this channel is not bound to ${fact(facts, 'namespace', 'that namespace')} (its DeliveryPolicy names the channels): what raises risk is asked in its own channel. Abort, pause and undo work anywhere.`,
  }),
  unknownContainer: (facts) => ({ why: `there is no container ${fact(facts, 'container', 'of that name')}.` }),
  whichContainer: () => ({ why: 'it has several containers: which one gets the image?' }),
  badImage: (facts) => ({
    why: `${fact(facts, 'image', 'that')} is no image. A tag (2.0.0), repo:tag or sha256:… is.`,
    works: ['start checkout 2.0.0'],
  }),
  otherRepository: (facts) => ({
    why: `that is another repository than today's: ${fact(facts, 'from', '?')} → ${fact(facts, 'to', '?')}. Really?`,
  }),
  needsReason: (facts, command) => ({
    why: `${code(fact(facts, 'verb', command.verb))} goes past what was measured or is usual here, so it needs a reason.`,
    works: [print({ ...command, reason: '…' })],
  }),
  emptyReason: (facts) => ({
    why: `no reason was written for ${fact(facts, 'name', 'it')}: write it above the button.`,
  }),
  unusualTag: (facts) => ({
    why: `usual tags here look like ${fact(facts, 'usual', 'others')}, and tags are never rewritten. Which one?`,
  }),
  notForDeployments: ({ verb = '' }, command) => deploymentRefusal(verb, command),
  notSupportedYet: (facts) => ({ why: `${fact(facts, 'what', 'that')} comes later. Nothing was done.` }),
  workloadRuns: (facts) => ({
    why: `${fact(facts, 'workload', 'its Deployment')} still runs ${fact(facts, 'replicas', 'some')} pods of its own: with another image it replaces them by itself, past every step and analysis. Scale it to 0 first.`,
  }),
  notAtGate: (_, command) => ({
    why: 'nothing waits for a promote now: pods start, or a weight is being set. The card says what comes next.',
    works: [line(command, 'status')],
  }),
  undoWhileMoving: (_, command) => ({
    why: 'it is still on its way: abort takes all requests back to stable at once.',
    works: [line(command, 'abort')],
  }),
  alreadyThere: (facts) => ({ why: `revision ${fact(facts, 'revision', 'of that number')} is the one that runs.` }),
  alreadyRuns: (facts) => ({
    why: `it already runs ${fact(facts, 'image', 'that image')}${facts.revision ? ` (rev ${fact(facts, 'revision')})` : ''}.`,
  }),
  isMoving: (facts, command) => ({
    why: `a rollout${facts.image ? ` of ${quote(versionOf(facts.image), 60)}` : ''} is under way.`,
    works: [line(command, 'status')],
  }),
  staleCard: (facts, command) => ({
    why: `the card showed something that is no longer so: ${staleFacts(facts)}.`,
    works: [line(command, 'status')],
  }),
  nothingMoving: (_, command) => ({ why: 'nothing is under way there.', works: [line(command, 'status')] }),
  analysisRunning: ({ strategy }, command) => ({
    why: 'an analysis is running; promoting beside it would leave it unmeasured. Wait for its verdict, or end it by name.',
    works: [line(command, strategy === 'blueGreen' ? 'finish' : 'skip')],
  }),
  noSteps: (_, command) => ({
    why: 'blue-green has no steps to skip. Finish leaves out all that is left of its plan.',
    works: [line(command, 'finish')],
  }),
  gateNeedsPromote: (_, command) => ({
    why: 'this is a gate of the plan, not a pause that someone asked for: it wants a promote.',
    works: [line(command, 'promote')],
  }),
  notPaused: () => ({ why: 'nobody has paused it.' }),
  alreadyFrozen: (facts, command) => ({
    why: `it is frozen already${facts.heldBy === 'verdict' ? ', by the verdict against it' : ''}. ${guidance({ what: facts.point ?? '', stable: undefined })}`,
    works: [
      line(command, facts.heldBy === 'verdict' ? 'promote' : 'resume'),
      ...(command.target === undefined ? [] : [forcedAbortLine(command.target)]),
    ],
  }),
  ...trialRefusals,
  alreadyPaused: (facts, command) => ({ why: `it is paused already${by(facts)}.`, works: [line(command, 'resume')] }),
  notAborted: (_, command) => ({
    why: 'it was not aborted, so there is nothing to try again. New pods of the same version are a restart.',
    works: [line(command, 'restart')],
  }),
  alreadyRestarting: (_, command) => ({
    why: 'it is restarting already: its pods are made anew, a few at a time.',
    works: [line(command, 'status')],
  }),
  isAborted: (_, command) => ({
    why: 'it was aborted: it does not go on until someone says so.',
    works: [line(command, 'retry')],
  }),
  alreadyAborted: (facts) => ({ why: `it is aborted already${by(facts)}: the requests go, or are going, to stable.` }),
  unknownRevision: (facts, command) => ({
    why: `revision ${fact(facts, 'revision', 'of that number')} is not kept any more.`,
    works: [line(command, 'undo')],
  }),
  neverHealthy: (facts, command) => ({
    why: `revision ${fact(facts, 'revision', 'of that number')} was never healthy: it comes back step by step, or at once for a reason.`,
    works: [
      print({ ...only(command), verb: 'undo', ...revision(facts), withSteps: true }),
      print({ ...only(command), verb: 'undo', ...revision(facts), reason: '…' }),
    ],
  }),
  noEarlierRevision: () => ({ why: 'there is no earlier healthy revision to go back to.' }),
  pastReturn: (facts, command) => ({
    why: guidance({ what: facts.point ?? '', stable: facts.image?.split(' ').map(versionOf).join(', ') }),
    works: [print({ ...command, verb: 'undo', isForced: true, reason: command.reason ?? '…' })],
  }),
  invalidSpec: (facts) => ({
    why: `its spec is invalid, so nothing can move: ${fact(facts, 'message', 'see its conditions', 300)}`,
  }),
  gitOwned: (facts) => ({ why: gitRefusalWords(facts) }),
  overrideNeedsReason: (_, command) => ({
    why: 'overriding Git needs a reason, for those who find Git and cluster at odds.',
    works: [overrideLine(command)],
  }),
  controllerSilent: (facts, command) => ({
    why:
      facts.part === 'measures'
        ? `${fact(facts, 'controller', 'the controller')} measures it and gives no sign of life: its pods would move, and nothing would judge them. Abort, pause and undo work.`
        : `${fact(facts, 'controller', 'the controller')} runs it and gives no sign of life: nothing would move now, and it would come as a surprise later. Abort, pause and undo are written down and done when it is back.`,
    works: [line(command, 'why')],
  }),
  movedMeanwhile: (_, command) => ({
    why: 'it changed while I was writing, again and again. Nothing was done; look and try once more.',
    works: [line(command, 'status')],
  }),
};

export function refusalWords(refusal: Refusal, command: Command): RefusalWords {
  const { why: because, works = [] } = words[refusal.reason](refusal.facts, command);
  const [meant, another] = refusal.candidates ?? [];
  const isGuess = refusal.reason === 'unknownRollout' && meant !== undefined && another === undefined;
  const why = isGuess ? `${because} Did you mean ${quote(meant, 130)}?` : because;
  return { why, works, buttons: choices(refusal, command).slice(0, 5) };
}

/** What was perhaps meant, one button each. Names are suggested, never acted on. */
function choices(refusal: Refusal, command: Command): RefusalWords['buttons'] {
  const candidates = refusal.candidates ?? [];
  if (refusal.reason === 'otherRepository' || refusal.reason === 'workloadRuns')
    return [{ text: 'Yes, start it', line: print(command), isConfirmed: true }];
  if (refusal.reason === 'gitOwned') return overrideChoice(refusal, command);
  if (refusal.reason === 'unusualTag') return tagChoices(refusal, command);
  if (refusal.reason === 'alreadyRuns')
    return [{ text: 'Restart pods', line: line(command, 'restart'), isConfirmed: false }];
  if (refusal.reason === 'undoWhileMoving') {
    const abort = line(command, 'abort');
    return [{ text: capital(abort), line: abort, isConfirmed: false }];
  }
  if (refusal.reason === 'unknownContainer' || refusal.reason === 'whichContainer') {
    const image = command.images?.find((change) => refusal.facts.container === change.container) ?? command.images?.[0];
    if (image === undefined) return [];
    return candidates.map((container) => {
      const images = (command.images ?? []).map((change) => (change === image ? { ...change, container } : change));
      return { text: container, line: print({ ...command, images }), isConfirmed: false };
    });
  }
  if (refusal.reason === 'unknownRollout' || refusal.reason === 'ambiguousName') {
    return candidates.map((candidate) => {
      const [first = '', second] = candidate.split('/');
      const target = second === undefined ? { name: first } : { namespace: first, name: second };
      const wish = print({ ...command, target });
      return { text: capital(wish), line: wish, isConfirmed: false };
    });
  }
  return [];
}

/** Only for those who may; the reason is written beside it. */
function overrideChoice({ facts }: Refusal, command: Command): RefusalWords['buttons'] {
  if (facts.mayOverride !== 'true') return [];
  const { reason: _, ...rest } = command;
  return [{ text: 'Override Git', line: print({ ...rest, overridesGit: true }), isConfirmed: true }];
}

/** The reason is left to be written: an ellipsis is none. */
function overrideLine(command: Command): string {
  return print({ ...command, overridesGit: true, reason: '…' });
}

/** As typed, and with or without its `v`: nothing is rewritten by itself. */
function tagChoices(_refusal: Refusal, command: Command): RefusalWords['buttons'] {
  const [change, ...others] = command.images ?? [];
  if (change === undefined) return [];
  const swapped = change.image.replace(/(^:?|:)(v?)(\d[^:/@]*)$/i, (_, before: string, v: string, rest: string) =>
    v === '' ? `${before}v${rest}` : `${before}${rest}`,
  );
  return [...new Set([change.image, swapped])].map((image) => ({
    text: image,
    line: print({ ...command, images: [{ ...change, image }, ...others] }),
    isConfirmed: true,
  }));
}

function unboundToo(facts: Facts): Mrkdwn {
  return `\nBeside that, this channel is not bound to ${fact(facts, 'namespace', 'that namespace')}: a DeliveryPolicy there has to name it.`;
}

function fact(facts: Facts, key: string, otherwise = '', maxLength = 100): Mrkdwn {
  const value = facts[key];
  return value === undefined || value === '' ? otherwise : quote(value, maxLength);
}

function name(facts: Facts, command: Command): Mrkdwn {
  const asked = command.target?.name;
  return facts.name === undefined && asked !== undefined ? quote(asked, 100) : fact(facts, 'name', 'of that name');
}

function only(command: Command): Pick<Command, 'target'> {
  return command.target === undefined ? {} : { target: command.target };
}

function line(command: Command, verb: Exclude<Command['verb'], 'mine'>): string {
  return print({ ...only(command), verb });
}

function revision(facts: Facts): Pick<Command, 'toRevision'> {
  const number = Number(facts.revision);
  return Number.isSafeInteger(number) && number > 0 ? { toRevision: number } : {};
}

function by(facts: Facts): Mrkdwn {
  return facts.by === undefined ? '' : `, by ${fact(facts, 'by')}`;
}

function staleFacts(facts: Facts): Mrkdwn {
  const moved: Mrkdwn[] = [];
  if (facts.sawRevision !== facts.revision) {
    moved.push(`revision ${fact(facts, 'sawRevision', '?')}, now ${fact(facts, 'revision', '?')}`);
  }
  // The steps of two revisions are not the same ones.
  else if (facts.sawStep !== facts.step)
    moved.push(`step ${fact(facts, 'sawStep', '?')}, now ${fact(facts, 'step', '?')}`);
  else if (facts.sawAnalysis !== facts.analysis) moved.push(verdictMoved(facts));
  if (facts.image !== undefined) moved.push(`it runs ${fact(facts, 'image')} now`);
  return moved.length > 0 ? moved.join(', ') : 'it moved on';
}

/** `its analysis checkout-6f7d-3 is Failed now`: the first whose word is another one. */
function verdictMoved({ sawAnalysis = '', analysis = '' }: Facts): Mrkdwn {
  const saw = new Set(sawAnalysis.split(','));
  const [name = '', phase = ''] =
    analysis
      .split(',')
      .find((one) => !saw.has(one))
      ?.split('=') ?? [];
  const isNew = !sawAnalysis.includes(`${name}=`);
  return phase === '' || isNew ? 'its analysis went on' : `${code(quote(name, 80))} is ${quote(phase, 20)} now`;
}

const rolesOf: Readonly<Record<string, string>> = {
  get: 'viewer',
  list: 'viewer',
  status: 'viewer',
  why: 'viewer',
  abort: 'oncall',
  pause: 'oncall',
  undo: 'oncall',
  start: 'deployer',
  promote: 'deployer',
  resume: 'deployer',
  retry: 'deployer',
  restart: 'deployer',
};

/** The first refusal already holds the RoleBinding that would change it. */
function whoCanHelp(facts: Facts, command: Command): Mrkdwn {
  const verb = facts.verb ?? command.verb;
  // Of what a release waits for it goes past evidence; of what stands alone it does not.
  const isAlone = verb === 'terminate' && trialNamed(facts.name ?? '') !== undefined;
  const usual = Object.hasOwn(rolesOf, verb) ? rolesOf[verb] : undefined;
  const role = isAlone ? 'deployer' : usual;
  if (role === undefined) return `No default role has ${code(quote(verb, 40))}: an admin adds it to a Role of yours.`;
  const user = facts.user ?? 'slack:…';
  const namespace = facts.namespace ?? command.target?.namespace ?? '…';
  const id = `${role}-${user.replace(/[^A-Za-z0-9]+/g, '-').toLowerCase()}`.slice(0, 60);
  const binding = `kubectl -n ${namespace} create rolebinding stepwise-${id} --clusterrole=stepwise-${role} --user=${user}`;
  return `An admin can allow it:\n${code(quote(binding, 400))}`;
}
