import { plainDeployment } from './plain-deployment.ts';
import type { PodTemplate } from './pod-template.ts';

type Container = NonNullable<PodTemplate['spec']>['containers'][number];

/** Proxies and agents that ride along: never what a person means by the name of a service. */
const SIDECARS = [
  'istio-proxy',
  'linkerd-proxy',
  'envoy',
  'envoy-sidecar',
  'kuma-sidecar',
  'consul-dataplane',
  'consul-connect-envoy-sidecar',
  'daprd',
  'vault-agent',
  'cloud-sql-proxy',
  'cloudsql-proxy',
  'aws-xray-daemon',
  'xray-daemon',
  'datadog-agent',
  'otel-collector',
  'opentelemetry-collector',
  'otc-container',
  'jaeger-agent',
  'fluent-bit',
  'fluentd',
  'filebeat',
  'promtail',
  'oauth2-proxy',
  'nginx-proxy',
];

/**
 * The container that carries the version people speak of: the only one, the one that `kubectl` takes by default, the only one that
 * is no sidecar, or the one named like the rollout. Undefined where that is a guess.
 */
export function mainContainer(template: PodTemplate | undefined, rolloutName: string): Container | undefined {
  const containers = template?.spec?.containers ?? [];
  if (containers.length <= 1) return containers[0];
  const byDefault = template?.metadata?.annotations?.['kubectl.kubernetes.io/default-container'];
  const ownName = plainDeployment(rolloutName) ?? rolloutName;
  const named = containers.find((one) => one.name === byDefault) ?? containers.find((one) => one.name === ownName);
  if (named !== undefined) return named;
  const others = containers.filter((one) => !SIDECARS.includes(one.name));
  return others.length === 1 ? others[0] : undefined;
}

/** The image a card shows: of the main container, or of the first where there is no telling. */
export function mainImage(template: PodTemplate | undefined, rolloutName: string): string | undefined {
  return (mainContainer(template, rolloutName) ?? template?.spec?.containers[0])?.image;
}
