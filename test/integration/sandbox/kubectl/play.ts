import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { send } from '../agreement/server.ts';
import { masked } from './mask.ts';
import { startShell } from './shell.ts';
import type { Entry } from './transcript.ts';

export interface Target {
  readonly url: string;
  readonly token: string;
  /** kubectl keeps what it discovered here; another server's kinds are none of this one's. */
  readonly home: string;
  /** Where a story finds the manifests of this repository, as $MANIFESTS. */
  readonly manifests: string;
}

/** Plays one story's commands in a namespace and a folder of its own; answers what each printed. */
export async function playStory(target: Target, name: string, entries: readonly Entry[]): Promise<readonly Entry[]> {
  const folder = join(target.home, name);
  mkdirSync(folder);
  writeFileSync(join(folder, '.kubeconfig'), kubeconfigOf(target, name));
  const server = { url: target.url, tokens: { admin: target.token, dana: '' } };
  const path = '/api/v1/namespaces';
  const made = await send(server, { method: 'POST', path, body: { metadata: { name } } });
  if (made.code !== 201) throw new Error(`namespace ${name}: ${made.code} ${made.text}`);
  const shell = startShell(folder, {
    PATH: process.env.PATH,
    HOME: target.home,
    KUBECONFIG: join(folder, '.kubeconfig'),
    MANIFESTS: target.manifests,
  });
  try {
    const played: Entry[] = [];
    for (const entry of entries) played.push({ ...entry, output: masked(await shell.run(entry.command)) });
    return played;
  } finally {
    shell.stop();
    await send(server, { method: 'DELETE', path: `${path}/${name}` });
  }
}

export function kubeconfigOf(target: Target, namespace: string): string {
  const cluster = {
    server: target.url,
    ...(target.url.startsWith('https:') ? { 'insecure-skip-tls-verify': true } : {}),
  };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    clusters: [{ name: 'here', cluster }],
    users: [{ name: 'admin', user: { token: target.token } }],
    contexts: [{ name: 'here', context: { cluster: 'here', user: 'admin', namespace } }],
  });
}
