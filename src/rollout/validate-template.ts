import { z } from 'zod';
import type { PodTemplate } from './pod-template.ts';
import { duplicate, invalid, unsupportedValue } from './problems.ts';

/*
 * What the API server would say of a pod template, in its own words: said before any ReplicaSet is created, as Argo does. Only rules
 * that hold in every version of Kubernetes; the rest is the API server's to say.
 */

const PATH = 'spec.template.spec';
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const NAME_WORDS =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

/** Lenient: what has another shape was refused by the API server, or is somebody else's to judge. */
const Container = z.looseObject({
  name: z.string().catch(''),
  image: z.string().optional().catch(undefined),
  imagePullPolicy: z.string().optional().catch(undefined),
  ports: z
    .array(
      z.looseObject({
        name: z.string().optional(),
        containerPort: z.number().optional(),
        protocol: z.string().optional(),
      }),
    )
    .catch([]),
  env: z.array(z.looseObject({ name: z.string().optional() })).catch([]),
  volumeMounts: z.array(z.looseObject({ name: z.string().optional(), mountPath: z.string().optional() })).catch([]),
});
type Container = z.infer<typeof Container>;

const PodSpec = z.looseObject({
  containers: z.array(Container).catch([]),
  initContainers: z.array(Container).catch([]),
  volumes: z.array(z.looseObject({ name: z.string().optional() })).catch([]),
  restartPolicy: z.string().optional().catch(undefined),
});

export function validateTemplate(template: PodTemplate | undefined): string[] {
  const written = template?.spec ?? {};
  const spec = PodSpec.parse(written);
  const problems: string[] = [];
  if (spec.containers.length === 0) problems.push(`${PATH}.containers: Required value`);
  const volumes = new Set(spec.volumes.map(({ name }) => name));
  const names = new Set<string>();
  // In the order in which the API server looks: a name that two of them have is the later one's mistake.
  for (const [field, containers] of [
    ['containers', spec.containers],
    ['initContainers', spec.initContainers],
  ] as const) {
    for (const [index, container] of containers.entries()) {
      const path = `${PATH}.${field}[${index}]`;
      problems.push(...validateContainer(container, path, volumes));
      if (container.name !== '' && names.has(container.name)) problems.push(duplicate(`${path}.name`, container.name));
      names.add(container.name);
    }
  }
  problems.push(...validateNames(spec.volumes, `${PATH}.volumes`));
  if (spec.restartPolicy !== undefined && spec.restartPolicy !== 'Always') {
    problems.push(unsupportedValue(`${PATH}.restartPolicy`, spec.restartPolicy, ['Always']));
  }
  if (isSet(written, 'activeDeadlineSeconds')) {
    problems.push(`${PATH}.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported`);
  }
  if (isSet(written, 'ephemeralContainers')) {
    problems.push(`${PATH}.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template`);
  }
  return problems;
}

function isSet(spec: Readonly<Record<string, unknown>>, field: string): boolean {
  const value = spec[field];
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}

function validateContainer(container: Container, path: string, volumes: ReadonlySet<string | undefined>): string[] {
  const problems = validateName(container.name, `${path}.name`);
  const { image, imagePullPolicy } = container;
  if (!image) problems.push(`${path}.image: Required value`);
  else if (image !== image.trim()) {
    problems.push(invalid(`${path}.image`, image, 'must not have leading or trailing whitespace'));
  }
  if (imagePullPolicy !== undefined && !['', 'Always', 'IfNotPresent', 'Never'].includes(imagePullPolicy)) {
    problems.push(unsupportedValue(`${path}.imagePullPolicy`, imagePullPolicy, ['Always', 'IfNotPresent', 'Never']));
  }
  return [
    ...problems,
    ...validatePorts(container, `${path}.ports`),
    ...container.env.flatMap(({ name }, index) => (name ? [] : [`${path}.env[${index}].name: Required value`])),
    ...validateMounts(container, `${path}.volumeMounts`, volumes),
  ];
}

function validatePorts({ ports }: Container, path: string): string[] {
  const problems: string[] = [];
  const names = new Set<string>();
  for (const [index, { name, containerPort = 0, protocol }] of ports.entries()) {
    const at = `${path}[${index}]`;
    if (containerPort === 0) problems.push(`${at}.containerPort: Required value`);
    else if (!Number.isInteger(containerPort) || containerPort < 1 || containerPort > 65_535) {
      problems.push(invalid(`${at}.containerPort`, containerPort, 'must be between 1 and 65535, inclusive'));
    }
    if (protocol !== undefined && !['', 'TCP', 'UDP', 'SCTP'].includes(protocol)) {
      problems.push(unsupportedValue(`${at}.protocol`, protocol, ['SCTP', 'TCP', 'UDP']));
    }
    if (name && names.has(name)) problems.push(duplicate(`${at}.name`, name));
    if (name) names.add(name);
  }
  return problems;
}

function validateMounts({ volumeMounts }: Container, path: string, volumes: ReadonlySet<string | undefined>): string[] {
  const problems: string[] = [];
  const places = new Set<string>();
  for (const [index, { name, mountPath }] of volumeMounts.entries()) {
    const at = `${path}[${index}]`;
    if (!name) problems.push(`${at}.name: Required value`);
    else if (!volumes.has(name)) problems.push(`${at}.name: Not found: ${JSON.stringify(name)}`);
    if (!mountPath) problems.push(`${at}.mountPath: Required value`);
    else if (places.has(mountPath)) problems.push(invalid(`${at}.mountPath`, mountPath, 'must be unique'));
    if (mountPath) places.add(mountPath);
  }
  return problems;
}

function validateNames(named: readonly { readonly name?: string | undefined }[], path: string): string[] {
  const problems: string[] = [];
  const names = new Set<string>();
  for (const [index, { name = '' }] of named.entries()) {
    problems.push(...validateName(name, `${path}[${index}].name`));
    if (name !== '' && names.has(name)) problems.push(duplicate(`${path}[${index}].name`, name));
    names.add(name);
  }
  return problems;
}

function validateName(name: string, path: string): string[] {
  if (name === '') return [`${path}: Required value`];
  if (name.length > 63) return [invalid(path, name, 'must be no more than 63 characters')];
  return NAME.test(name) ? [] : [invalid(path, name, NAME_WORDS)];
}
