import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';

const LockedPackage = z.looseObject({
  version: z.string().optional(),
  resolved: z.string().optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
});
const LockFile = z.object({ packages: z.record(z.string(), LockedPackage) });

const { packages } = LockFile.parse(JSON.parse(readFileSync('package-lock.json', 'utf8')));

/** npm looks beside the package first, then in each node_modules above it. */
function isLocked(name: string, from: string): boolean {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`] !== undefined) return true;
    if (folder === '') return false;
  }
}

it('locks the optional packages of every platform, not only of the one it was made on', () => {
  const missing: string[] = [];
  for (const [folder, { optionalDependencies = {} }] of Object.entries(packages)) {
    for (const name of Object.keys(optionalDependencies)) {
      if (!isLocked(name, folder)) missing.push(`${name} of ${folder}`);
    }
  }
  expect(missing).toEqual([]);
  expect(Object.keys(packages).length).toBeGreaterThan(300);
});

it('names no registry', () => {
  expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
});
