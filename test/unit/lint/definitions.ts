import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Definitions } from '../../../src/lint/index.ts';

const folder = resolve(import.meta.dirname, '../../../manifests/install/crds-argo');

/** Argo's definitions, as `stepwise lint` reads them. */
export const definitions: Definitions = Object.fromEntries(
  readdirSync(folder)
    .filter((name) => name !== 'kustomization.yaml')
    .map((name) => parse(readFileSync(join(folder, name), 'utf8')).spec)
    .map((spec) => [spec.names.kind, spec.versions[0].schema.openAPIV3Schema]),
);
