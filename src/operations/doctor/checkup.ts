/** One line of a checkup. All words are plain text: who shows them escapes them. */
export interface CheckupLine {
  readonly name: CheckupName;
  /** What was asked. */
  readonly title: string;
  readonly state: 'ok' | 'warning' | 'failed';
  /** What came back. */
  readonly found: string;
  /** What to do: whole lines for a terminal or Slack, the most useful first. */
  readonly fixes: readonly string[];
}

/** In the order in which they are told. */
export const checkupNames = [
  'service',
  'slack',
  'rights',
  'definitions',
  'controller',
  'queue',
  'prometheus',
  'userGroups',
  'channel',
  'chartFont',
  'chartBlock',
  'clock',
] as const;
export type CheckupName = (typeof checkupNames)[number];

export const checkupTitles: Readonly<Record<CheckupName, string>> = {
  service: 'Stepwise itself',
  slack: 'Slack connections',
  rights: 'Rights in the cluster',
  definitions: 'Custom resources',
  controller: 'Controller',
  queue: 'Queue',
  prometheus: 'Prometheus',
  userGroups: 'User groups',
  channel: 'This channel',
  chartFont: 'Chart font',
  chartBlock: 'Chart block',
  clock: 'Clock',
};

/** What a check found, before it has its name. */
export type Finding = Pick<CheckupLine, 'state' | 'found'> & { readonly fixes?: readonly string[] };

export function ok(found: string): Finding {
  return { state: 'ok', found };
}

export function warning(found: string, ...fixes: readonly string[]): Finding {
  return { state: 'warning', found, fixes };
}

export function failed(found: string, ...fixes: readonly string[]): Finding {
  return { state: 'failed', found, fixes };
}
