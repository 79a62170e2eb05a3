import { RE2JS } from 're2js';
import type { Matcher, Selector } from './query.ts';

/** What tells the canary's pods from the stable ones in this rollout. What is not known is left out, and then nothing is known by it. */
export interface SightScope {
  readonly namespace?: string | undefined;
  readonly canaryService?: string | undefined;
  readonly stableService?: string | undefined;
  /** Their pod-template-hashes; for an update that has not begun, `hashToCome`. */
  readonly canaryHash?: string | undefined;
  readonly stableHash?: string | undefined;
  /** Labels that only the canary's pods carry, or only the stable ones. */
  readonly canaryLabels?: Readonly<Record<string, string>> | undefined;
  readonly stableLabels?: Readonly<Record<string, string>> | undefined;
}

/** Stands for the pod-template-hash of a revision that is not there yet: no name holds it by chance. */
export const hashToCome = 'hash0to0come';

export type Side = 'canary' | 'stable';

/**
 * Whose pods a selector is about, and the matcher that says so. Undefined: of both, or nobody knows. Only what must hold for each
 * series counts: `!=` and `!~` leave open who else there is.
 */
export function sideOf(
  selector: Selector,
  scope: SightScope,
): { readonly side: Side; readonly by: Matcher } | undefined {
  if (selector.isPast) return undefined;
  const found = selector.matchers.flatMap((by) => {
    const side = sideOfMatcher(by, scope);
    return side === undefined ? [] : [{ side, by }];
  });
  const [first] = found;
  // Two matchers that contradict each other select nothing: nobody knows what was meant.
  return found.every(({ side }) => side === first?.side) ? first : undefined;
}

function sideOfMatcher(matcher: Matcher, scope: SightScope): Side | undefined {
  if (matcher.operator !== '=' && matcher.operator !== '=~') return undefined;
  const isCanary = names(matcher, 'canary', scope);
  const isStable = names(matcher, 'stable', scope);
  if (isCanary === isStable) return undefined;
  return isCanary ? 'canary' : 'stable';
}

function names(matcher: Matcher, side: Side, scope: SightScope): boolean {
  const isCanary = side === 'canary';
  const [hash, otherHash] = isCanary ? [scope.canaryHash, scope.stableHash] : [scope.stableHash, scope.canaryHash];
  if (hash && hash !== otherHash && needs(matcher, hash)) return true;
  const [service, other] = isCanary
    ? [scope.canaryService, scope.stableService]
    : [scope.stableService, scope.canaryService];
  if (service && service !== other && namesService(matcher, { service, other, namespace: scope.namespace }))
    return true;
  const labels = (isCanary ? scope.canaryLabels : scope.stableLabels) ?? {};
  return Object.entries(labels).some(([label, value]) => {
    const written = label.replace(/[^a-zA-Z0-9_]/g, '_');
    // As a relabelling keeps it, and as kube-state-metrics writes it.
    return [written, `label_${written}`].includes(matcher.label) && isExactly(matcher, value);
  });
}

function isExactly(matcher: Matcher, value: string): boolean {
  return matcher.value === value && (matcher.operator === '=' || isPlain(value));
}

/** Whether no value fits without holding this text: in a regular expression it stands outside of all choices. */
function needs({ operator, value }: Matcher, text: string): boolean {
  const at = value.indexOf(text);
  if (at < 0) return false;
  if (operator === '=') return true;
  const after = value.slice(at + text.length);
  const opened = value.slice(0, at).replace(/\\./g, '');
  const isInGroup = (opened.match(/[([]/g) ?? []).length !== (opened.match(/[)\]]/g) ?? []).length;
  return !value.includes('|') && !isInGroup && !/^[?*{]/.test(after);
}

/** Labels by which scrapes, meshes and ingresses call a Service; a pod's or a container's name is another matter. */
const SERVICE_LABEL =
  /(?:^|_)(?:service|svc|job|upstream|backend|canary|destination|dst|cluster_name|host)(?:_|$)|^kubernetes_name$/;
const POD_LABEL = /pod|container|instance/;

function namesService(
  { label, operator, value }: Matcher,
  known: { readonly service: string; readonly other: string | undefined; readonly namespace: string | undefined },
): boolean {
  if (!SERVICE_LABEL.test(label) || POD_LABEL.test(label)) return false;
  const { service, namespace = 'default' } = known;
  const fits = operator === '=' || isPlain(value) ? (name: string) => name === value : compile(value);
  if (fits === undefined || (operator === '=~' && !needs({ label, operator, value }, service))) return false;
  const other = known.other ?? service.replace(/-canary$/, '-stable');
  return formsOf(service, namespace).some(fits) && !formsOf(other === service ? '' : other, namespace).some(fits);
}

/** A Service's name alone, with its namespace, with a port: as Prometheus, Istio, Envoy and ingress-nginx write it. */
function formsOf(service: string, namespace: string): readonly string[] {
  if (service === '') return [];
  const long = `${service}.${namespace}.svc.cluster.local`;
  const ports = ['80', '443', '8080', '8443', '9090', 'http', 'https', 'grpc', 'web'];
  const names = [service, `${service}.${namespace}`, `${service}.${namespace}.svc`, long, `${namespace}-${service}`];
  return [
    ...names,
    `${namespace}/${service}`,
    ...ports.flatMap((port) => [`${namespace}-${service}-${port}`, `${service}:${port}`, `outbound|${port}||${long}`]),
  ];
}

function isPlain(pattern: string): boolean {
  return !/[.*+?^${}()|[\]\\]/.test(pattern);
}

function compile(pattern: string): ((text: string) => boolean) | undefined {
  try {
    const compiled = RE2JS.compile(pattern);
    return (text) => compiled.matcher(text).matches();
  } catch {
    return undefined;
  }
}
