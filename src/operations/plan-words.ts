import { parseDuration, sightWords } from '../analysis/index.ts';
import { formatDuration, formatLimit, unitOf, versionOf } from '../lib/index.ts';
import {
  type ExpectedTime,
  type Measured,
  measuredIn,
  type Plan,
  type PlannedImage,
  type PlannedMetric,
  type PlannedStep,
} from '../rollout/index.ts';
import { type PlanAnswer, plannedVerbs } from './plan.ts';

/** What a plan says, as plain text: chat and terminal set it in their own way. */
export interface PlanWords {
  /** `shop/checkout 1.4.2 → 2.0.0` */
  readonly title: string;
  readonly rows: readonly Row[];
}

export interface Row {
  readonly label: string;
  /** The first stands beside the label, the others under it. */
  readonly lines: readonly string[];
}

export function planWords({ plan, access }: PlanAnswer): PlanWords {
  const rows: (Row | undefined)[] = [
    rowOf('Not possible', plan.problems),
    rowOf(
      'Image',
      plan.images.map((image) => imageWords(image, plan)),
    ),
    rowOf('Under way', underWayWords(plan)),
    rowOf('Steps', [stepsWords(plan)]),
    rowOf('No way back', noReturnWords(plan)),
    rowOf('Time', [timeWords(plan)]),
    ...measuredIn(plan).map((measured) => measuredRow(measured, plan)),
    rowOf('Gates', gateWords(plan)),
    rowOf('Who may', whoWords(access)),
    rowOf('Git', gitWords(plan)),
  ];
  return { title: titleOf(plan), rows: rows.filter((row) => row !== undefined) };
}

function rowOf(label: string, lines: readonly string[]): Row | undefined {
  return lines.length === 0 ? undefined : { label, lines };
}

function titleOf({ namespace, name, images, stableImage }: Plan): string {
  const [only, ...others] = images;
  if (only === undefined) return `${namespace}/${name}, whatever image`;
  if (others.length === 0) {
    const to = only.isForeign ? only.to : versionOf(only.to);
    return `${namespace}/${name} ${versionOf(stableImage ?? only.from)} → ${to}`;
  }
  return `${namespace}/${name} ${images.map(({ container, to }) => `${container} → ${versionOf(to)}`).join(', ')}`;
}

function imageWords(
  { container, from, to, isSame, isForeign, isUnusualTag }: PlannedImage,
  { underWay }: Plan,
): string {
  if (isSame) {
    const here = `${to} in container ${container}`;
    if (underWay?.isAborted === true) return `${here}: it was aborted; retry is the word for it`;
    return `${here}: it ${underWay === undefined ? 'runs' : 'is under way'} already, so nothing would start`;
  }
  const words = `${from} → ${to} in container ${container}`;
  if (isForeign) return `${words}: another repository than today's, which needs the verb start-foreign`;
  return isUnusualTag ? `${words}: tags here usually look like ${versionOf(from)}` : words;
}

function underWayWords({ underWay, blueGreen, rolling }: Plan): readonly string[] {
  if (underWay === undefined) return [];
  if (underWay.isAborted) return ['an aborted update: a start takes its place'];
  const paused = underWay.isPaused ? ', paused' : '';
  if (blueGreen !== undefined || rolling !== undefined) return [`an update${paused}: a start takes its place`];
  return [`an update at step ${underWay.step + 1}${paused}: a start takes its place, from the first step`];
}

function noReturnWords({ noReturn }: Plan): readonly string[] {
  if (noReturn === undefined) return [];
  return [`from ${noReturn.what} on: there a failed analysis holds it where it is, and abort freezes, unless --force`];
}

