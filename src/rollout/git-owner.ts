import { z } from 'zod';
import { readGitOverride } from './git-override.ts';
import { JsonText } from './json-text.ts';
import { type FieldOwner, fieldOwners, ownsField } from './managed-fields.ts';
import { gitLinkAnnotation } from './names.ts';
import type { Rollout } from './rollout.ts';
import { imagePath, type TemplateHolder, templateHolderOf } from './template-holder.ts';

/**
 * Who carries a Rollout's pod template from Git into the cluster. Read from the object that holds it (the Rollout, or what its
 * `workloadRef` names), as it was read live: caches drop what this needs.
 *
 * Sources of the marks: https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/ ·
 * https://fluxcd.io/flux/components/kustomize/kustomizations/ · https://fluxcd.io/flux/components/helm/helmreleases/
 */
export interface GitOwner {
  readonly tool: 'argo-cd' | 'flux';
  /** What to look for there: `Application argocd/checkout`. The namespace is unknown where the mark does not hold it. */
  readonly source: {
    readonly kind: 'Application' | 'Kustomization' | 'HelmRelease';
    readonly namespace: string | undefined;
    readonly name: string;
  };
  /** Names it writes under, as managedFields show them. */
  readonly managers: readonly string[];
  /**
   * Whether it puts back what others change, as far as the object tells: `yes` (Flux applies at each interval), `unknown` (Argo CD's
   * self-heal and a HelmRelease's drift detection are set elsewhere), `no` (an annotation on the object keeps it away).
   */
  readonly putsBack: 'yes' | 'no' | 'unknown';
  /** What Git asks for, by container. A container whose image Git does not set is not listed. */
  readonly images: readonly { readonly container: string; readonly image: string }[];
  /** Git sets something in `spec.template`. */
  readonly setsTemplate: boolean;
  /** Where the manifest is: a web page, where an annotation says so. */
  readonly link: string | undefined;
  /** The manifest's path in its repository, where kustomize's origin annotation says so. */
  readonly file: string | undefined;
}

/** Whether this field manager is such a tool: what it has written it may write again and again. */
export function isGitOpsManager(manager: string): boolean {
  return argoManagers.includes(manager) || fluxKinds.some((flux) => flux.manager === manager);
}

type Marks = Pick<GitOwner, 'tool' | 'source' | 'managers' | 'putsBack'>;

const argoManagers = ['argocd-controller', 'argocd-application-controller', 'argocd'];

/** The owner, and what it asks for; undefined where Git does not own this Rollout, or was told to leave it alone for good. */
export function readGitOwner(rollout: Rollout): GitOwner | undefined {
  const holder = templateHolderOf(rollout);
  const marks = readArgoMarks(holder) ?? readFluxMarks(holder);
  if (marks === undefined) return undefined;
  const writers = fieldOwners(holder.metadata).filter(
    ({ manager, subresource }) => subresource === '' && marks.managers.includes(manager),
  );
  const applied = lastApplied(holder, writers);
  return {
    ...marks,
    images: imagesOf(rollout, writers, applied),
    setsTemplate:
      writers.some((writer) => ownsField(writer, holder.path)) || appliedTemplate(applied, holder) !== undefined,
    ...originOf(holder),
  };
}

/** The image that Git asks for in this container. */
export function gitImage(owner: GitOwner | undefined, container: string | undefined): string | undefined {
  return owner?.images.find((one) => one.container === container)?.image;
}

const trackingAnnotation = 'argocd.argoproj.io/tracking-id';
const instanceLabels = ['argocd.argoproj.io/instance', 'app.kubernetes.io/instance'];

/** The tracking id names the object it was written for: a copy of it on another object is no mark. */
function readArgoMarks({ group, kind, metadata }: TemplateHolder): Marks | undefined {
  const { namespace, name, labels, annotations } = metadata;
  const tracked = /^(?:([^_:]+)_)?([^_:]+):([^:]+):([^/]+\/.+)$/.exec(annotations[trackingAnnotation] ?? '');
  const common = { tool: 'argo-cd', managers: argoManagers, putsBack: 'unknown' } as const;
  if (tracked !== null && tracked[3] === `${group}/${kind}` && tracked[4] === `${namespace}/${name}`) {
    return { ...common, source: { kind: 'Application', namespace: tracked[1], name: tracked[2] ?? '' } };
  }
  // Helm writes such a label, too: only what Argo CD has written itself is Argo CD's.
  const hasWritten = fieldOwners(metadata).some(({ manager }) => argoManagers.includes(manager));
  const application = instanceLabels.map((label) => labels[label]).find((value) => value !== undefined);
  if (!hasWritten || application === undefined) return undefined;
  return { ...common, source: { kind: 'Application', namespace: undefined, name: application } };
}

