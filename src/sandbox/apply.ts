import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { ConnectedCluster } from '../kubernetes/index.ts';
import { AlreadyExistsError, type JsonObject, NotFoundError } from '../lib/index.ts';

/** A manifest that cannot be applied: file, document, and what is wrong, in one line. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().default('default') }),
});
type Manifest = z.infer<typeof Manifest>;

export interface ManifestDocument {
  readonly file: string;
  readonly line: number;
  readonly manifest: Manifest;
}

/** Reads a file or every .yaml, .yml and .json below a folder; kustomization files are skipped. */
export function readManifests(path: string): ManifestDocument[] {
  const found: ManifestDocument[] = [];
  for (const file of filesOf(path)) {
    const text = readFileSync(file, 'utf8');
    for (const document of parseAllDocuments(text)) {
      const offset = 'contents' in document ? (document.contents?.range?.[0] ?? 0) : 0;
      const line = text.slice(0, offset).split('\n').length;
      const [problem] = document.errors ?? [];
      if (problem !== undefined)
        throw new ManifestError(`${file}:${problem.linePos?.[0].line ?? line}: ${problem.message.split('\n')[0]}`);
      const value: unknown = document.toJS({ maxAliasCount: 1000 });
      if (value === null) continue;
      const parsed = Manifest.safeParse(value);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw new ManifestError(
          `${file}:${line}: not a Kubernetes object: ${issue?.path.join('.')}: ${issue?.message}`,
        );
      }
      found.push({ file, line, manifest: parsed.data });
    }
  }
  return found;
}

function filesOf(path: string): string[] {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch {
    throw new ManifestError(`${path}: no such file or folder`);
  }
  if (!isFolder) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ya?ml|json)$/.test(file) && !/kustomization\.ya?ml$/.test(file))
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    .map((file) => join(path, file));
}

/** Namespaces first: what lives in them comes after. */
function rank(file: string): number {
  return /namespace/.test(file) ? 0 : 1;
}

/**
 * `create` leaves what is there as it is: the sandbox goes on where it was, and a Rollout that somebody has moved on is not thrown
 * back to its first image. `apply` takes what the file says, as `kubectl apply --server-side --force-conflicts` does. `check` writes
 * nothing and asks for the same.
 */
export async function applyManifests(
  documents: readonly ManifestDocument[],
  cluster: ConnectedCluster,
  mode: 'create' | 'apply' | 'check',
): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  const kinds = new Map<string, ServedKind>();
  for (const document of documents) {
    const { file, line, manifest } = document;
    if (mode === 'check' && bringsKind(documents, manifest)) continue;
    try {
      const path = await collectionPath(manifest, kinds, { cluster, tries: mode === 'check' ? 1 : 20 }, signal);
      if (mode === 'check' && bringsNamespace(documents, manifest)) continue;
      await send(manifest, path, cluster, mode, signal);
    } catch (error) {
      if (mode === 'create' && error instanceof AlreadyExistsError) continue;
      const words = error instanceof Error ? error.message : String(error);
      throw new ManifestError(`${file}:${line}: ${manifest.kind} ${manifest.metadata.name}: ${words}`, {
        cause: error,
      });
    }
  }
}

async function send(
  manifest: Manifest,
  path: string,
  cluster: ConnectedCluster,
  mode: 'create' | 'apply' | 'check',
  signal: AbortSignal,
): Promise<void> {
  const query = { fieldManager: 'stepwise-sandbox' };
  const body = manifest as JsonObject;
  if (mode === 'create') {
    await cluster.api.request({ method: 'POST', path, query, body, signal });
    return;
  }
  await cluster.api.request({
    method: 'PATCH',
    path: `${path}/${encodeURIComponent(manifest.metadata.name)}`,
    query: { ...query, force: 'true', ...(mode === 'check' ? { dryRun: 'All' } : {}) },
    body,
    contentType: 'application/apply-patch+yaml',
    signal,
  });
}

/** Its namespace comes with another of these documents: it cannot be asked about before that is written. */
function bringsNamespace(documents: readonly ManifestDocument[], { kind, metadata }: Manifest): boolean {
  if (kind === 'Namespace') return false;
  return documents.some(
    ({ manifest: other }) => other.kind === 'Namespace' && other.metadata.name === metadata.namespace,
  );
}

/** The same of its kind. */
function bringsKind(documents: readonly ManifestDocument[], { apiVersion, kind }: Manifest): boolean {
  return documents.some(({ manifest: other }) => {
    if (other.kind !== 'CustomResourceDefinition') return false;
    const { spec } = Definition.parse(other);
    return spec.names.kind === kind && apiVersion.startsWith(`${spec.group}/`);
  });
}

const Definition = z.looseObject({
  spec: z
    .looseObject({
      group: z.string().default(''),
      names: z.looseObject({ kind: z.string().default('') }).default({ kind: '' }),
    })
    .default({ group: '', names: { kind: '' } }),
});

const ServedKind = z.looseObject({ kind: z.string(), name: z.string(), namespaced: z.boolean() });
type ServedKind = z.infer<typeof ServedKind>;
const ServedKinds = z.looseObject({ resources: z.array(ServedKind) });

/** Asks the API server which path a kind has; a CRD that was just created may need a moment to be served. */
async function collectionPath(
  { apiVersion, kind, metadata }: Manifest,
  known: Map<string, ServedKind>,
  { cluster, tries }: { readonly cluster: ConnectedCluster; readonly tries: number },
  signal: AbortSignal,
): Promise<string> {
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const key = `${apiVersion}/${kind}`;
  for (let attempt = 0; !known.has(key) && attempt < tries; attempt++) {
    if (attempt > 0) await sleep(250, undefined, { signal });
    const answer = await cluster.api.request({ method: 'GET', path: base, signal }).catch((error: unknown) => {
      if (error instanceof NotFoundError) return { resources: [] };
      throw error;
    });
    for (const served of ServedKinds.parse(answer).resources) {
      if (!served.name.includes('/')) known.set(`${apiVersion}/${served.kind}`, served);
    }
  }
  const served = known.get(key);
  if (served === undefined) throw new Error(`the API server knows no kind "${kind}" in "${apiVersion}"`);
  return served.namespaced ? `${base}/namespaces/${metadata.namespace}/${served.name}` : `${base}/${served.name}`;
}
