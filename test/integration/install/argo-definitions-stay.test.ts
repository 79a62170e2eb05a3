import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { createKubernetesApi, type KubernetesApi } from '../../../src/sandbox/kubernetes-api/index.ts';
import { hasKubectl, kubeconfigFor, runLine } from '../../support/kubectl.ts';
import { readCommands } from '../../support/readme-commands.ts';

const crds = 'manifests/install/crds-argo';
const names = ['rollouts', 'analysisruns', 'analysistemplates', 'clusteranalysistemplates', 'experiments'];
const isThere = hasKubectl('nothing proves that installing leaves the custom resources of Argo as they are');

let api: KubernetesApi;
let folder: string;
const run = (line: string) =>
  runLine(line, { cwd: process.cwd(), environment: { HOME: folder, KUBECONFIG: join(folder, 'kubeconfig') } });

beforeAll(async () => {
  api = await createKubernetesApi({ port: 0 });
  folder = mkdtempSync(join(tmpdir(), 'argo-definitions-'));
  writeFileSync(join(folder, 'kubeconfig'), kubeconfigFor(api.url));
  // Argo's own of another version: a column of its own, and a description that is not ours.
  const definition = parse(readFileSync(`${crds}/rollouts.yaml`, 'utf8'));
  const [version] = definition.spec.versions;
  version.schema.openAPIV3Schema.description = "Argo's own words";
  version.additionalPrinterColumns = [{ name: 'Theirs', type: 'string', jsonPath: '.status.phase' }];
  writeFileSync(join(folder, 'rollouts.yaml'), stringify(definition, { aliasDuplicateObjects: false }));
});
afterAll(async () => {
  await api.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The line of README that installs them. */
const installing = () => readCommands().find(({ line }) => line.includes(crds))?.line ?? '';

async function definitions(): Promise<Record<string, { resourceVersion: string; described: string }>> {
  const response = await fetch(`${api.url}/apis/apiextensions.k8s.io/v1/customresourcedefinitions`);
  const { items } = (await response.json()) as {
    items: {
      metadata: { name: string; resourceVersion: string };
      spec: { versions: { schema: { openAPIV3Schema: { description: string } } }[] };
    }[];
  };
  return Object.fromEntries(
    items
      .filter(({ metadata }) => metadata.name.endsWith('.argoproj.io'))
      .map(({ metadata, spec }) => [
        metadata.name.split('.')[0],
        {
          resourceVersion: metadata.resourceVersion,
          described: spec.versions[0]?.schema.openAPIV3Schema.description ?? '',
        },
      ]),
  );
}

describe.skipIf(!isThere)('Argo was installed before', () => {
  // How people install it: each of these is another owner of the fields.
  it.each([
    ['kubectl apply', 'kubectl apply -f', 'is written over without a word'],
    ['kubectl apply --server-side', 'kubectl apply --server-side -f', 'is written over without a word'],
    ['kubectl create', 'kubectl create -f', 'is refused as a conflict'],
    ['helm', 'kubectl apply --server-side --field-manager=helm -f', 'is refused as a conflict'],
    ['Argo CD', 'kubectl apply --server-side --field-manager=argocd-controller -f', 'is refused as a conflict'],
  ])('by %s: what README says leaves it alone, and brings what is missing', async (_, install, byApply) => {
    await run(`kubectl delete crd ${names.map((name) => `${name}.argoproj.io`).join(' ')} --ignore-not-found`);
    expect((await run(`${install} ${folder}/rollouts.yaml`)).code).toBe(0);
    const before = await definitions();
    expect(before.rollouts?.described).toBe("Argo's own words");

    const { code, words } = await run(installing());
    expect(code).not.toBe(0);
    expect(words).toMatch(/AlreadyExists.*"rollouts\.argoproj\.io" already exists/);
    const after = await definitions();
    expect(after.rollouts).toEqual(before.rollouts);
    expect(Object.keys(after).toSorted()).toEqual(names.toSorted());

    // Why it is no `apply`: whether that is refused depends on who installed Argo.
    const applied = await run(`kubectl apply --server-side -k ${crds}`);
    const isWrittenOver = (await definitions()).rollouts?.described !== "Argo's own words";
    expect({ refused: applied.code !== 0, isWrittenOver }).toEqual(
      byApply === 'is refused as a conflict'
        ? { refused: true, isWrittenOver: false }
        : { refused: false, isWrittenOver: true },
    );
  });
});