const fluxKinds = [
  { kind: 'Kustomization', prefix: 'kustomize.toolkit.fluxcd.io', manager: 'kustomize-controller' },
  { kind: 'HelmRelease', prefix: 'helm.toolkit.fluxcd.io', manager: 'helm-controller' },
] as const;

function readFluxMarks({ metadata: { labels, annotations } }: TemplateHolder): Marks | undefined {
  for (const { kind, prefix, manager } of fluxKinds) {
    const name = labels[`${prefix}/name`];
    if (name === undefined) continue;
    const setting = (key: string) => (annotations[`${prefix}/${key}`] ?? labels[`${prefix}/${key}`])?.toLowerCase();
    // Told to leave it alone for good: a change in Git would change nothing here either.
    if (setting('reconcile') === 'disabled' || /^(ignore|ifnotpresent)$/.test(setting('ssa') ?? '')) return undefined;
    const isLeftAlone =
      setting('driftdetection') === 'disabled' || annotations[`${prefix}/driftDetection`] === 'disabled';
    const helm = isLeftAlone ? 'no' : 'unknown';
    return {
      tool: 'flux',
      source: { kind, namespace: labels[`${prefix}/namespace`], name },
      managers: [manager],
      putsBack: kind === 'Kustomization' ? 'yes' : helm,
    };
  }
  return undefined;
}

const Template = z.looseObject({
  spec: z
    .looseObject({
      containers: z.array(z.looseObject({ name: z.string(), image: z.string().optional() })).optional(),
    })
    .optional(),
});
const Applied = z.looseObject({
  metadata: z.looseObject({
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.looseObject({ template: Template.optional() }).optional(),
  /** Of a PodTemplate. */
  template: Template.optional(),
});
type Applied = z.infer<typeof Applied>;

/**
 * The manifest as a client-side apply has left it on the object. Where the owner applies on the server, it is a left-over of the time
 * before; and where a person has applied by hand, it does not carry the owner's mark.
 */
function lastApplied({ metadata }: TemplateHolder, writers: readonly FieldOwner[]): Applied | undefined {
  if (writers.some(({ operation }) => operation === 'Apply')) return undefined;
  const text = metadata.annotations['kubectl.kubernetes.io/last-applied-configuration'];
  const applied = JsonText.pipe(Applied).safeParse(text).data;
  const isMarked =
    applied?.metadata.annotations?.[trackingAnnotation] === metadata.annotations[trackingAnnotation] &&
    instanceLabels.every((label) => applied?.metadata.labels?.[label] === metadata.labels[label]);
  return isMarked ? applied : undefined;
}

function appliedTemplate(applied: Applied | undefined, { kind }: TemplateHolder) {
  return kind === 'PodTemplate' ? applied?.template : applied?.spec?.template;
}

/** What Git asks for: the live image where the owner wrote it last, else its manifest, else what an override has noted down. */
function imagesOf(rollout: Rollout, writers: readonly FieldOwner[], applied: Applied | undefined): GitOwner['images'] {
  const noted = readGitOverride(rollout)?.images ?? {};
  const images: { container: string; image: string }[] = [];
  for (const { name, image } of rollout.spec.template?.spec?.containers ?? []) {
    const owned = writers.some((writer) => ownsField(writer, imagePath(rollout, name))) ? image : noted[name]?.git;
    const inManifest = appliedTemplate(applied, templateHolderOf(rollout))?.spec?.containers?.find(
      (one) => one.name === name,
    )?.image;
    const asked = applied === undefined ? owned : inManifest;
    if (asked !== undefined) images.push({ container: name, image: asked });
  }
  return images;
}

const Origin = /^\s*(path|repo|ref):\s*(\S+)\s*$/gm;

/** Our own annotation, or kustomize's (`buildMetadata: [originAnnotations]`): https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/buildmetadata/ */
function originOf({ metadata }: TemplateHolder): Pick<GitOwner, 'link' | 'file'> {
  const found: Record<string, string> = {};
  for (const [, key = '', value = ''] of (metadata.annotations['config.kubernetes.io/origin'] ?? '').matchAll(Origin))
    found[key] = value;
  const { path, repo, ref } = found;
  const file = path?.startsWith('/') === true || path?.includes('..') === true ? undefined : path;
  const own = webAddress(metadata.annotations[gitLinkAnnotation]);
  const host = /^https:\/\/(github\.com|gitlab\.com)\//.test(repo ?? '');
  const page = host && file !== undefined ? `${repo?.replace(/\.git$/, '')}/blob/${ref ?? 'HEAD'}/${file}` : repo;
  return { link: own ?? webAddress(page), file };
}

function webAddress(text: string | undefined): string | undefined {
  return text !== undefined && /^https?:\/\/[^\s<>|"]+$/.test(text) && text.length <= 500 ? text : undefined;
}