/** `10 % · measure 7 s · 25 % · … · gate · 75 % · 100 %` */
function stepsWords({ steps, routers, replicas, blueGreen, rolling }: Plan): string {
  if (rolling !== undefined) {
    const pods = `Kubernetes moves ${replicas} ${replicas === 1 ? 'pod' : 'pods'}`;
    return rolling.soakMs > 0 ? `${pods} · soak ${formatDuration(rolling.soakMs)}` : pods;
  }
  if (blueGreen !== undefined) {
    const way = blueGreen.preview === undefined ? blueGreen.active : `${blueGreen.preview} → ${blueGreen.active}`;
    return `${steps.map(stepWords).join(' · ')} (Service ${way})`;
  }
  const last = steps.findLast((step) => step.kind === 'weight');
  const end = last?.kind === 'weight' && last.percent === 100 ? [] : ['100 %'];
  const by = routers.length > 0 ? `by ${routers.join(', ')}` : `by whole pods, of ${replicas}`;
  return `${[...steps.map(stepWords), ...end].join(' · ')} (${by})`;
}

function stepWords(step: PlannedStep): string {
  switch (step.kind) {
    case 'weight':
      return `${step.percent} %`;
    case 'pause':
      return `wait ${formatDuration(step.seconds * 1000)}`;
    case 'gate':
      return 'gate';
    case 'analysis':
      return `measure ${rangeWords(step.analysis.time)}`.trim();
    case 'scale':
      if (step.to === 'traffic') return 'pods as traffic';
      return 'replicas' in step.to ? podsWords(step.to.replicas) : `${step.to.percent} % of the pods`;
    case 'route':
      if (step.does === 'ends') return `end of route ${step.name}`;
      return step.does === 'header' ? `route ${step.name}` : `copies by ${step.name}`;
    case 'experiment':
      return experimentWords(step);
    case 'webhook':
      return `webhook ${step.host} (at most ${formatDuration(step.deadlineSeconds * 1000)})`;
    case 'preview':
      return `preview of ${podsWords(step.replicas)}`;
    case 'switch':
      return 'active';
    case 'unknown':
      return '?';
  }
}

/** `experiment of 2 pods of canary (5 %) and 1 pod of stable for 5 min` */
function experimentWords({ pods, durationMs, time }: Extract<PlannedStep, { kind: 'experiment' }>): string {
  const parts = pods.map(
    ({ count, of, weight }) => `${podsWords(count)} of ${of}${weight > 0 ? ` (${weight} %)` : ''}`,
  );
  const ends = durationMs === undefined ? rangeWords(time) : `for ${formatDuration(durationMs)}`;
  return `experiment of ${parts.join(' and ')} ${ends}`.trim();
}

function podsWords(count: number): string {
  return `${count} ${count === 1 ? 'pod' : 'pods'}`;
}

function rangeWords({ leastMs, mostMs }: ExpectedTime): string {
  if (mostMs === undefined) return `${formatDuration(leastMs)} or more`;
  if (mostMs === 0) return '';
  return mostMs === leastMs ? formatDuration(leastMs) : `${formatDuration(leastMs)} to ${formatDuration(mostMs)}`;
}

function timeWords({ time, gates, minReadySeconds }: Plan): string {
  const range = rangeWords(time) || 'no waits of its own';
  const ready = minReadySeconds > 0 ? `, each ${formatDuration(minReadySeconds * 1000)} up before it counts` : '';
  const pods = `the start of its pods comes on top${ready}`;
  if (time.mostMs !== undefined) return `${range} if all goes well; ${pods}`;
  if (gates === 0) return `${range}: an analysis has no end; ${pods}`;
  const wait = `${gates === 1 ? '1 gate waits' : `${gates} gates wait`} for a person`;
  return `${time.leastMs === 0 ? wait : `${range}: ${wait}`}; ${pods}`;
}

function measuredRow({ analysis, atPercents, isBackground }: Measured, { blueGreen, rolling }: Plan): Row {
  const places = isBackground ? `beside the steps, from ${atPercents[0] ?? 0} %` : `at ${atPercents.join(', ')} %`;
  const besides = rolling === undefined ? places : 'while its pods are moved, and in the soak';
  const where = blueGreen === undefined ? besides : switchWords(atPercents);
  const head = `${analysis.templates.join(', ')} ${where}`;
  const problem = analysis.problem === undefined ? [] : [`no run can be made of it: ${analysis.problem}`];
  return {
    label: 'Measured',
    lines: [head, ...problem, ...analysis.metrics.map((one) => metricWords(one, atPercents[0]))],
  };
}

function switchWords(atPercents: readonly number[]): string {
  const places = atPercents.map((percent) => (percent === 0 ? 'before' : 'after'));
  return `${places.join(' and ')} the switch`;
}

/** `success-rate ≥ 95 % · 3 × 2s · canary (service="checkout-canary")` */
function metricWords(metric: PlannedMetric, atPercent: number | undefined): string {
  const parts = [
    `${metric.name} ${conditionWords(metric)}`,
    timesWords(metric),
    ...(metric.isDryRun ? ['on trial'] : []),
    ...(metric.provider === 'prometheus' ? [] : [metric.provider]),
    sightWords(metric.sight, atPercent),
  ];
  return parts.join(' · ');
}

/** `≥ 95 %`, or the condition where it compares with no constant. */
function conditionWords({ name, limit, condition }: Pick<PlannedMetric, 'name' | 'limit' | 'condition'>): string {
  if (limit !== undefined) return formatLimit(limit, unitOf(name, limit, []));
  return condition ?? 'without a condition: never a pass';
}

function timesWords({ count, interval = '' }: PlannedMetric): string {
  const parsed = parseDuration(interval);
  const isWhole = parsed.isValid && parsed.ms > 0 && parsed.ms % 1000 === 0;
  const pause = isWhole ? formatDuration(parsed.ms) : interval;
  if (count === 0) return `every ${pause} without end`;
  return count === 1 ? 'once' : `${count} × ${pause}`;
}

function gateWords({ steps, background, blueGreen }: Plan): readonly string[] {
  if (blueGreen !== undefined) {
    return steps.some(({ kind }) => kind === 'gate') ? ['before the switch: waits for a promote'] : [];
  }
  const gates = steps.flatMap((step) => (step.kind === 'gate' ? [`at ${step.atPercent} %`] : []));
  const held = background === undefined ? '' : ', and 100 % waits for the first measurement beside the steps';
  return gates.length === 0 ? [] : [`${gates.join(', ')}: waits for a promote${held}`];
}

function whoWords({ you, others }: PlanAnswer['access']): readonly string[] {
  const may = plannedVerbs.filter((verb) => you[verb] === true);
  const mayNot = plannedVerbs.filter((verb) => you[verb] === false);
  const unknown = plannedVerbs.filter((verb) => you[verb] === undefined);
  const parts = [
    ...(may.length > 0 ? [`you may ${may.join(', ')}`] : []),
    ...(mayNot.length > 0 ? [`you may not ${mayNot.join(', ')}`] : []),
    ...(unknown.length > 0 ? [`Kubernetes could not say whether you may ${unknown.join(', ')}`] : []),
  ];
  const lines = [parts.join('; ')];
  if (others === undefined) return lines;
  const verbsOf = new Map<string, string[]>();
  for (const verb of plannedVerbs) {
    const names = others[verb].length === 0 ? 'nobody by a binding' : listed(others[verb]);
    verbsOf.set(names, [...(verbsOf.get(names) ?? []), verb]);
  }
  return [...lines, ...[...verbsOf].map(([names, verbs]) => `${verbs.join(', ')}: ${names}`)];
}

const mostNamed = 8;

function listed(names: readonly string[]): string {
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
  return `${names.slice(0, mostNamed).join(', ')}${more}`;
}

function gitWords({ git, images }: Plan): readonly string[] {
  if (git === undefined) return [];
  const { kind, namespace, name } = git.source;
  const tool = git.tool === 'argo-cd' ? 'Argo CD' : 'Flux';
  const source = `${tool} ${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
  const disputed = images.flatMap(({ container, to }) => {
    const asked = git.images.find((one) => one.container === container)?.image;
    return asked === undefined || asked === to ? [] : [asked];
  });
  const [asked] = disputed;
  if (asked === undefined) return [`${source} owns it${images.length > 0 ? ', and does not mind this image' : ''}`];
  const where = git.link ?? git.file;
  const change = where === undefined ? 'change it there' : `change it in ${where}`;
  return [`${source} owns it and asks for ${versionOf(asked)}: ${change}, or start --override-git with a reason`];
}
